"""The measure store: roll-ups are what a GROUP BY would say, in whatever order things came."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.exc import ProgrammingError

from portal.store import measure_reads, measures
from portal.store.engine import begin
from portal.store.measure_tables import measure_change, measure_rollup, measure_snapshot
from portal.store.measure_words import (
    Cell,
    Change,
    Definition,
    Kind,
    KindChangedError,
    Period,
    Snapshot,
)
from portal.store.region_codes import LEVELS
from portal.store.scope import NOTHING, Reach, scoped
from tests.conftest import TestDatabase

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
EVERYTHING = Reach(prefixes=("99",), unit_id=None, actor="t")
REGIONS = ("990102001001", "990102001002", "990102002001", "990103001001", "990102001", "990103")
DAYS = [
    date(2025, 11, 3),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 3, 31),
    date(2026, 4, 9),
]
PERIODS = [
    Period(grain="month", starts=date(2025, 11, 1)),
    Period(grain="month", starts=date(2026, 2, 1)),
    Period(grain="quarter", starts=date(2025, 10, 1)),
    Period(grain="quarter", starts=date(2026, 1, 1)),
    Period(grain="year", starts=date(2025, 1, 1)),
    Period(grain="year", starts=date(2026, 1, 1)),
]
SHORT = [
    Period(grain="day", starts=date(2025, 12, 31)),
    Period(grain="day", starts=date(2026, 4, 1)),
    Period(grain="day", starts=date(2026, 3, 31)),
    Period(grain="week", starts=date(2025, 12, 29)),
    Period(grain="week", starts=date(2026, 3, 30)),
    Period(grain="week", starts=date(2026, 4, 6)),
]
often = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_names = count(1)


def fresh(kind: Kind) -> str:
    """A measure of its own for each example: nothing of the last one is in the way."""
    name = f"m{next(_names)}"
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [Definition(id=name, kind=kind, name="数", unit="人")])
    return name


def picture(name: str, day: date = DAYS[0], **changes: Any) -> Snapshot:
    return Snapshot(
        **{"measure": name, "system_id": "s", "day": day, "as_of": NOW, "taken_at": NOW, **changes}
    )


def read(name: str, period: Period, reach: Reach = EVERYTHING) -> dict[str, tuple[int, int]]:
    """By region of all levels: numerator and denominator, noughts left out."""
    with scoped(reach) as connection:
        found = measure_reads.values(connection, [name], "99", LEVELS, period)
    numbers: dict[str, tuple[int, int]] = {}
    for one in found:
        before = numbers.get(one.region_code, (0, 0))
        numbers[one.region_code] = (before[0] + one.numerator, before[1] + one.denominator)
    return {code: pair for code, pair in numbers.items() if pair != (0, 0)}


def grouped(name: str, period: Period, *, stock: bool) -> dict[str, tuple[int, int]]:
    """The same from the changes themselves, by GROUP BY."""
    start = "-infinity" if stock else period.starts.isoformat()
    query = text(
        "SELECT left(region_code, level), sum(numerator), sum(denominator) FROM measure_change,"
        " unnest(ARRAY[4, 6, 9, 12]) AS level WHERE measure = :name"
        " AND length(region_code) >= level AND day >= cast(:start AS date) AND day < :end"
        " GROUP BY 1"
    )
    with scoped(EVERYTHING) as connection:
        rows = connection.execute(query, {"name": name, "start": start, "end": period.ends})
        found = {code: (int(top), int(bottom)) for code, top, bottom in rows}
    return {code: pair for code, pair in found.items() if pair != (0, 0)}


def dump(name: str) -> list[tuple[Any, ...]]:
    """Everything the store holds about a measure, without its name and the time of writing."""
    rows = []
    with scoped(measures.WRITER) as connection:
        for table in (measure_change, measure_rollup):
            for row in connection.execute(select(table).where(table.c.measure == name)):
                kept = dict(row._mapping)
                kept.pop("measure"), kept.pop("as_of", None)
                rows.append((table.name, *sorted((k, str(v)) for k, v in kept.items())))
    return sorted(rows)


moves = st.lists(
    st.tuples(
        st.sampled_from(REGIONS),
        st.sampled_from(DAYS),
        st.sampled_from(("", "男", "女")),
        st.integers(-4, 6),
        st.integers(0, 3),
    ),
    max_size=14,
)


def apply(name: str, given_moves: Sequence[tuple[str, date, str, int, int]], size: int) -> None:
    changes = [
        Change(
            measure=name,
            system_id="s",
            region_code=region,
            day=day,
            slice=part,
            numerator=top,
            denominator=bottom,
        )
        for region, day, part, top, bottom in given_moves
    ]
    for start in range(0, len(changes), size):
        with scoped(measures.WRITER) as connection:
            measures.add(connection, changes[start : start + size], NOW)


@given(moves=moves, size=st.integers(1, 5), kind=st.sampled_from((Kind.FLOW, Kind.STOCK)))
@often
def test_roll_ups_equal_a_group_by_over_the_changes_at_every_level_and_period(
    database: TestDatabase, moves: list[Any], size: int, kind: Kind
) -> None:
    name = fresh(kind)
    apply(name, moves, size)
    for period in (*PERIODS, *SHORT):
        assert read(name, period) == grouped(name, period, stock=kind is Kind.STOCK), period


@given(moves=moves, size=st.integers(1, 5), dice=st.randoms())
@often
def test_the_order_of_changes_does_not_matter_and_nought_leaves_no_row(
    database: TestDatabase, moves: list[Any], size: int, dice: Any
) -> None:
    one, other = fresh(Kind.FLOW), fresh(Kind.FLOW)
    apply(one, moves, size)
    shuffled = list(moves)
    dice.shuffle(shuffled)
    apply(other, shuffled, 3)
    assert dump(one) == dump(other)
    with scoped(measures.WRITER) as connection:
        for table in (measure_change, measure_rollup):
            nought = (table.c.numerator == 0) & (table.c.denominator == 0)
            assert connection.execute(select(table).where(nought)).all() == []


pictures = st.dictionaries(
    st.sampled_from(DAYS),
    st.dictionaries(st.sampled_from(REGIONS[:4]), st.integers(0, 9), max_size=4),
    min_size=1,
)


@given(pictures=pictures, dice=st.randoms())
@often
def test_the_value_of_a_stock_in_a_period_is_the_last_one_said_whatever_came_first(
    database: TestDatabase, pictures: dict[date, dict[str, int]], dice: Any
) -> None:
    name = fresh(Kind.STOCK)
    days = list(pictures)
    dice.shuffle(days)
    for day in [*days, days[0]]:  # and one of them twice
        cells = [Cell(region_code=code, numerator=n) for code, n in pictures[day].items()]
        with scoped(measures.WRITER) as connection:
            measures.restate(connection, picture(name, day), cells)
    for period in PERIODS:
        said = [day for day in pictures if day < period.ends]
        last = pictures[max(said)] if said else {}
        found = read(name, period)
        lowest = {code: pair[0] for code, pair in found.items() if len(code) == 12}
        assert lowest == {code: n for code, n in last.items() if n}, period
        assert found.get("9901", (0, 0))[0] == sum(last.values())


def test_a_picture_said_twice_moves_nothing(database: TestDatabase) -> None:
    name = fresh(Kind.STOCK)
    cells = [Cell(region_code=REGIONS[0], numerator=7, slice="男")]
    for expected in (1, 0):
        with scoped(measures.WRITER) as connection:
            assert measures.restate(connection, picture(name), cells) == expected


def test_a_flow_restated_replaces_its_day_only(database: TestDatabase) -> None:
    name = fresh(Kind.FLOW)
    for day, number in ((DAYS[0], 5), (DAYS[1], 3), (DAYS[0], 2)):
        with scoped(measures.WRITER) as connection:
            cells = [Cell(region_code=REGIONS[0], numerator=number, denominator=10)]
            measures.restate(connection, picture(name, day), cells)
    assert read(name, PERIODS[4])["9901"] == (5, 20)
    assert read(name, PERIODS[0])["9901"] == (2, 10)


def test_a_distinct_count_is_given_per_level_and_never_added(database: TestDatabase) -> None:
    name = fresh(Kind.DISTINCT)
    cells = [
        Cell(region_code="990102001001", numerator=3),
        Cell(region_code="990102001002", numerator=3),
        Cell(region_code="990102001", numerator=4),
    ]
    with scoped(measures.WRITER) as connection:
        measures.set_distinct(connection, picture(name), PERIODS[0], cells)
    assert read(name, PERIODS[0]) == {one.region_code: (one.numerator, 0) for one in cells}
    with scoped(measures.WRITER) as connection:
        measures.set_distinct(connection, picture(name), PERIODS[0], cells[2:])
    assert read(name, PERIODS[0]) == {"990102001": (4, 0)}
    change = Change(
        measure=name, system_id="s", region_code="990102001001", day=DAYS[0], numerator=1
    )
    with pytest.raises(ValueError, match="distinct"), scoped(measures.WRITER) as connection:
        measures.add(connection, [change], NOW)


def test_a_measure_keeps_its_kind(database: TestDatabase) -> None:
    name = fresh(Kind.STOCK)
    flow = Definition(id=name, kind=Kind.FLOW, name="数", unit="人")
    with pytest.raises(KindChangedError, match="类型"), scoped(measures.WRITER) as one:
        measures.define(one, [flow])


def test_a_measure_nobody_defined_is_refused(database: TestDatabase) -> None:
    with pytest.raises(LookupError, match="没有登记"), scoped(measures.WRITER) as connection:
        measures.restate(connection, picture("nothing"), [])


def test_a_change_and_its_roll_ups_stand_or_fall_together(database: TestDatabase) -> None:
    name = fresh(Kind.STOCK)

    def broken(connection: Connection) -> None:
        measures.restate(connection, picture(name), [Cell(region_code=REGIONS[0], numerator=7)])
        raise RuntimeError("the walk broke off")

    with pytest.raises(RuntimeError), scoped(measures.WRITER) as connection:
        broken(connection)
    assert dump(name) == []


# -- scope ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefixes", "seen"),
    [
        ((), set()),
        (("88",), set()),
        (("990102",), {"990102", "990102001", "990102001001"}),
        (("990102001001",), {"990102001001"}),
        (("9901",), {"9901", "990102", "990102001", "990102001001", "990103"}),
    ],
)
def test_a_scope_sees_its_own_regions_numbers_and_no_scope_sees_nothing(
    database: TestDatabase, prefixes: tuple[str, ...], seen: set[str]
) -> None:
    name = fresh(Kind.STOCK)
    cells = [Cell(region_code=code, numerator=7) for code in ("990102001001", "990103")]
    with scoped(measures.WRITER) as connection:
        measures.restate(connection, picture(name), cells)
    reach = Reach(prefixes=prefixes, unit_id=None, actor="t")
    assert set(read(name, PERIODS[0], reach)) == seen
    with scoped(reach) as connection:
        rows = connection.execute(select(measure_change.c.region_code)).scalars()
        assert set(rows) == seen & {"990102001001", "990103"}


def test_without_a_scope_nothing_at_all_is_shown_even_on_a_used_connection(
    database: TestDatabase,
) -> None:
    name = fresh(Kind.STOCK)
    with scoped(measures.WRITER) as connection:
        measures.restate(connection, picture(name), [Cell(region_code=REGIONS[0], numerator=7)])
    for reach in (NOTHING, Reach(prefixes=(), unit_id="gov-9901", actor="service:other")):
        with scoped(reach) as connection:
            for table in (measure_change, measure_rollup, measure_snapshot):
                assert connection.execute(select(table)).all() == []
    with begin() as connection:
        assert connection.execute(select(measure_rollup)).all() == []


@pytest.mark.parametrize("actor", ["t", "service:index", ""])
def test_only_the_measuring_service_writes(database: TestDatabase, actor: str) -> None:
    name = fresh(Kind.STOCK)
    reach = Reach(prefixes=("99",), unit_id=None, actor=actor)
    change = Change(measure=name, system_id="s", region_code=REGIONS[0], day=DAYS[0], numerator=1)
    with pytest.raises(ProgrammingError, match="row-level security"), scoped(reach) as connection:
        measures.add(connection, [change], NOW)
    with scoped(measures.WRITER) as connection:
        measures.add(connection, [change], NOW)
    with scoped(reach) as connection:
        assert connection.execute(delete(measure_rollup)).rowcount == 0


# -- what was said, and what was not --------------------------------------------------------------


def test_a_failure_is_remembered_only_until_something_is_said(database: TestDatabase) -> None:
    name, later = fresh(Kind.STOCK), DAYS[0] + timedelta(days=1)
    with scoped(measures.WRITER) as connection:
        measures.note_failure(connection, picture(name, problem="超时"))
        assert measure_reads.latest(connection, [(name, "s")], later)[name, "s"].problem == "超时"
        measures.restate(connection, picture(name), [])
        measures.note_failure(connection, picture(name, problem="超时"))
        measures.note_failure(connection, picture(name, later, problem="故障"))
        last = measure_reads.latest(connection, [(name, "s")], later + timedelta(days=1))[name, "s"]
    assert (last.problem, last.day) == (None, DAYS[0])


def test_a_picture_of_later_is_not_known_to_an_earlier_period(database: TestDatabase) -> None:
    name = fresh(Kind.STOCK)
    with scoped(measures.WRITER) as connection:
        measures.restate(connection, picture(name, DAYS[2]), [])
        assert measure_reads.latest(connection, [(name, "s")], DAYS[2]) == {}
        assert measure_reads.first_day(connection) == DAYS[2]
