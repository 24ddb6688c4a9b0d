"""点评榜: who stands where, who sees what, and that a closed month stays as it was closed."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.affairs.rates import closing, league, schemes
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.tables import rate_month, rate_scheme, rate_standing
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin, driver_url
from portal.store.scheme_texts import League, Scheme
from portal.store.scope import NOTHING, Reach, scoped
from tests.conftest import TestDatabase
from tests.rates import desk
from tests.rates.desk import Demand

NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _clock(hailing: CityPack, frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026."""
    desk.put_department()


@pytest.fixture
def october() -> list[Demand]:
    """A whole month of demands, and some of the running one."""
    made = desk.some(400, desk.month(2026, 10), seed=1)
    desk.file(made)
    desk.file(desk.some(100, desk.month(2026, 11)[:20], seed=2))
    return made


def _expected(mine: list[Demand]) -> Decimal:
    """The score, summed by hand from the demands."""
    taken = [one for one in mine if not one.returned]
    visited = [one for one in taken if one.visited]
    good = sum({"满意": 10, "基本满意": 6, "不满意": 0}[one.content] for one in visited)
    exact = (
        Decimal(10) * desk.count(taken, lambda one: one.responded) / len(taken)
        + Decimal(45) * desk.count(visited, lambda one: one.resolved) / len(visited)
        + Decimal(45) * good / 10 / len(visited)
    )
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


OF: dict[League, dict[str, Callable[[Demand], bool]]] = {
    "district": {
        "gov-990102": lambda one: desk.UNITS[one.unit].startswith("990102"),
        "gov-990103": lambda one: desk.UNITS[one.unit].startswith("990103"),
    },
    "street": {
        "gov-990102001": lambda one: desk.UNITS[one.unit].startswith("990102001"),
        "gov-990103100": lambda one: desk.UNITS[one.unit].startswith("990103100"),
    },
    "city_department": {"dept-civil": lambda one: one.unit == "dept-civil"},
    "district_department": {"dept-990102-urban": lambda one: one.unit == "dept-990102-urban"},
}


# -- counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(OF))
def test_scores_are_what_the_demands_add_up_to(october: list[Demand], name: League) -> None:
    found = league.table(desk.officer(), name, OCTOBER)
    assert {one.entrant.id: one.score for one in found.standings} == {
        unit: _expected([one for one in october if of(one)]) for unit, of in OF[name].items()
    }
    best = sorted(found.standings, key=lambda one: -(one.score or 0))
    assert [one.place for one in best] == list(range(1, len(best) + 1))


def test_demands_are_laid_beside_residents(october: list[Demand]) -> None:
    found = league.table(desk.officer(), "district", OCTOBER)
    for one in found.standings:
        code = one.entrant.region_code
        assert one.entrant.counts.received == desk.count(
            october, lambda demand, code=code: demand.place.startswith(code)
        )
    assert {one.entrant.population for one in found.standings} == {20000, 10000}
    streets = league.table(desk.officer(), "street", OCTOBER)
    assert {one.entrant.population for one in streets.standings} == {None}  # nobody counted them


def test_a_running_month_is_compared_with_as_many_days(october: list[Demand]) -> None:
    found = league.table(desk.officer(), "district", NOVEMBER)
    for one in found.standings:
        code = one.entrant.region_code
        assert one.entrant.received_before == desk.count(
            october,
            lambda demand, code=code: demand.place.startswith(code) and demand.day.day <= 23,
        )


def test_an_unknown_population_is_not_nought_and_parks_are_no_units(october: list[Demand]) -> None:
    found = league.table(desk.officer(), "street", OCTOBER)
    assert [one.entrant.id for one in found.standings if "400" in one.entrant.id] == []


# -- who sees what ------------------------------------------------------------------------------


def test_a_running_month_shows_ones_own_scope_without_places(october: list[Demand]) -> None:
    found = league.table(desk.officer("990102", "district"), "street", NOVEMBER)
    assert [(one.entrant.id, one.place, one.zone) for one in found.standings] == [
        ("gov-990102001", None, None)
    ]
    assert not found.whole and not found.closed


