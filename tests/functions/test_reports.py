"""统一报表: the numbers of one's scope, from a roster's walk to the table, and what is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.connectors.contract import TheirFault
from portal.connectors.gateway import Gateway
from portal.functions.reports import NoSuchReport, Report, Reports, Shown, collect, export
from portal.functions.reports.dressing import PROTECTED_NOTE, REST
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.measure_tables import measure_change
from portal.store.scope import scoped
from tests import people
from tests.connectors import support
from tests.connectors.support import FakeTransport, always

MEASURED = """
household_no = "house"
[[roster.relations]]
kind = "居住"
region_code = "place"
[[measures]]
id = "{prefix}{first}"
name = "甲"
{split}
[[measures]]
id = "{second}"
name = "乙"
unit = "户"
count = "households"
topic = "{topic}"
where = "{where}"
"""
COUNTRY = "ages = [0, 7, 15, 60, 65, 80]\nby_sex = true"
WILLOW, LOTUS, STREET = "990102001001", "990102001002", "990102001000"
STONE, VILLAGE = "990103100001", "990103100200"
LEADER = people.principal(
    roles=("leader",), prefixes=("9901",), kind="government", level="city", region_code="9901"
)
OFFICER = people.principal(
    roles=("city_officer",), prefixes=("9901",), kind="government", level="city", region_code="9901"
)
CLERK = people.principal()


def _manifest(text: str) -> str:
    """System a counts residents and households, system b the allowance."""
    able = text.replace('"roster"]', '"reports", "roster"]').replace("size = 2", "size = 500")
    if 'id = "a"' in text:
        more = MEASURED.format(
            prefix="", first="residents", split=COUNTRY, second="households", topic="none",
            where="grade",
        ).replace('where = "grade"', "")  # fmt: skip
    else:
        more = MEASURED.format(
            prefix="subsistence_", first="persons", split='topic = "hardship"',
            second="subsistence_households", topic="hardship", where="grade == '1'",
        )  # fmt: skip
    return able + more


_serial = iter(range(1, 9000))


def person(place: str, born: int = 1970, house: str | None = None, grade: str = "1") -> Any:
    number = next(_serial)
    body = f"990102{born}0101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return {
        "no": str(number),
        "id": body + "10X98765432"[total % 11],
        "name": "张三",
        "place": place,
        "house": house or f"h{number}",
        "grade": grade,
    }


class Town:
    """Two systems that count, and the reports over them."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, list[Any]] = {"a": [], "b": []}
        self.transports = {one: FakeTransport(always({})) for one in self.rows}
        self.registry = support.load(folder, list(self.rows), _manifest)
        self.gateway = Gateway(self.registry, transports=lambda one: self.transports[one.id])
        self.reports = Reports(registry=self.registry)

    def say(self, system: str, answer: Any = None) -> collect.Measured:
        """Walk a system that says its rows, or fails."""
        good = {"code": "0", "rows": self.rows[system]}
        self.transports[system].behave = always(good if answer is None else answer)
        return collect.refresh(self.gateway, self.registry.system(system))

    def report(self, who: Principal, region: str = "9901", period: str = "2026-11") -> Report:
        return self.reports.build(who, "population", region, period)


@pytest.fixture
def town(hailing: CityPack, tmp_path: Path, frozen: FrozenClock) -> Iterator[Town]:
    made = Town(tmp_path)
    made.gateway.start()
    yield made
    made.gateway.stop()


@pytest.fixture
def peopled(town: Town) -> Town:
    """30 in the willow community, 40 by the lotus, 2 somewhere in the street, 25 in the village."""
    town.rows["a"] = [
        *(person(WILLOW, born) for born in (2022, 2015, 1962, 1950, 1940) for _ in range(6)),
        *(person(LOTUS, 1980, house=f"L{n // 2}") for n in range(40)),
        *(person(STREET, 1990) for _ in range(2)),
        *(person(VILLAGE) for _ in range(25)),
        person("880101001001"),
    ]
    town.rows["b"] = [
        *(person(WILLOW) for _ in range(3)),
        *(person(LOTUS) for _ in range(30)),
        *(person(VILLAGE) for _ in range(20)),
    ]
    town.say("a")
    town.say("b")
    return town


def column(report: Report, head: str) -> dict[str, str]:
    """By place, what a column shows."""
    place = [one.head for one in report.columns].index(head)
    return {row.name: row.cells[place].text for row in (*report.rows, report.total)}


# -- numbers --------------------------------------------------------------------------------------


