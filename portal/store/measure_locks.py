"""Closed periods while the store is written: what counts at once, and what waits.

A place that closes a period closes it for everything below it too. Totals stay totals: what waits
for a community waits for its street, its district and the city as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, select, text

from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_spans import Span, merged, of_flow, of_stock
from portal.store.measure_words import Change, Kind, Period, Snapshot

DAY = "day"
_DIGITS = (4, 6, 9, 12, 15)
_KEYS = ("region_code", "measure", "system_id", "slice", "grain", "starts", "until")
_WAIT = text(
    """
    WITH moved AS (
        INSERT INTO measure_pending AS kept
            (region_code, measure, system_id, slice, grain, starts, until,
             numerator, denominator, as_of)
        SELECT region_code, measure, system_id, slice, grain, starts, until,
               sum(numerator), sum(denominator), cast(:as_of AS timestamptz)
        FROM unnest(cast(:region_code AS text[]), cast(:measure AS text[]),
                    cast(:system_id AS text[]), cast(:slice AS text[]), cast(:grain AS text[]),
                    cast(:starts AS date[]), cast(:until AS date[]),
                    cast(:numerator AS bigint[]), cast(:denominator AS bigint[]))
          AS given (region_code, measure, system_id, slice, grain, starts, until,
                    numerator, denominator)
        GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (region_code, measure, system_id, slice, grain, starts, until) DO UPDATE
           SET numerator = kept.numerator + excluded.numerator,
               denominator = kept.denominator + excluded.denominator,
               as_of = greatest(kept.as_of, excluded.as_of)
        RETURNING measure
    )
    SELECT DISTINCT measure FROM moved
    """
)
_NO_NOUGHT = text(
    "DELETE FROM measure_pending WHERE measure = ANY(cast(:measures AS text[]))"
    " AND numerator = 0 AND denominator = 0"
)


class Closed:
    """Which days are closed, place by place."""

    def __init__(self, locks: Iterable[tuple[str, date, date]]) -> None:
        self._by_place: dict[str, list[Span]] = {}
        for code, starts, ends in locks:
            self._by_place.setdefault(code, []).append((starts, ends))
        self.of = cache(self._of)

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def _of(self, region_code: str) -> tuple[Span, ...]:
        """The closed spans of a place: its own and those of every place above it."""
        above = _above(region_code)
        return merged(span for one in above for span in self._by_place.get(one, ()))

    def whole(self, region_code: str, period: Period) -> bool:
        """Whether a whole period is closed there."""
        spans = self.of(region_code)
        return any(starts <= period.starts and period.ends <= ends for starts, ends in spans)


def _above(region_code: str) -> set[str]:
    return {region_code, *(region_code[:digits] for digits in _DIGITS)}


def closed(connection: Connection, regions: Iterable[str], since: date) -> Closed:
    """The closed days of some places from a day on."""
    lock = measure_period_lock.c
    wanted = {one for code in set(regions) for one in _above(code)}
    query = select(lock.region_code, lock.starts, lock.ends).where(
        lock.reopened_at.is_(None), lock.ends > since
    )
    found = connection.execute(query)  # a few dozen: years of months, place by place
    return Closed(tuple(one) for one in found if one.region_code in wanted)


def route(
    connection: Connection, changes: Sequence[Change], kinds: Mapping[str, str], as_of: datetime
) -> list[Change]:
    """Keep back what closed periods do not take; gives the changes that count at once."""
    shut = closed(connection, (one.region_code for one in changes), min(one.day for one in changes))
    if not shut:
        return list(changes)
    count, waiting = [], []
    for one in changes:
        rule = of_stock if kinds[one.measure] == Kind.STOCK else of_flow
        way = rule(one.day, shut.of(one.region_code))
        count += [_by(one, day, sign) for day, sign in way.counts]
        waiting += [_row(one, span) for span in way.withheld]
    wait(connection, waiting, as_of)
    return count


def _by(one: Change, day: date, sign: int) -> Change:
    top, bottom = sign * one.numerator, sign * one.denominator
    return replace(one, day=day, numerator=top, denominator=bottom)


def _row(one: Change, span: Span) -> dict[str, Any]:
    kept = {name: value for name, value in vars(one).items() if name != "day"}
    return {**kept, "grain": DAY, "starts": span[0], "until": span[1]}


def wait(connection: Connection, rows: Sequence[Mapping[str, Any]], as_of: datetime) -> None:
    """Let rows wait, added to what waits already."""
    moved = [one for one in rows if one["numerator"] or one["denominator"]]
    if not moved:
        return
    names = (*_KEYS, "numerator", "denominator")
    given = {name: [one[name] for one in moved] for name in names}
    touched = connection.execute(_WAIT, {**given, "as_of": as_of}).scalars().all()
    connection.execute(_NO_NOUGHT, {"measures": list(touched)})


def take_pending(connection: Connection, region: str, period: Period) -> list[Mapping[str, Any]]:
    """Take out what waits inside a place and touches a period."""
    row = measure_pending.c
    statement = (
        measure_pending.delete()
        .where(
            row.region_code >= region,
            row.region_code < region + ":",
            row.starts < period.ends,
            row.until > period.starts,
        )
        .returning(measure_pending)
    )
    return [dict(one) for one in connection.execute(statement).mappings()]


def moves_of(row: Mapping[str, Any], kind: str) -> list[Change]:
    """The changes that a waiting row stands for."""
    one = Change(
        measure=row["measure"],
        system_id=row["system_id"],
        region_code=row["region_code"],
        slice=row["slice"],
        day=row["starts"],
        numerator=int(row["numerator"]),
        denominator=int(row["denominator"]),
    )
    return [one, _by(one, row["until"], -1)] if kind == Kind.STOCK else [one]


def pending_of(connection: Connection, picture: Snapshot) -> list[Mapping[str, Any]]:
    """What waits and belongs to what a system said about a picture's day."""
    row = measure_pending.c
    query = select(measure_pending).where(
        row.measure == picture.measure,
        row.system_id == picture.system_id,
        row.grain == DAY,
        row.starts <= picture.day,
        row.until > picture.day,
    )
    return [dict(one) for one in connection.execute(query).mappings()]


# -- distinct counts ------------------------------------------------------------------------------


def shut_for(connection: Connection, period: Period, regions: Sequence[str]) -> set[str]:
    """The places of these that have closed the whole of a period."""
    shut = closed(connection, regions, period.starts)
    return {one for one in regions if shut.whole(one, period)}


def wait_distinct(
    connection: Connection,
    fixed: Mapping[str, Any],
    period: Period,
    kept: Sequence[Mapping[str, Any]],
    given: Sequence[Mapping[str, Any]],
    as_of: datetime,
) -> None:
    """Keep by how much the closed numbers of a period differ from what is given now."""
    waiting = measure_pending.c
    regions = {one["region_code"] for one in (*kept, *given)}
    connection.execute(
        measure_pending.delete().where(
            waiting.region_code.in_(regions),
            *(waiting[name] == value for name, value in fixed.items()),
        )
    )
    rows = [
        {
            **fixed,
            "region_code": one["region_code"],
            "slice": one["slice"],
            "until": period.ends,
            "numerator": sign * one["numerator"],
            "denominator": sign * one["denominator"],
        }
        for sign, those in ((1, given), (-1, kept))
        for one in those
    ]
    wait(connection, rows, as_of)
