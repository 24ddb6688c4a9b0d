"""Reading the measure store, always inside a scoped transaction of the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    and_,
    cast,
    false,
    func,
    or_,
    select,
    text,
    true,
)

from portal.store import region_codes
from portal.store.measure_lock_tables import measure_period_lock
from portal.store.measure_tables import measure, measure_change, measure_rollup, measure_snapshot
from portal.store.measure_words import DAYS, Definition, Kind, Period, Snapshot, Topic, Value


def _up_to(period: Period) -> Any:
    """The roll-ups whose sum is a stock at the end of a period: whole years, quarters, months."""
    roll, ends = measure_rollup.c, period.ends
    year = date(ends.year, 1, 1)
    quarter = date(ends.year, (ends.month - 1) // 3 * 3 + 1, 1)
    return or_(
        and_(roll.grain == "year", roll.starts < year),
        and_(roll.grain == "quarter", roll.starts >= year, roll.starts < quarter),
        and_(roll.grain == "month", roll.starts >= quarter, roll.starts < ends),
    )


def _within(period: Period) -> Any:
    roll = measure_rollup.c
    return and_(roll.grain == period.grain, roll.starts == period.starts)


def values(
    connection: Connection,
    measures: Iterable[str],
    prefix: str,
    levels: Iterable[int],
    period: Period,
) -> list[Value]:
    """The numbers of a period for the regions of some levels inside a prefix, as far as in scope.

    A number that is not there is nought or not known: the snapshots say which. Days and weeks are
    no roll-ups: they are formed from the changes, a stock from the last whole month on.
    """
    chosen, steps = list(measures), list(levels)
    if period.grain not in DAYS:
        return _summed(connection, chosen, prefix, steps, period)
    month = (period.ends - timedelta(days=1)).replace(day=1)
    before = Period(grain="month", starts=(month - timedelta(days=1)).replace(day=1))
    return _together(
        _summed(connection, chosen, prefix, steps, before, stocks_only=True),
        _moved(connection, chosen, prefix, steps, period, month),
    )


def values_of(
    connection: Connection, measures: Iterable[str], codes: Sequence[str], period: Period
) -> list[Value]:
    """The numbers of some places alone, of flows and stocks: a distinct count adds over nothing."""
    query = select(measure.c.id).where(
        measure.c.id.in_(list(measures)), measure.c.kind != Kind.DISTINCT
    )
    chosen = list(connection.execute(query).scalars())
    by_level: dict[int, list[str]] = {}
    for code in codes:
        by_level.setdefault(len(code), []).append(code)
    return [
        one
        for level, those in by_level.items()
        for code in those
        for one in values(connection, chosen, code, [level], period)
        if one.region_code == code
    ]


def _summed(
    connection: Connection,
    measures: Sequence[str],
    prefix: str,
    levels: Sequence[int],
    period: Period,
    *,
    stocks_only: bool = False,
) -> list[Value]:
    """The numbers of a period from the roll-ups."""
    query = summed(measures, prefix, levels, period, stocks_only=stocks_only)
    return [_value(row) for row in connection.execute(query)]


def summed(
    measures: Sequence[str] | None,
    prefix: str,
    levels: Sequence[int],
    period: Period,
    *,
    stocks_only: bool = False,
) -> Select[Any]:
    """The question for the numbers of a month, quarter or year; without names for all measures."""
    roll = measure_rollup.c
    which = true() if measures is None else roll.measure.in_(measures)
    stocks = measure.c.kind == Kind.STOCK
    flows = false() if stocks_only else and_(~stocks, _within(period))
    return (
        select(
            roll.measure,
            roll.system_id,
            roll.slice,
            roll.region_code,
            func.sum(roll.numerator).label("numerator"),
            func.sum(roll.denominator).label("denominator"),
        )
        .join(measure, measure.c.id == roll.measure)
        .where(
            which,
            roll.level.in_(levels),
            region_codes.within(roll.region_code, prefix),
            or_(and_(stocks, _up_to(period)), flows),
        )
        .group_by(roll.measure, roll.system_id, roll.slice, roll.region_code)
    )


def _moved(
    connection: Connection,
    measures: Sequence[str],
    prefix: str,
    levels: Sequence[int],
    period: Period,
    month: date,
) -> list[Value]:
    """What the changes say: flows of the days of a period, stocks from the month's first day on."""
    change = measure_change.c
    given = func.unnest(cast(levels, ARRAY(Integer))).table_valued("level").render_derived("given")
    level = given.c.level
    place = func.left(change.region_code, level).label("region_code")
    stocks = measure.c.kind == Kind.STOCK
    query = (
        select(
            change.measure,
            change.system_id,
            change.slice,
            place,
            func.sum(change.numerator).label("numerator"),
            func.sum(change.denominator).label("denominator"),
        )
        .join(measure, measure.c.id == change.measure)
        .join(given, func.length(change.region_code) >= level)
        .where(
            change.measure.in_(measures),
            region_codes.within(change.region_code, prefix),
            change.day < period.ends,
            change.day >= min(month, period.starts),
            or_(and_(stocks, change.day >= month), and_(~stocks, change.day >= period.starts)),
        )
        .group_by(change.measure, change.system_id, change.slice, place)
    )
    return [_value(row) for row in connection.execute(query)]


