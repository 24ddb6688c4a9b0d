"""Reading the measure store, always inside a scoped transaction of the caller."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.store.measure_tables import measure, measure_rollup, measure_snapshot
from portal.store.measure_words import Definition, Kind, Period, Snapshot, Topic, Value


def _up_to(period: Period) -> Any:
    """The roll-ups whose sum is a stock at the end of a period: whole years, then months."""
    roll = measure_rollup.c
    year = date(period.ends.year, 1, 1)
    return or_(
        and_(roll.grain == "year", roll.starts < year),
        and_(roll.grain == "month", roll.starts >= year, roll.starts < period.ends),
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

    A number that is not there is nought or not known: the snapshots say which.
    """
    roll = measure_rollup.c
    inside = (
        roll.level.in_(list(levels)),
        roll.region_code >= prefix,
        roll.region_code < prefix + ":",
    )
    stocks = measure.c.kind == Kind.STOCK
    query = (
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
            roll.measure.in_(list(measures)),
            *inside,
            or_(and_(stocks, _up_to(period)), and_(~stocks, _within(period))),
        )
        .group_by(roll.measure, roll.system_id, roll.slice, roll.region_code)
    )
    return [
        Value(
            **{**row._mapping, "numerator": int(row.numerator), "denominator": int(row.denominator)}
        )
        for row in connection.execute(query)
    ]


def latest(
    connection: Connection, measures: Iterable[str], before: date
) -> dict[tuple[str, str], Snapshot]:
    """By measure and system, the newest picture before a day; a failure where there is none."""
    known = measure_snapshot.c
    query = (
        select(measure_snapshot)
        .where(known.measure.in_(list(measures)), known.day < before)
        .order_by(known.measure, known.system_id, known.problem.is_not(None), known.day.desc())
        .ext(distinct_on(known.measure, known.system_id))
    )
    return {
        (row.measure, row.system_id): Snapshot(**row._mapping) for row in connection.execute(query)
    }


def definitions(connection: Connection) -> dict[str, Definition]:
    """All measures that were ever written."""
    return {
        row.id: Definition(
            id=row.id, kind=Kind(row.kind), name=row.name, unit=row.unit, topic=Topic(row.topic)
        )
        for row in connection.execute(select(measure))
    }


def first_day(connection: Connection) -> date | None:
    """The day of the oldest picture."""
    return connection.execute(
        select(func.min(measure_snapshot.c.day)).where(measure_snapshot.c.problem.is_(None))
    ).scalar()


def stamp(connection: Connection) -> datetime | None:
    """When the store last learnt something: what was read before it may be out of date."""
    return connection.execute(select(func.max(measure_snapshot.c.taken_at))).scalar()
