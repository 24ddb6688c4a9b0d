"""Golden files: what stands in the .xlsx, cell by cell, against the simulated systems' own rows.

The other way round counts the rows with plain Python: no manifest, no measure, no roll-up has a
part in it. One loaded database serves all of them.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from auth.tables import audit_entry
from portal import plugs
from portal.commands import setup
from portal.connectors.registry import load_registry
from portal.functions.reports import Reports, batch, docx, xlsx
from portal.store import clock, divisions, papers
from portal.store.citypack import CityPack, pack
from portal.store.engine import begin
from sandbox.population import build
from sandbox.region import load_region
from tests import people
from tests.conftest import TestDatabase
from tests.reports import ground
from tests.reports.ground import Row

MONTH = "2026-11"
OFFICER = people.principal(
    roles=("city_officer",), prefixes=("6301",), kind="government", level="city", region_code="6301"
)
LEADER = people.principal(
    roles=("city_leader",), prefixes=("6301",), kind="government", level="city", region_code="6301"
)
CLERK_PLACE = "630102101003"
NONE, NO_SAMPLE = "无数据", "无样本"
Value = int | float | str
Column = Callable[[str], Value]


@dataclass(frozen=True, kw_only=True)
class Town:
    """The loaded database, and the rows that it was loaded from."""

    city: CityPack
    reports: Reports
    said: dict[str, list[Row]]

    def code(self, written: str) -> str:
        """The present code of one as a system writes it; districts were renumbered."""
        for now, before in self.city.retired_codes.items():
            if written.startswith(before):
                return now + written[len(before) :]
        return written

    def count(
        self, system: str, place: str, holds: Callable[[Row], Any] = bool, of: str = ""
    ) -> Column:
        """By the prefix of a place: how many rows, or the sum of a column."""
        found: Counter[str] = Counter()
        for row in self.said[system]:
            if holds(row):
                number = int(str(row[of]).replace(",", "")) if of else 1
                found[self.code(str(row[place]))] += number
        return lambda prefix: sum(n for code, n in found.items() if code.startswith(prefix))


@pytest.fixture
def town(database: TestDatabase) -> Iterator[Town]:
    with clock.use(clock.FrozenClock(datetime(2026, 11, 23, 4, 0, tzinfo=UTC))):
        city = pack()
        setup.load_city(city)
        registry = load_registry(
            city.systems, retired_codes=city.retired_codes, unread=city.unread_systems
        )
        said = ground.rows_of(build(load_region(city.folder)))
        ground.fill(registry, said)
        reports = Reports(registry=registry, own=plugs.own_measures(city))
        yield Town(city=city, reports=reports, said=said)


def age(row: Row, number: str) -> int:
    born = str(row[number]).strip()[6:14]
    return (int("20261123") - int(born)) // 10_000


def male(row: Row, number: str) -> bool:
    return int(str(row[number]).strip()[16]) % 2 == 1


def in_month(row: Row, key: str, month: str = MONTH) -> bool:
    text = str(row.get(key) or "").replace("/", "").replace("-", "").strip()
    return text.startswith(month.replace("-", ""))


def over(top: Column, bottom: Column, digits: int, times: int = 1) -> Column:
    """A ratio, rounded half up on its own account."""

    def value(prefix: str) -> Value:
        below = bottom(prefix)
        if not below:
            return NO_SAMPLE
        scaled = Fraction(int(top(prefix)) * times, int(below)) * 10**digits
        whole, rest = divmod(scaled.numerator, scaled.denominator)
        return (whole + (2 * rest >= scaled.denominator)) / 10**digits

    return value


def both(*columns: Column) -> Column:
    return lambda prefix: sum(int(one(prefix)) for one in columns)


def minus(one: Column, other: Column) -> Column:
    return lambda prefix: int(one(prefix)) - int(other(prefix))


def never(_: str) -> Value:
    return NONE


def goldens(town: Town) -> dict[str, list[Column]]:
    """For each template its columns, counted from the rows."""
    count = town.count
    home, own = "XZ_QHDM", "ZJHM"

    def grid(holds: Callable[[Row], Any] = bool, place: str = home) -> Column:
        return count("grid", place, lambda row: row[place] and holds(row))

    residents = grid()
    kinds = [grid(lambda row, k=kind: row["RYLB"] == k) for kind in "123"]
    old = {n: grid(lambda row, n=n: age(row, own) >= n) for n in (60, 70, 80, 90, 100)}
    alone = grid(lambda row: age(row, own) >= 60 and row["DJLR"] == "1")
    kept = ("1", "2")

    def aid(holds: Callable[[Row], Any]) -> Column:
        return count("subsistence", "jzqh", lambda row: row["ztbz"] == "1" and holds(row))

    poor = aid(lambda row: row["bzlx"] in kept)
    hot = {
        "in": count("hotline", "xqdm", lambda row: in_month(row, "slsj")),
        "done": count("hotline", "xqdm", lambda row: row["gdzt"] == "3" and in_month(row, "bjsj")),
        "open": count("hotline", "xqdm", lambda row: row["gdzt"] != "3" and in_month(row, "slsj")),
    }

    def urban(key: str, kind: str = "") -> Column:
        return count(
            "urban_management",
            "CommunityCode",
            lambda row: in_month(row, key) and (not kind or row["EventTypeID"] == kind),
        )

    def calls(kind: str = "", key: str = "flsj") -> Column:
        return count(
            "police_nonurgent",
            "gxdm",
            lambda row: in_month(row, key) and (not kind or row["fllb"] == kind),
        )

    meetings = [
        count("smart_party", "xzqhdm", lambda row, k=k: in_month(row, "hyrq") and row["hylx"] == k)
        for k in "1234"
    ]
    acts = count("member_checkin", "regionCode", lambda row: in_month(row, "heldOn"))
    came = count(
        "member_checkin", "regionCode", lambda row: in_month(row, "heldOn"), of="attendance"
    )

    def posts(of: str) -> Column:
        return count("committee_cadres", "行政区划代码", of=of)

    def fire(of: str) -> Column:
        return count("fire_safety", "xqdm", of=of)

    helpers = [count("volunteers", "行政区划代码", of=of) for of in ("注册志愿者数", "服务时长")]
    subsidy = {
        key: count("disability_subsidy", "QHDM", holds)
        for key, holds in {
            "all": bool,
            "paid": lambda row: row["FFZT"] == "1",
            "living": lambda row: row["SHBT"] == "Y",
            "care": lambda row: row["HLBT"] == "Y",
        }.items()
    }
    grades = [grid(lambda row, g=g: row["CJDJ"] == g) for g in "1234"]
    states = [
        count("elderly_care", "areaCode", lambda row, s=s: row["allowance"] == s)
        for s in ("paid", "suspended", "none")
    ]
    members = count("party_members", "所在区划", of="党员总数")
    branches = count("party_members", "所在区划", lambda row: row["组织类别"] == "631")
    tasks = [count("supervision_710", "区划", of=of) for of in ("督办事项数", "已办结数", "逾期数")]
    return {
        "population_kinds": [
            both(*kinds),
            *kinds,
            over(kinds[1], both(*kinds), 4),
            over(kinds[2], both(*kinds), 4),
        ],
        "elderly_old": [old[80], old[90], old[100], old[60], over(old[80], old[60], 4)],
        "elderly_alone_rate": [
            alone,
            old[60],
            over(alone, old[60], 4),
            grid(lambda row: age(row, own) >= 60 and row["DJLR"] == "1" and male(row, own)),
            grid(lambda row: age(row, own) >= 60 and row["DJLR"] == "1" and not male(row, own)),
        ],
        "workers": [
            grid(place="GZ_QHDM"),
            grid(lambda row: male(row, own), "GZ_QHDM"),
            grid(lambda row: not male(row, own), "GZ_QHDM"),
            grid(lambda row: 15 <= age(row, own) <= 59),
            over(grid(place="GZ_QHDM"), grid(lambda row: 15 <= age(row, own) <= 59), 4),
        ],
        "subsistence": [
            poor,
            aid(lambda row: row["bzlx"] == "1"),
            aid(lambda row: row["bzlx"] == "2"),
            aid(lambda row: row["bzlx"] == "3"),
        ],
        "disabled": [both(*grades), *grades],
        "disability_subsidy": [subsidy[one] for one in ("all", "paid", "living", "care")],
        "allowance": [both(*states), *states],
        "hotline_rate": [hot["in"], hot["done"], hot["open"], over(hot["done"], hot["in"], 4)],
        "hotline_density": [hot["in"], residents, over(hot["in"], residents, 2, 10_000)],
        "urban_kinds": [
            urban("CreateTime"),
            *(urban("CreateTime", kind) for kind in ("A01", "A02", "B01")),
        ],
        "urban_rate": [
            urban("CreateTime"),
            urban("ArchiveTime"),
            over(urban("ArchiveTime"), urban("CreateTime"), 4),
        ],
        "nonurgent_kinds": [calls(), *(calls(kind) for kind in ("01", "02", "03"))],
        "meetings": [both(*meetings), *meetings],
        "checkin": [acts, came, over(came, acts, 2)],
        "committee_posts": [
            posts("两委职数"),
            posts("两委成员数"),
            posts("空缺职数"),
            over(posts("两委成员数"), posts("两委职数"), 4),
        ],
        "party_scale": [branches, members, over(members, branches, 2)],
        "volunteers_density": [
            helpers[0],
            residents,
            over(helpers[0], residents, 4),
            count("volunteers", "行政区划代码", of="项目数"),
            over(helpers[0], count("volunteers", "行政区划代码", of="项目数"), 2),
        ],
        "fire_hazards": [
            *(fire(of) for of in ("fxyhs", "zgyhs", "wzgyhs", "zdyhs")),
            over(fire("zgyhs"), fire("fxyhs"), 4),
        ],
        "supervision": [*tasks, over(tasks[1], tasks[0], 4)],
    }


def table(content: bytes, rows: Sequence[str]) -> dict[str, list[Any]]:
    """The rows of the first sheet by their names: nothing but what stands in the file."""
    book = load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes and sheet.print_title_rows
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    found = {}
    for line in sheet.iter_rows():
        assert not any(cell.data_type == "f" for cell in line)
        if line[0].value in rows and line[0].value not in found:
            found[line[0].value] = [cell.value for cell in line[1:]]
    return found


def test_what_stands_in_the_files_is_what_the_systems_said(town: Town) -> None:
    whole, places = "6301", divisions.children("6301")
    wanted = goldens(town)
    assert len(wanted) >= 15
    for template, columns in wanted.items():
        report = town.reports.build(OFFICER, template, whole, MONTH)
        names = [xlsx.row_name(row) for row in (*report.rows, report.total)]
        found = table(xlsx.write(report), names)
        for place in places:
            (name,) = [xlsx.row_name(row) for row in report.rows if row.code == place.code]
            expected = [column(place.code) for column in columns]
            if not place.statistics_only:
                assert found[name] == expected, (template, name)
        assert found["合计"] == [column("6301") for column in columns], template
    _other_rows(town)
    _for_who_has_no_record_rights(town)
    _parcel(town)


def _other_rows(town: Town) -> None:
    """Lines and months: the same rows, cut another way."""
    report = town.reports.build(OFFICER, "urban_lines", "630102", MONTH)
    found = table(xlsx.write(report), [row.name for row in (*report.rows, report.total)])
    for name, kind in (("井盖缺损", "A01"), ("占道经营", "A02"), ("暴露垃圾", "B01")):
        began, ended, before = (
            town.count(
                "urban_management",
                "CommunityCode",
                lambda row, k=kind, key=key, m=m: row["EventTypeID"] == k and in_month(row, key, m),
            )
            for key, m in (
                ("CreateTime", MONTH), ("ArchiveTime", MONTH), ("CreateTime", "2026-10"),
            )
        )  # fmt: skip
        wanted = [one("630102") for one in (began, ended, over(ended, began, 4), before)]
        assert found[name] == wanted
    assert "其他" not in found, "the lines are the whole"
    year = town.reports.build(OFFICER, "urban_months", "6301", "2026")
    assert [row.name for row in year.rows][-1] == "2026年11月"
    for row in year.rows[-2:]:
        month = f"2026-{row.name[5:7]}"
        made = town.count(
            "urban_management", "CommunityCode", lambda one, m=month: in_month(one, "CreateTime", m)
        )
        assert row.cells[0].value == made("6301")
    assert year.rows[0].cells[0].text == NONE, "nobody asked in January"
    unfolded = town.reports.of_line(OFFICER, "urban_lines", 0, "6301", MONTH)
    inner = {row.code: row.cells[0].value for row in unfolded.rows}
    assert inner["630102"] == report.rows[0].cells[0].value


def _for_who_has_no_record_rights(town: Town) -> None:
    """What one report hides no other tells: closed rows are the same, parts never say more."""
    for region in ("6301", "630102"):
        alike = [
            town.reports.build(LEADER, one, region, MONTH)
            for one in ("subsistence", "subsistence_rate", "subsistence_households")
        ]
        persons = [
            [row.cells[[c.head for c in one.columns].index("低保对象")].text for row in one.rows]
            for one in alike
        ]
        assert persons[0] == persons[1] == persons[2]
        whole, *_ = alike
        for row in whole.rows:
            if row.cells[0].value is None:
                assert all(cell.value in (None, 0) for cell in row.cells[1:3])
    open_report = town.reports.build(OFFICER, "disabled", CLERK_PLACE, MONTH)
    closed = town.reports.build(LEADER, "disabled", CLERK_PLACE, MONTH)
    assert all(cell.value is not None for cell in open_report.total.cells)
    assert {cell.text for cell in closed.total.cells[1:]} == {"不公布"}


def _parcel(town: Town) -> None:
    """All reports of a community in one file, and one report for all below; both in the audit."""
    found = batch.of_region(town.reports, OFFICER, CLERK_PLACE, MONTH)
    steps = list(found)
    assert steps == list(range(1, len(town.reports.library.templates) + 1))
    with zipfile.ZipFile(BytesIO(found.content)) as parcel:
        assert parcel.testzip() is None
        names = parcel.namelist()
        assert len(names) == len(steps) + 1 and names[-1] == "目录.xlsx"
        listed = load_workbook(BytesIO(parcel.read("目录.xlsx"))).worksheets[0]
        assert listed.max_row == len(steps) + 1
        some = next(one for one in names if "邻里工单办理统计表" in one)
        assert load_workbook(BytesIO(parcel.read(some))).sheetnames == [
            "邻里工单办理统计表",
            "指标说明",
        ]
    below = batch.of_places_below(town.reports, OFFICER, "checkin", "6301", MONTH)
    assert len(list(below)) == 1 + len(divisions.children("6301"))
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc()).limit(2))
        assert [row.detail["reports"] for row in rows] == [8, len(steps)]
    paper = docx.write(town.reports.build(OFFICER, "hotline_rate", "6301", MONTH))
    lines = papers.text_of(paper)
    assert any("表号：社统诉" in line for line in lines)
    assert "城东区" in lines and any("单位负责人" in line for line in lines)
    assert date(2026, 11, 23) == clock.local(clock.now()).date()