def _value(row: Any) -> Value:
    numbers = {"numerator": int(row.numerator), "denominator": int(row.denominator)}
    return Value(**{**row._mapping, **numbers})


def _sum(one: Value, other: Value) -> Value:
    return replace(
        one,
        numerator=one.numerator + other.numerator,
        denominator=one.denominator + other.denominator,
    )


def _together(*several: Iterable[Value]) -> list[Value]:
    """The same numbers from several places, added."""
    found: dict[tuple[str, str, str, str], Value] = {}
    for one in chain.from_iterable(several):
        key = one.measure, one.system_id, one.slice, one.region_code
        before = found.get(key)
        found[key] = one if before is None else _sum(one, before)
    return list(found.values())


# Two steps down the index for each pair, however many pictures there are; a failure comes last.
_LATEST = text(
    """
    SELECT said.*
    FROM unnest(cast(:measures AS text[]), cast(:systems AS text[])) AS pair (measure, system_id)
    CROSS JOIN LATERAL (
        (SELECT * FROM measure_snapshot AS good
         WHERE good.measure = pair.measure AND good.system_id = pair.system_id
           AND good.day < :before AND good.problem IS NULL ORDER BY good.day DESC LIMIT 1)
        UNION ALL
        (SELECT * FROM measure_snapshot AS any_one
         WHERE any_one.measure = pair.measure AND any_one.system_id = pair.system_id
           AND any_one.day < :before ORDER BY any_one.day DESC LIMIT 1)
        LIMIT 1
    ) AS said
    """
)


def latest(
    connection: Connection, pairs: Iterable[tuple[str, str]], before: date
) -> dict[tuple[str, str], Snapshot]:
    """By measure and system, the newest picture before a day; a failure where there is none."""
    wanted = sorted(set(pairs))
    given = {"measures": [one for one, _ in wanted], "systems": [one for _, one in wanted]}
    rows = connection.execute(_LATEST, {**given, "before": before})
    return {(row.measure, row.system_id): Snapshot(**row._mapping) for row in rows}


def definitions(
    connection: Connection, chosen: Iterable[str] | None = None
) -> dict[str, Definition]:
    """The measures that were ever written, or some of them."""
    query = select(measure)
    if chosen is not None:
        query = query.where(measure.c.id.in_(list(chosen)))
    return {
        row.id: Definition(
            id=row.id, kind=Kind(row.kind), name=row.name, unit=row.unit, topic=Topic(row.topic)
        )
        for row in connection.execute(query)
    }


def first_change(connection: Connection, measure_id: str, system_id: str) -> date | None:
    """Since when a system has counted a measure, as far as one sees."""
    change = measure_change.c
    query = select(func.min(change.day)).where(
        change.measure == measure_id, change.system_id == system_id
    )
    return connection.execute(query).scalar()


def first_day(connection: Connection) -> date | None:
    """The day of the oldest picture."""
    return connection.execute(
        select(func.min(measure_snapshot.c.day)).where(measure_snapshot.c.problem.is_(None))
    ).scalar()


def stamp(connection: Connection) -> datetime | None:
    """When the store last learnt something: what was read before it may be out of date."""
    lock = measure_period_lock.c
    query = select(
        func.greatest(
            select(func.max(measure_snapshot.c.taken_at)).scalar_subquery(),
            select(func.max(lock.closed_at)).scalar_subquery(),
            select(func.max(lock.reopened_at)).scalar_subquery(),
        )
    )
    return connection.execute(query).scalar()
