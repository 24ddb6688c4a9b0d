"""Closed periods: what was signed stays, what came later waits, and nothing is lost by either."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import ProgrammingError

from portal.store import measure_closing, measure_reads, measure_rebuild, measures
from portal.store.measure_closing import PeriodStateError
from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_spans import Span, merged, of_flow, of_stock
from portal.store.measure_tables import measure_change, measure_rollup
from portal.store.measure_words import Cell, Change, Definition, Kind, Period, Snapshot
from portal.store.region_codes import LEVELS
from portal.store.scope import NOTHING, Reach, scoped
from tests.conftest import TestDatabase

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
READER = Reach(prefixes=("98", "97"), unit_id=None, actor="t")
PLACES = ("980102001001", "980102001002", "980102002001", "980103001001")
DAYS = [
    date(2026, 8, 31),
    date(2026, 9, 1),
    date(2026, 9, 30),
    date(2026, 10, 7),
    date(2026, 11, 3),
]
SEPTEMBER = Period(grain="month", starts=date(2026, 9, 1))
OCTOBER = Period(grain="month", starts=date(2026, 10, 1))
THIRD = Period(grain="quarter", starts=date(2026, 7, 1))
PERIODS = [
    SEPTEMBER,
    OCTOBER,
    THIRD,
    Period(grain="month", starts=date(2026, 8, 1)),
    Period(grain="month", starts=date(2026, 11, 1)),
    Period(grain="year", starts=date(2026, 1, 1)),
]
often = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_names = count(1)

# -- the rule, without a database -----------------------------------------------------------------

days = st.dates(date(2026, 1, 1), date(2026, 3, 1))
spans = st.lists(
    st.tuples(days, st.integers(1, 20)).map(lambda one: (one[0], one[0] + timedelta(days=one[1]))),
    max_size=4,
)


@given(day=days, closed=spans, at=days)
def test_a_stock_moves_on_open_days_only_and_what_is_withheld_is_the_rest(
    day: date, closed: list[Span], at: date
) -> None:
    way = of_stock(day, merged(closed))
    so_far = sum(by for one, by in way.counts if one <= at)
    withheld = sum(starts <= at < ends for starts, ends in way.withheld)
    shut = any(starts <= at < ends for starts, ends in closed)
    assert so_far + withheld == (at >= day)
    assert (so_far == 0) if shut else (withheld == 0)


@given(day=days, closed=spans)
def test_a_flow_counts_on_its_day_or_waits(day: date, closed: list[Span]) -> None:
    way = of_flow(day, merged(closed))
    shut = any(starts <= day < ends for starts, ends in closed)
    assert (len(way.counts), len(way.withheld)) == ((0, 1) if shut else (1, 0))


@given(closed=spans, at=days)
def test_merged_spans_cover_the_same_days_and_lie_apart(closed: list[Span], at: date) -> None:
    found = merged(closed)
    assert any(a <= at < b for a, b in found) == any(a <= at < b for a, b in closed)
    assert all(one[1] < other[0] for one, other in pairwise(found))


# -- the store ------------------------------------------------------------------------------------


def fresh(kind: Kind) -> str:
    name = f"locked{next(_names)}"
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [Definition(id=name, kind=kind, name="数", unit="人")])
    return name


@pytest.fixture(autouse=True)
def open_periods(database: TestDatabase) -> None:
    clear()


def clear() -> None:
    with scoped(measures.WRITER) as connection:
        connection.execute(delete(measure_period_lock))
        connection.execute(delete(measure_pending))


def values(name: str, period: Period, region: str) -> dict[str, int]:
    with scoped(READER) as connection:
        found = measure_reads.values(connection, [name], region, LEVELS, period)
    numbers: dict[str, int] = {}
    for one in found:
        numbers[one.region_code] = numbers.get(one.region_code, 0) + one.numerator
    return {code: number for code, number in numbers.items() if number}


def close(region: str, period: Period) -> int:
    with scoped(measures.WRITER) as connection:
        return measure_closing.close(connection, region, period, "leader", NOW)


def reopen(region: str, period: Period) -> int:
    with scoped(measures.WRITER) as connection:
        return measure_closing.reopen(connection, region, period, "leader", "更正", NOW)


def add(name: str, region: str, day: date, number: int) -> None:
    change = Change(measure=name, system_id="s", region_code=region, day=day, numerator=number)
    with scoped(measures.WRITER) as connection:
        measures.add(connection, [change], NOW)


def restate(name: str, day: date, cells: list[Cell]) -> int:
    picture = Snapshot(measure=name, system_id="s", day=day, as_of=NOW, taken_at=NOW)
    with scoped(measures.WRITER) as connection:
        return measures.restate(connection, picture, cells)


def waiting(region: str, period: Period) -> int:
    with scoped(READER) as connection:
        return measure_closing.standing(connection, ["9801", "98"], region, period).waiting


def twin(region: str) -> str:
    """The same place in a country where nothing is ever closed."""
    return region.replace("98", "97", 1)


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"), st.sampled_from(PLACES), st.sampled_from(DAYS), st.integers(-3, 5)
        ),
        st.tuples(
            st.just("say"),
            st.sampled_from(DAYS),
            st.dictionaries(st.sampled_from(PLACES), st.integers(0, 5), max_size=3),
        ),
        st.tuples(
            st.sampled_from(("close", "reopen")),
            st.sampled_from(("9801", "980102", "980102001", PLACES[0])),
            st.sampled_from((SEPTEMBER, OCTOBER, THIRD)),
        ),
    ),
    max_size=12,
)


@given(steps=steps, kind=st.sampled_from((Kind.FLOW, Kind.STOCK)))
@often
def test_what_is_closed_stays_and_once_all_is_reopened_it_is_as_if_nothing_had_been_closed(
    database: TestDatabase, steps: list[Any], kind: Kind
) -> None:
    clear()
    name, free = fresh(kind), fresh(kind)
    signed: dict[tuple[str, Period], dict[str, int]] = {}
    for what, *given_ in steps:
        if what == "add":
            region, day, number = given_
            add(name, region, day, number)
            add(free, twin(region), day, number)
        elif what == "say":
            day, said = given_
            restate(name, day, [Cell(region_code=r, numerator=n) for r, n in said.items()])
            restate(free, day, [Cell(region_code=twin(r), numerator=n) for r, n in said.items()])
        elif what == "close" and tuple(given_) not in signed:
            close(*given_)
            region, period = given_
            signed[region, period] = values(name, period, region)
        elif what == "reopen" and signed.pop(tuple(given_), None) is not None:
            reopen(*given_)
        for (region, period), numbers in signed.items():
            assert values(name, period, region) == numbers
    for region, period in signed:
        reopen(region, period)
    for period in PERIODS:
        there = values(free, period, "97")
        assert {twin(code): n for code, n in values(name, period, "98").items()} == there
    with scoped(measures.WRITER) as connection:
        assert connection.execute(select(measure_pending)).all() == []


@given(steps=steps, kind=st.sampled_from((Kind.FLOW, Kind.STOCK)))
@often
def test_roll_ups_formed_anew_are_those_that_followed_each_change(
    database: TestDatabase, steps: list[Any], kind: Kind
) -> None:
    clear()
    name = fresh(kind)
    for what, *given_ in steps:
        if what == "add":
            add(name, *given_)
        elif what == "say":
            restate(
                name, given_[0], [Cell(region_code=r, numerator=n) for r, n in given_[1].items()]
            )
        elif what == "close":
            with suppress(PeriodStateError):
                close(*given_)

    def rollups() -> list[Any]:
        with scoped(measures.WRITER) as connection:
            query = select(measure_rollup).where(measure_rollup.c.measure == name)
            return sorted(tuple(row) for row in connection.execute(query))

    followed = rollups()
    with scoped(measures.WRITER) as connection:
        assert measure_rebuild.rebuild(connection, name) == len(followed)
    assert rollups() == followed


def test_a_late_number_waits_is_counted_and_counts_once_the_period_is_reopened(
    database: TestDatabase,
) -> None:
    name = fresh(Kind.STOCK)
    add(name, PLACES[0], DAYS[1], 5)
    assert close("980102", SEPTEMBER) == 1
    add(name, PLACES[0], DAYS[2], 2)
    assert values(name, SEPTEMBER, PLACES[0]) == {PLACES[0]: 5}
    assert values(name, OCTOBER, PLACES[0]) == {PLACES[0]: 7}  # an open period is right at once
    assert waiting("9801", SEPTEMBER) == waiting(PLACES[0], THIRD) == 1
    assert waiting("9801", OCTOBER) == waiting("980103", SEPTEMBER) == 0
    assert reopen("980102", SEPTEMBER) == 1
    assert values(name, SEPTEMBER, "98")["9801"] == 7
    assert close("980102", SEPTEMBER) == 2
    with scoped(READER) as connection:
        versions = measure_closing.history(connection, "980102", SEPTEMBER)
    assert [(one.version, one.reason) for one in versions] == [(1, "更正"), (2, None)]


def test_a_picture_said_again_for_a_closed_day_moves_nothing_twice(database: TestDatabase) -> None:
    name = fresh(Kind.STOCK)
    restate(name, DAYS[1], [Cell(region_code=PLACES[0], numerator=5)])
    close("9801", SEPTEMBER)
    for _ in range(2):
        restate(name, DAYS[2], [Cell(region_code=PLACES[0], numerator=8)])
    assert restate(name, DAYS[2], [Cell(region_code=PLACES[0], numerator=8)]) == 0
    assert values(name, SEPTEMBER, "98")["9801"] == 5
    assert values(name, OCTOBER, "98")["9801"] == 8
    restate(name, DAYS[2], [Cell(region_code=PLACES[0], numerator=5)])
    assert waiting("9801", SEPTEMBER) == 0


def test_a_distinct_count_of_a_closed_place_waits_while_its_neighbours_count(
    database: TestDatabase,
) -> None:
    name = fresh(Kind.DISTINCT)
    picture = Snapshot(measure=name, system_id="s", day=DAYS[2], as_of=NOW, taken_at=NOW)

    def given_(first: int, second: int) -> None:
        cells = [Cell(region_code=PLACES[0], numerator=first)]
        cells.append(Cell(region_code=PLACES[3], numerator=second))
        with scoped(measures.WRITER) as connection:
            measures.set_distinct(connection, picture, SEPTEMBER, cells)

    given_(3, 4)
    close("980102", SEPTEMBER)
    for _ in range(2):
        given_(6, 7)
    assert values(name, SEPTEMBER, "98") == {PLACES[0]: 3, PLACES[3]: 7}
    assert waiting("9801", SEPTEMBER) == 1
    reopen("980102", SEPTEMBER)
    assert values(name, SEPTEMBER, "98") == {PLACES[0]: 6, PLACES[3]: 7}


def test_a_period_is_closed_once_and_reopened_once(database: TestDatabase) -> None:
    close("9801", SEPTEMBER)
    with pytest.raises(PeriodStateError, match="已经锁定"):
        close("9801", SEPTEMBER)
    reopen("9801", SEPTEMBER)
    with pytest.raises(PeriodStateError, match="没有锁定"):
        reopen("9801", SEPTEMBER)


def test_only_the_measuring_service_closes_and_without_a_scope_nothing_is_known(
    database: TestDatabase,
) -> None:
    name = fresh(Kind.FLOW)
    close("9801", SEPTEMBER)
    add(name, PLACES[0], DAYS[1], 5)
    with pytest.raises(ProgrammingError, match="row-level security"), scoped(READER) as connection:
        measure_closing.close(connection, "9801", OCTOBER, "t", NOW)
    for table in (measure_period_lock, measure_pending):
        with scoped(READER) as connection:
            assert connection.execute(delete(table)).rowcount == 0
            assert connection.execute(select(table)).all()
        with scoped(NOTHING) as connection:
            assert connection.execute(select(table)).all() == []
    with scoped(measures.WRITER) as connection:
        assert (
            connection.execute(select(measure_change).where(measure_change.c.measure == name)).all()
            == []
        )
