"""Reading the measures of the orders: counts by place, by unit and by part, for any span of days.

Whole months come from the roll-ups, shorter spans from the daily changes; both follow every order
within its own transaction's second, and nothing here counts an order itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select, union_all

from portal.affairs.rates.counts import Counts
from portal.affairs.rates.spans import Days
from portal.store.measure_reads import values
from portal.store.measure_tables import measure_change, measure_rollup
from portal.store.measure_words import Period

SYSTEM = "platform:orders"
UNIT_PREFIX = "unit:"
# measure -> what its numerator counts, and its denominator
_BY_PLACE: dict[str, tuple[str, str]] = {
    "orders_received": ("received", ""),
    "orders_dispatched": ("dispatched", ""),
    "orders_returned": ("returned", ""),
    "orders_responded": ("responded", "accepted"),
    "orders_closed": ("closed", ""),
    "orders_due": ("on_time", "due"),
    "orders_visited_resolved": ("resolved", "visited"),
    "orders_satisfied": ("satisfied", "asked"),
    "orders_basically_satisfied": ("basically", ""),
}
BY_PLACE: Mapping[str, tuple[str, str]] = _BY_PLACE
# Of a unit there is no demand of its own: what comes in belongs to a place.
BY_UNIT: Mapping[str, tuple[str, str]] = {
    f"{name}_unit": words for name, words in _BY_PLACE.items() if name != "orders_received"
}
OPEN, OVERDUE, URGENT = "orders_open", "orders_overdue_open", "orders_overdue_urgent_open"


def _system(measures: Iterable[str]) -> str:
    """The affair that these measures are of; one question is about one affair."""
    return f"platform:{next(iter(measures)).partition('_')[0]}"


class Line(NamedTuple):
    """One sum."""

    measure: str
    place: str
    part: str
    numerator: int
    denominator: int


def _query(days: Days, measures: Sequence[str], codes: Sequence[str]) -> tuple[Any, Any]:
    """The table that answers, with its condition, and the place of a row."""
    level = len(codes[0])
    if (month := days.month) is not None:
        roll = measure_rollup.c
        rolled: list[ColumnElement[bool]] = [
            roll.measure.in_(measures),
            roll.level == level,
            roll.region_code.in_(codes),
            roll.grain == "month",
            roll.starts == month,
            roll.system_id == _system(measures),
        ]
        return roll.region_code, (roll, rolled)
    change = measure_change.c
    place = func.left(change.region_code, literal_column(str(level)))
    condition = (
        change.measure.in_(measures),
        change.system_id == _system(measures),
        change.day >= days.starts,
        change.day < days.ends,
        place.in_(codes),
    )
    return place, (change, condition)


def _rows(
    connection: Connection,
    measures: Iterable[str],
    codes: Sequence[str],
    days: Days,
    *more: str,
    sliced: bool,
) -> list[Line]:
    """Sums by measure and place, and by slice where that is asked; ``more`` are slices wanted."""
    if not codes or days.starts >= days.ends:
        return []
    names = sorted(measures)
    if (rest := days.rest) is not None:  # the whole month is one row a place, its last days are few
        whole = Days(starts=days.starts, ends=rest.ends)
        both = [_rows(connection, names, codes, one, *more, sliced=sliced) for one in (whole, rest)]
        return _less(*both)
    place, (table, condition) = _query(days, names, codes)
    part: ColumnElement[Any] = table.slice if sliced else literal_column("''")
    query: Select[Any] = select(
        table.measure,
        place.label("place"),
        part.label("part"),
        func.sum(table.numerator).label("numerator"),
        func.sum(table.denominator).label("denominator"),
    ).where(*condition)
    if more:
        query = query.where(table.slice.in_(more))
    query = query.group_by(table.measure, place, *([table.slice] if sliced else []))
    return [
        Line(row.measure, row.place, row.part, int(row.numerator), int(row.denominator))
        for row in connection.execute(query)
    ]


def _less(whole: list[Line], rest: list[Line]) -> list[Line]:
    """What the days before the rest brought; where they brought nothing, no line."""
    left = {line[:3]: line for line in whole}
    for line in rest:
        top, below = left[line[:3]][3:] if line[:3] in left else (0, 0)
        left[line[:3]] = Line(*line[:3], top - line.numerator, below - line.denominator)
    return [line for line in left.values() if line.numerator or line.denominator]


def _counted(
    rows: list[Line], words: Mapping[str, tuple[str, str]], key: Literal["place", "part"]
) -> dict[str, Counts]:
    numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        top, below = words[row.measure]
        own = numbers[getattr(row, key)]
        own[top] = row.numerator
        if below:
            own[below] = row.denominator
    return {name: Counts(**found) for name, found in numbers.items()}


def of_places(connection: Connection, codes: Sequence[str], days: Days) -> dict[str, Counts]:
    """What was counted of the demands of each of these places (all of one level)."""
    found = _counted(_rows(connection, BY_PLACE, codes, days, sliced=False), BY_PLACE, "place")
    return _late(found, standing_at(connection, [URGENT], codes, days.ends))


def of_handlers(connection: Connection, codes: Sequence[str], days: Days) -> dict[str, Counts]:
    """What was counted of all units inside each of these places (all of one level)."""
    found = _counted(_rows(connection, BY_UNIT, codes, days, sliced=False), BY_UNIT, "place")
    return _late(found, standing_at(connection, [f"{URGENT}_unit"], codes, days.ends))


def of_units(
    connection: Connection, code: str, unit_ids: Sequence[str], days: Days
) -> dict[str, Counts]:
    """What was counted of these very units, all of which lie in ``code``."""
    if not unit_ids:
        return {}
    slices = [f"{UNIT_PREFIX}{one}" for one in unit_ids]
    found = _counted(
        _rows(connection, BY_UNIT, [code], days, *slices, sliced=True), BY_UNIT, "part"
    )
    late = standing_at(connection, [f"{URGENT}_unit"], [code], days.ends, *slices)
    return {name.removeprefix(UNIT_PREFIX): one for name, one in _late(found, late).items()}


def _late(found: dict[str, Counts], late: Mapping[tuple[str, str], int]) -> dict[str, Counts]:
    for (_, name), number in late.items():
        if number > 0:
            found[name] = replace(found.get(name, Counts()), urgent_late=number)
    return found


def received(connection: Connection, codes: Sequence[str], days: Days) -> dict[str, int]:
    """How many demands came from each of these places (all of one level)."""
    rows = _rows(connection, ["orders_received"], codes, days, sliced=False)
    return {row.place: row.numerator for row in rows}


def numbers(
    connection: Connection, measures: Sequence[str], code: str, days: Days
) -> dict[str, int]:
    """Flows of one place, by measure."""
    return {
        row.measure: row.numerator
        for row in _rows(connection, measures, [code], days, sliced=False)
    }


def parts(connection: Connection, measure: str, code: str, days: Days) -> dict[str, int]:
    """A flow of one place by its parts: kinds, classes, sources."""
    return {
        row.part: row.numerator for row in _rows(connection, [measure], [code], days, sliced=True)
    }


def standing_at(
    connection: Connection, measures: Sequence[str], codes: Sequence[str], ends: date, *slices: str
) -> dict[tuple[str, str], int]:
    """Stocks as they were when a day began: by measure and place, or by measure and slice.

    The places are of one level; slices are asked for one place at a time.
    """
    if not codes:
        return {}
    month, roll = ends.replace(day=1), measure_rollup.c
    total: defaultdict[tuple[str, str], int] = defaultdict(int)
    key = roll.slice if slices else roll.region_code
    rolled = (
        select(roll.measure, key.label("key"), func.sum(roll.numerator).label("sum"))
        .where(
            roll.measure.in_(measures),
            roll.level == len(codes[0]),
            roll.region_code.in_(codes),
            roll.grain == "month",
            roll.starts < month,
            roll.system_id == _system(measures),
            *([roll.slice.in_(slices)] if slices else []),
        )
        .group_by(roll.measure, key)
    )
    for row in connection.execute(rolled):
        total[row.measure, row.key] += int(row.sum)
    this_month = Days(starts=month, ends=ends)
    for line in _rows(connection, measures, codes, this_month, *slices, sliced=bool(slices)):
        total[line.measure, line.part if slices else line.place] += line.numerator
    return dict(total)


def residents(connection: Connection, measure: str, prefix: str, month: date) -> dict[str, int]:
    """Who lives in each town-level unit, as some system counts it; empty where none does."""
    if not measure:
        return {}
    found = values(connection, [measure], prefix, [9], Period(grain="month", starts=month))
    total: defaultdict[str, int] = defaultdict(int)
    for one in found:
        total[one.region_code] += one.numerator
    return dict(total)


_MOVES = ("orders_received", "orders_dispatched")


def as_of(connection: Connection, days: Days) -> datetime | None:
    """When the numbers of a span were last moved, as far as the asker sees them."""
    change = measure_change.c
    within = (change.system_id == SYSTEM, change.day >= days.starts, change.day < days.ends)
    newest = [  # one step down the index for each, instead of a look at every change
        select(change.day)
        .where(change.measure == one, *within)
        .order_by(change.day.desc())
        .limit(1)
        .subquery()
        for one in _MOVES
    ]
    both = union_all(*(select(one.c.day) for one in newest)).subquery()
    last = connection.execute(select(func.max(both.c.day))).scalar()
    if last is None:
        return None
    moved = (change.measure.in_(_MOVES), change.system_id == SYSTEM, change.day == last)
    return connection.execute(select(func.max(change.as_of)).where(*moved)).scalar()


def first_month(connection: Connection) -> date | None:
    """The month of the first demand that was ever counted."""
    roll = measure_rollup.c
    return connection.execute(
        select(func.min(roll.starts)).where(
            roll.measure == "orders_received",
            roll.system_id == SYSTEM,
            roll.grain == "month",
        )
    ).scalar()
