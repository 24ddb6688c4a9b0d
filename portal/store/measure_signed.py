"""The figures of earlier versions of a closed period: kept when one is reopened, read afterwards.

As long as a period is closed the store itself holds what was signed. Only reopening lets it move,
so that is when the figures are copied, once; nothing changes or removes them afterwards.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal, select

from portal.store.measure_lock_tables import measure_signed
from portal.store.measure_reads import summed
from portal.store.measure_words import Period, Value
from portal.store.region_codes import LEVELS

_KEYS = ("place", "measure", "system_id", "slice", "numerator", "denominator")


def keep(connection: Connection, region: str, period: Period, version: int) -> int:
    """Copy the figures of a period of a place and of all below it; gives how many."""
    levels = [level for level in LEVELS if level >= len(region)]
    now = summed(None, region, levels, period).subquery()
    fixed = {
        "region_code": literal(region),
        "grain": literal(period.grain),
        "starts": literal(period.starts),
        "version": literal(version),
    }
    moved: list[Any] = [now.c.region_code if name == "place" else now.c[name] for name in _KEYS]
    nought = (now.c.numerator == 0) & (now.c.denominator == 0)
    chosen: list[Any] = [*fixed.values(), *moved]
    query = select(*chosen).where(~nought)
    done = connection.execute(insert(measure_signed).from_select([*fixed, *_KEYS], query))
    return int(done.rowcount)


def values(
    connection: Connection,
    region: str,
    period: Period,
    version: int,
    *,
    measures: Iterable[str] | None = None,
    prefix: str = "",
    levels: Iterable[int] = LEVELS,
) -> list[Value]:
    """What a version had, as :func:`measure_reads.values` gives what there is now."""
    row = measure_signed.c
    within: list[ColumnElement[bool]] = [
        row.region_code == region,
        row.grain == period.grain,
        row.starts == period.starts,
        row.version == version,
        row.place >= (prefix or region),
        row.place < (prefix or region) + ":",
        func.length(row.place).in_(list(levels)),
    ]
    if measures is not None:
        within.append(row.measure.in_(list(measures)))
    return [
        Value(
            measure=one.measure,
            system_id=one.system_id,
            slice=one.slice,
            region_code=one.place,
            numerator=int(one.numerator),
            denominator=int(one.denominator),
        )
        for one in connection.execute(select(measure_signed).where(*within))
    ]


def last(connection: Connection, region: str, period: Period) -> int:
    """The highest version whose figures are kept: no number is ever given twice."""
    row = measure_signed.c
    query = select(func.max(row.version)).where(
        row.region_code == region, row.grain == period.grain, row.starts == period.starts
    )
    return connection.execute(query).scalar() or 0