def test_a_city_drills_down_to_the_community_and_totals_add_up(peopled: Town) -> None:
    city = peopled.report(OFFICER)
    assert column(city, "实有人口") == {"东湖区": "72", "西岭县": "25", "合计": "97"}
    district = peopled.report(OFFICER, "990102")
    assert column(district, "实有人口") == {"湖滨街道": "72", "高新园": "无数据", "合计": "72"}
    street = peopled.report(OFFICER, "990102001")
    assert column(street, "实有人口") == {
        "柳岸社区居民委员会": "30",
        "荷塘社区居委会": "40",
        REST: "2",
        "合计": "72",
    }
    community = peopled.report(OFFICER, WILLOW)
    assert column(community, "实有人口") == {"柳岸社区居民委员会": "30"}
    assert community.rows == ()
    for report in (city, district, street):
        for place, head in enumerate(report.columns):
            numbers = [row.cells[place].value or 0 for row in report.rows]
            whole = report.total.cells[place].value
            assert whole is None or head.head == "普查常住人口" or sum(numbers) == whole, head.head


def test_age_bands_sexes_and_households_come_from_the_roster(peopled: Town) -> None:
    report = peopled.report(OFFICER, WILLOW)
    name = "柳岸社区居民委员会"
    heads = ("0—6岁", "7—14岁", "15—59岁", "60—64岁", "65—79岁", "80岁及以上")
    assert [column(report, head)[name] for head in heads] == ["6", "6", "0", "6", "6", "6"]
    assert int(column(report, "男")[name]) + int(column(report, "女")[name]) == 30
    assert column(peopled.report(OFFICER, LOTUS), "户数")["荷塘社区居委会"] == "20"
    assert report.series["0—6岁"] == [6]


def test_a_place_that_is_only_counted_is_marked_and_the_unpublished_census_is_unknown(
    peopled: Town,
) -> None:
    report = peopled.report(OFFICER, "990102")
    assert [(one.name, one.statistics_only) for one in report.rows] == [
        ("湖滨街道", False),
        ("高新园", True),
    ]
    assert column(report, "普查常住人口")["湖滨街道"] == "无数据"
    assert column(report, "普查常住人口")["合计"] == "20,000"


def test_a_fact_that_no_system_offers_is_unknown_with_its_reason(peopled: Town) -> None:
    report = peopled.report(OFFICER)
    (pupils,) = [one for one in report.columns if one.head == "在校学生"]
    assert pupils.problem == "尚无业务系统提供此项"
    assert set(column(report, "在校学生").values()) == {"无数据"}


def test_who_lives_outside_is_said_and_not_counted(peopled: Town) -> None:
    assert any("另有 1 条" in note for note in peopled.report(OFFICER).notes)


# -- what is missing ------------------------------------------------------------------------------


def test_a_system_that_never_answered_is_missing_by_name_and_reason(town: Town) -> None:
    town.rows["a"] = [person(WILLOW)]
    town.say("a")
    assert town.say("b", TheirFault()).problem
    report = town.report(OFFICER)
    assert report.missing_words == "缺 1 家系统：系统b（取数时故障）"
    assert set(column(report, "低保对象").values()) == {"无数据"}
    assert column(report, "实有人口")["合计"] == "1"


def test_a_failure_leaves_the_older_numbers_with_their_time(
    peopled: Town, frozen: FrozenClock
) -> None:
    before = frozen.now()
    frozen.advance(timedelta(days=5))
    peopled.say("b", TheirFault())
    report = peopled.report(OFFICER)
    assert report.missing == ()
    assert column(report, "低保对象")["合计"] == "53"
    assert [(one.as_of, one.aged) for one in report.sources] == [(before, True)] * 2


def test_a_column_that_the_roster_lost_gives_no_number(town: Town) -> None:
    rows = [person(WILLOW)]
    for row in rows:
        row.pop("grade")
    town.rows["b"] = rows
    town.say("b")
    report = town.report(OFFICER)
    (homes,) = [one for one in report.columns if one.head == "低保家庭"]
    assert homes.problem == "对方名册没有提供“grade”"
    assert column(report, "低保对象")["合计"] == "1"