def test_a_department_sees_of_a_running_month_its_own_line(october: list[Demand]) -> None:
    mine = desk.of_department()
    found = league.table(mine, "city_department", OCTOBER)
    assert [(one.entrant.id, one.place) for one in found.standings] == [("dept-civil", None)]
    assert found.standings[0].score is not None
    assert league.table(mine, "street", OCTOBER).standings == ()


def test_nobody_without_the_permission_reads_a_league() -> None:
    from tests import people

    with pytest.raises(Denied, match="查看工单"):
        league.table(people.principal(roles=("reader",)), "street", OCTOBER)


def test_everybody_with_a_post_reads_a_closed_month(
    october: list[Demand], frozen: clock.FrozenClock
) -> None:
    assert closing.close_due() == [OCTOBER]
    city = league.table(desk.officer(), "street", OCTOBER)
    assert city.closed and {one.zone for one in city.standings} <= {"蓝区", "黄区", "红区"}
    for who in (desk.officer("990103", "district"), desk.of_department()):
        assert league.table(who, "street", OCTOBER).standings == city.standings


def test_communities_are_in_no_league_and_the_database_keeps_them_out(
    october: list[Demand],
) -> None:
    closing.close_due()
    with scoped(schemes.whole_city()) as connection:
        rows = connection.execute(select(rate_standing)).all()
        assert rows and all(len(one.region_code) <= 9 for one in rows)
    row = league.as_row(
        league.table(desk.officer(), "street", OCTOBER).standings[0], "street", OCTOBER
    )
    with (
        pytest.raises(DBAPIError, match="ck_rate_standing_units"),
        scoped(schemes.whole_city()) as connection,
    ):
        connection.execute(insert(rate_standing).values(**{**row, "league": "community"}))


# -- closing ------------------------------------------------------------------------------------


def test_a_month_closes_after_its_days_of_grace_and_once(
    october: list[Demand], frozen: clock.FrozenClock
) -> None:
    desk.at(frozen, date(2026, 11, 5))
    assert closing.close_due() == []
    desk.at(frozen, date(2026, 11, 6))
    assert closing.close_due() == [OCTOBER]
    assert closing.close_due() == []
    desk.at(frozen, date(2027, 1, 6))
    assert closing.close_due() == [NOVEMBER, date(2026, 12, 1)]
    with begin() as connection:
        kept = connection.execute(
            select(audit_entry.c.detail).where(audit_entry.c.action == "rates.close")
        ).scalars()
        assert [one["month"] for one in kept] == ["2026-10", "2026-11", "2026-12"]


def test_a_closed_month_stays_when_numbers_and_rules_change(
    october: list[Demand], frozen: clock.FrozenClock
) -> None:
    closing.close_due()
    before = {name: league.table(desk.officer(), name, OCTOBER) for name in league.LEAGUES}
    desk.file(desk.some(50, desk.month(2026, 10), seed=9, responded=False, content="不满意"))
    weights = {"responded": 100, "resolved": 0, "satisfied": 0}
    scheme = _weighing(before["street"].scheme.scheme, weights)
    assert schemes.edit(desk.setter(), scheme, NOVEMBER, "只看响应率", 0) == 1
    for name, kept in before.items():
        assert league.table(desk.officer(), name, OCTOBER) == kept
    running = league.table(desk.officer(), "street", NOVEMBER)
    assert running.scheme.version == 1
    assert [one.name for one in running.scheme.scheme.scoring] == ["响应率"]


def _weighing(scheme: Scheme, weights: dict[str, int]) -> Scheme:
    rates = [{**one.model_dump(), "weight": weights.get(one.id, 0)} for one in scheme.rates]
    return schemes.read({**scheme.model_dump(), "rates": rates})