def test_a_later_walk_moves_the_month_it_belongs_to(peopled: Town, frozen: FrozenClock) -> None:
    frozen.advance(timedelta(days=20))
    peopled.rows["a"] = [person(VILLAGE) for _ in range(9)]
    peopled.say("a")
    assert column(peopled.report(OFFICER, period="2026-11"), "实有人口")["合计"] == "97"
    assert column(peopled.report(OFFICER, period="2026-12"), "实有人口") == {
        "东湖区": "0",
        "西岭县": "9",
        "合计": "9",
    }
    assert set(column(peopled.report(OFFICER, period="2026-10"), "实有人口").values()) == {"无数据"}
    assert column(peopled.report(OFFICER, period="2026-Q4"), "实有人口")["合计"] == "9"
    assert peopled.reports.periods(OFFICER) == ("2026-12", "2026-11")


# -- who sees what --------------------------------------------------------------------------------


@pytest.mark.parametrize("region", ["9901", "990102", "990102001", LOTUS, "88", ""])
def test_a_region_outside_the_scope_is_refused_and_recorded(peopled: Town, region: str) -> None:
    with pytest.raises(Denied):
        peopled.report(CLERK, region)
    with begin() as connection:
        row = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).first()
    assert row is not None and (row.action, row.outcome) == ("reports.view", "refused")


def test_a_post_without_the_permission_sees_no_report(peopled: Town) -> None:
    reader = people.principal(roles=("reader",), prefixes=("9901",))
    for ask in (
        lambda: peopled.report(reader),
        lambda: peopled.reports.templates(reader),
        lambda: peopled.reports.periods(reader),
        lambda: peopled.reports.version(reader, "9901"),
    ):
        with pytest.raises(Denied):
            ask()


def test_the_database_shows_a_clerk_no_other_regions_numbers(peopled: Town) -> None:
    assert column(peopled.report(CLERK, WILLOW), "实有人口")["柳岸社区居民委员会"] == "30"
    with scoped(CLERK.reach) as connection:
        codes = set(connection.execute(select(measure_change.c.region_code)).scalars())
    assert codes == {WILLOW}


@pytest.mark.parametrize(
    ("template", "region", "period"),
    [("nothing", "9901", "2026-11"), ("population", "9901", "2026-13"), ("population", "9901", "")],
)
def test_what_is_not_there_is_said_in_chinese(
    peopled: Town, template: str, region: str, period: str
) -> None:
    with pytest.raises(NoSuchReport, match=r"[报统]"):
        peopled.reports.build(OFFICER, template, region, period)


def test_a_place_that_is_none_is_not_guessed(peopled: Town) -> None:
    for region in ("990102999", "9901020010019"):
        with pytest.raises(NoSuchReport):
            peopled.report(OFFICER, region)


def test_small_numbers_are_shown_to_posts_with_record_rights_only(peopled: Town) -> None:
    officer = column(peopled.report(OFFICER, "990102001"), "低保对象")
    assert officer == {"柳岸社区居民委员会": "3", "荷塘社区居委会": "30", "合计": "33"} | (
        {REST: "0"} if REST in officer else {}
    )
    report = peopled.report(LEADER, "990102001")
    leader = column(report, "低保对象")
    assert leader["柳岸社区居民委员会"] == "<5"
    assert leader["荷塘社区居委会"] == "不公布"
    assert leader["合计"] == "33"
    assert PROTECTED_NOTE in report.notes
    assert column(peopled.report(LEADER), "低保对象")["合计"] == "53", "the top of the scope"
    own = column(peopled.report(LEADER, WILLOW), "低保对象")
    assert own == {"柳岸社区居民委员会": "<5"}
    shown = {cell.shown for row in report.rows for cell in row.cells}
    assert {Shown.SMALL, Shown.WITHHELD, Shown.EXACT} <= shown


def test_the_version_changes_with_the_numbers_and_with_the_rights(
    peopled: Town, frozen: FrozenClock
) -> None:
    first = peopled.reports.version(OFFICER, "9901")
    assert peopled.reports.version(OFFICER, "9901") == first
    assert peopled.reports.version(LEADER, "9901") != first
    frozen.advance(timedelta(minutes=1))
    peopled.say("a")
    assert peopled.reports.version(OFFICER, "9901") != first


def test_a_file_that_leaves_the_house_is_in_the_audit(peopled: Town) -> None:
    export(OFFICER, peopled.report(OFFICER), "xlsx")
    with begin() as connection:
        row = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).first()
    assert row is not None
    assert (row.action, row.region_code, row.detail["period"]) == (
        "reports.export",
        "9901",
        "2026-11",
    )


def test_the_time_of_the_data_is_the_oldest_of_the_sources(peopled: Town) -> None:
    report = peopled.report(OFFICER)
    assert report.as_of == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert report.simulated