def test_falling_two_months_running_is_yellow(frozen: clock.FrozenClock) -> None:
    for number, bad in ((8, 0), (9, 1), (10, 2)):
        good = {"returned": False, "responded": True, "due": True, "on_time": True}
        days = desk.month(2026, number)
        made = desk.some(40 - bad, days, seed=number, unit="gov-990102001", visited=True,
                         resolved=True, content="满意", closed=True, **good)  # fmt: skip
        made += desk.some(bad, days, seed=number, unit="gov-990102001", visited=True,
                          resolved=False, content="满意", closed=True, **good)  # fmt: skip
        desk.file(made)
    assert len(closing.close_due()) == 3
    one = league.table(desk.officer(), "street", OCTOBER).find("gov-990102001")
    assert (one.score, one.zone) == (Decimal("97.75"), "黄区")
    assert one.reasons == ("得分连续2期下降（黄区）",)
    why = league.why(desk.officer(), "street", OCTOBER, "gov-990102001")
    assert [(span.text, score) for span, score in why.earlier] == [
        ("2026-09", Decimal("98.88")),
        ("2026-08", Decimal("100.00")),
    ]


def test_an_urgent_order_left_undone_is_red(frozen: clock.FrozenClock) -> None:
    made = desk.some(20, desk.month(2026, 10), seed=1, unit="dept-civil", visited=True,
                     resolved=True, content="满意", responded=True, returned=False,
                     due=False)  # fmt: skip
    late = desk.some(1, desk.month(2026, 9), seed=3, unit="dept-civil", urgent_late=True,
                     returned=False, due=False, visited=False)  # fmt: skip
    desk.file(made + late)
    closing.close_due()
    one = league.table(desk.officer(), "city_department", OCTOBER).find("dept-civil")
    assert one.zone == "红区" and one.reasons[0] == "紧急工单逾期未办结1件（红区）"


# -- why, and what if ---------------------------------------------------------------------------


def test_why_shows_what_is_behind_every_rate(october: list[Demand]) -> None:
    why = league.why(desk.officer(), "city_department", OCTOBER, "dept-civil")
    mine = [one for one in october if one.unit == "dept-civil"]
    taken = [one for one in mine if not one.returned]
    lines = {one.id: one for one in why.lines}
    assert lines["responded"].behind == (
        f"{desk.count(taken, lambda one: one.responded)}/{len(taken)}"
    )
    assert lines["closed"].brought is None and lines["closed"].weight == 0
    brought = [one.brought for one in why.lines if one.brought is not None]
    assert abs(sum(brought, Decimal(0)) - (why.standing.score or 0)) <= Decimal("0.02")
    with pytest.raises(RatesError, match="不在这张榜上"):
        league.why(desk.officer(), "street", OCTOBER, "com-990102001001")


def test_what_if_computes_and_stores_nothing(october: list[Demand]) -> None:
    closing.close_due()
    scheme = _weighing(schemes.packs_own().scheme, {"on_time": 100})
    with begin() as connection:
        counts = text("SELECT count(*) FROM audit_entry")
        entries = connection.execute(counts).scalar_one()
    trial = closing.what_if(desk.setter(), "street", OCTOBER, scheme)
    for one in trial.moved:
        assert one.then.score == one.then.rates["on_time"].percent
        assert one.now.score != one.then.score
    same = closing.what_if(desk.setter(), "street", OCTOBER, schemes.packs_own().scheme)
    assert same.changed == 0
    assert [one.then.score for one in same.moved] == [one.now.score for one in same.moved]
    with begin() as connection:
        assert connection.execute(counts).scalar_one() == entries
    with scoped(schemes.whole_city()) as connection:
        assert connection.execute(select(rate_scheme)).all() == []
    with pytest.raises(RatesError, match="设置岗位"):
        closing.what_if(desk.officer(), "street", OCTOBER, scheme)


# -- the scheme ---------------------------------------------------------------------------------


def test_a_scheme_is_the_citys_to_decide_with_reason_and_trace(hailing: CityPack) -> None:
    scheme = schemes.packs_own().scheme
    with pytest.raises(Denied):
        schemes.edit(desk.officer(), scheme, NOVEMBER, "没有权限的修改", 0)
    away = desk.officer("990102", "district", roles=("league_setter",))
    with pytest.raises(Denied, match="由市级单位设置"):
        schemes.edit(away, scheme, NOVEMBER, "区县不能改全市", 0)
    with pytest.raises(RatesError, match="请写明修改了什么"):
        schemes.edit(desk.setter(), scheme, NOVEMBER, "改", 0)
    with pytest.raises(RatesError, match="某月1日"):
        schemes.edit(desk.setter(), scheme, date(2026, 11, 2), "月中执行", 0)
    assert schemes.edit(desk.setter(), scheme, NOVEMBER, "试用一版，不作改动", 0) == 1
    with pytest.raises(RatesError, match="已于11-23 09:00改为第1版（试用一版，不作改动）"):
        schemes.edit(desk.setter(), scheme, NOVEMBER, "同时改的另一人", 0)
    assert [one.version for one in schemes.history(desk.officer())] == [1, 0]
    with begin() as connection:
        kept = connection.execute(
            select(audit_entry.c.detail).where(audit_entry.c.action == "rates.scheme")
        ).scalar_one()
    assert kept == {"number": "1", "reason": "试用一版，不作改动"}


def test_a_scheme_never_reaches_back(october: list[Demand]) -> None:
    closing.close_due()
    scheme = schemes.packs_own().scheme
    with pytest.raises(RatesError, match="2026年10月已结账，方案最早从2026年11月起执行"):
        schemes.edit(desk.setter(), scheme, OCTOBER, "改已结账的月", 0)
    schemes.edit(desk.setter(), scheme, date(2027, 1, 1), "明年起执行", 0)
    with pytest.raises(RatesError, match="不能早于它"):
        schemes.edit(desk.setter(), scheme, date(2026, 12, 1), "插到它前面", 1)
    assert league.table(desk.officer(), "street", NOVEMBER).scheme.version == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"basically_satisfied": "2"}, "“基本满意折算”的值不能用：2"),
        ({"zones": {"blue_from": "80", "yellow_from": "85"}}, "蓝区的下限须高于黄区的下限"),
        ({"rates": []}, "“指标”的值不能用"),
    ],
)
def test_a_scheme_that_cannot_be_read_is_refused_in_words(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(RatesError, match=f"{said}.*已填内容已保留"):
        schemes.read({**schemes.packs_own().scheme.model_dump(), **change})


# -- the database keeps it so -------------------------------------------------------------------


@pytest.mark.parametrize("table", ["rate_scheme", "rate_month", "rate_standing"])
def test_without_a_post_nothing_is_seen_and_nobody_rewrites(
    database: TestDatabase, october: list[Demand], table: str
) -> None:
    closing.close_due()
    schemes.edit(desk.setter(), schemes.packs_own().scheme, NOVEMBER, "试用一版", 0)
    query = text(f"SELECT count(*) FROM {table}")
    engine = create_engine(driver_url(database.app_url), pool_size=1, max_overflow=0)
    with engine.begin() as connection:
        assert connection.execute(query).scalar_one() == 0
    with scoped(Reach(prefixes=("990102001001",), unit_id="com", actor="x")) as connection:
        assert connection.execute(query).scalar_one() > 0
    with scoped(NOTHING) as connection:
        assert connection.execute(query).scalar_one() == 0
    for verb in (f"DELETE FROM {table}", f"UPDATE {table} SET starts = starts"):
        with (
            pytest.raises(DBAPIError, match="permission denied"),
            scoped(schemes.whole_city()) as connection,
        ):
            connection.execute(text(verb))
    engine.dispose()


def test_only_the_service_writes_a_month_down() -> None:
    month = {"starts": OCTOBER, "scheme_version": 0, "scheme": {}, "closed_at": clock.now()}
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        scoped(desk.setter().reach) as connection,
    ):
        connection.execute(insert(rate_month).values(**month))
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        scoped(desk.setter().reach) as connection,
    ):
        connection.execute(update(rate_month).values(scheme_version=3))
