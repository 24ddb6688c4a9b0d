"""The measure store: numbers by region and day, with roll-ups that follow every change.

Three kinds of measure: a *flow* adds over time and regions, a *stock* adds over regions and has at
a period's end the value it had last, a *distinct* count adds over nothing and is given for each
level. Changes commute, so late and repeated deliveries end in the same numbers whatever their
order. Every write changes the roll-ups in the same transaction; only ``service:measures`` writes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from portal.store.engine import begin
from portal.store.measure_tables import (
    measure,
    measure_change,
    measure_rollup,
    measure_snapshot,
)
from portal.store.measure_words import (
    LEVELS,
    MONTHS,
    Cell,
    Change,
    Definition,
    Kind,
    KindChangedError,
    Period,
    Snapshot,
)
from portal.store.scope import Reach

WRITER = Reach(prefixes=(), unit_id=None, actor="service:measures")


def define(connection: Connection, definitions: Iterable[Definition]) -> None:
    """Make measures known, or bring their names up to date."""
    for one in definitions:
        row = {"id": one.id, "kind": one.kind, "name": one.name, "unit": one.unit}
        changed = {"name": one.name, "unit": one.unit, "topic": one.topic}
        statement = (
            insert(measure)
            .values(**row, topic=one.topic)
            .on_conflict_do_update(index_elements=["id"], set_=changed)
            .returning(measure.c.kind)
        )
        if connection.execute(statement).scalar_one() != one.kind:
            raise KindChangedError(f"指标“{one.name}”的类型与库中已有的不同，已有数据未改动。")


# -- writing --------------------------------------------------------------------------------------

_GIVEN = """
    FROM unnest(cast(:measure AS text[]), cast(:system_id AS text[]), cast(:slice AS text[]),
                cast(:region_code AS text[]), cast(:day AS date[]),
                cast(:numerator AS bigint[]), cast(:denominator AS bigint[]))
      AS given (measure, system_id, slice, region_code, day, numerator, denominator)
"""
_COLUMNS = ("measure", "system_id", "slice", "region_code", "day", "numerator", "denominator")

# Both statements write in the order of their keys, so that two writers wait and never deadlock.
_ADD = text(
    """
    INSERT INTO measure_change AS kept
        (region_code, measure, system_id, slice, day, numerator, denominator, as_of)
    SELECT region_code, measure, system_id, slice, day,
           sum(numerator), sum(denominator), cast(:as_of AS timestamptz)
    """
    + _GIVEN
    + """
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (region_code, measure, system_id, slice, day) DO UPDATE
       SET numerator = kept.numerator + excluded.numerator,
           denominator = kept.denominator + excluded.denominator,
           as_of = greatest(kept.as_of, excluded.as_of)
    """
)
_ROLL_UP = text(
    """
    INSERT INTO measure_rollup AS kept
        (measure, level, region_code, grain, starts, system_id, slice, numerator, denominator)
    SELECT measure, level, left(region_code, level), grain,
           cast(date_trunc(grain, cast(day AS timestamp)) AS date), system_id, slice,
           sum(numerator), sum(denominator)
    """
    + _GIVEN
    + """
    CROSS JOIN unnest(cast(:levels AS int[])) AS levels (level)
    CROSS JOIN unnest(cast(:grains AS text[])) AS grains (grain)
    WHERE length(region_code) >= level
    GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (measure, level, region_code, grain, starts, system_id, slice) DO UPDATE
       SET numerator = kept.numerator + excluded.numerator,
           denominator = kept.denominator + excluded.denominator
    """
)
_NO_NOUGHT = [
    text(
        f"DELETE FROM {table} WHERE measure = ANY(cast(:measures AS text[]))"  # noqa: S608
        " AND numerator = 0 AND denominator = 0"
    )
    for table in ("measure_change", "measure_rollup")
]


def _write(connection: Connection, changes: Sequence[Change], as_of: datetime) -> None:
    moved = [one for one in changes if one.numerator or one.denominator]
    if not moved:
        return
    given: dict[str, Any] = {name: [getattr(one, name) for one in moved] for name in _COLUMNS}
    connection.execute(_ADD, {**given, "as_of": as_of})
    connection.execute(_ROLL_UP, {**given, "levels": list(LEVELS), "grains": list(MONTHS)})
    for statement in _NO_NOUGHT:
        connection.execute(statement, {"measures": sorted({one.measure for one in moved})})


def _kinds(connection: Connection, measures: Iterable[str]) -> dict[str, str]:
    wanted = set(measures)
    rows = connection.execute(select(measure.c.id, measure.c.kind).where(measure.c.id.in_(wanted)))
    found = {row.id: row.kind for row in rows}
    if missing := wanted - set(found):
        raise LookupError(f"指标没有登记：{'、'.join(sorted(missing))}")
    return found


def add(connection: Connection, changes: Sequence[Change], as_of: datetime) -> None:
    """Add changes of flows and stocks."""
    if Kind.DISTINCT in _kinds(connection, {one.measure for one in changes}).values():
        raise ValueError("a distinct count cannot be added to; it is set for each level")
    _write(connection, changes, as_of)


def _lock(connection: Connection, measure_id: str, system_id: str) -> None:
    """A picture is compared with what is there: nobody else may change it meanwhile."""
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"{measure_id}|{system_id}", 0)))
    )


def _held(connection: Connection, picture: Snapshot, kind: str) -> dict[tuple[str, str], Any]:
    """What the store says about the day of a picture."""
    change = measure_change.c
    on_day = change.day == picture.day if kind == Kind.FLOW else change.day <= picture.day
    query = (
        select(
            change.region_code,
            change.slice,
            func.sum(change.numerator).label("numerator"),
            func.sum(change.denominator).label("denominator"),
        )
        .where(change.measure == picture.measure, change.system_id == picture.system_id, on_day)
        .group_by(change.region_code, change.slice)
    )
    return {(row.region_code, row.slice): row for row in connection.execute(query)}


def _next_day(connection: Connection, picture: Snapshot) -> date | None:
    """The day of the next picture that is already there."""
    known = measure_snapshot.c
    return connection.execute(
        select(func.min(known.day)).where(
            known.measure == picture.measure,
            known.system_id == picture.system_id,
            known.day > picture.day,
            known.problem.is_(None),
        )
    ).scalar()


def restate(connection: Connection, picture: Snapshot, cells: Iterable[Cell]) -> int:
    """Let a system say anew what a flow or a stock was on a day; gives how many numbers moved.

    What is not in the picture is nought. A picture that comes late leaves the later ones as they
    are: what it moves is moved back on the next picture's day.
    """
    kind = _kinds(connection, [picture.measure])[picture.measure]
    if kind == Kind.DISTINCT:
        raise ValueError("a distinct count is set for each level")
    _lock(connection, picture.measure, picture.system_id)
    wanted = {(one.region_code, one.slice): one for one in cells}
    held = _held(connection, picture, kind)
    back = _next_day(connection, picture) if kind == Kind.STOCK else None
    changes = []
    for key in wanted.keys() | held.keys():
        new, old = wanted.get(key), held.get(key)
        numerator = (new.numerator if new else 0) - int(old.numerator if old else 0)
        denominator = (new.denominator if new else 0) - int(old.denominator if old else 0)
        if not (numerator or denominator):
            continue
        for day, sign in ((picture.day, 1), (back, -1)):
            if day is not None:
                changes.append(
                    Change(
                        measure=picture.measure,
                        system_id=picture.system_id,
                        region_code=key[0],
                        slice=key[1],
                        day=day,
                        numerator=sign * numerator,
                        denominator=sign * denominator,
                    )
                )
    _write(connection, changes, picture.as_of)
    _note(connection, picture)
    return len(changes)


def _note(connection: Connection, picture: Snapshot) -> None:
    row = dict(vars(picture))
    statement = insert(measure_snapshot).values(**row)
    keys = {"measure", "system_id", "day"}
    updates = {name: statement.excluded[name] for name in row.keys() - keys}
    # A failure never takes the place of what was said earlier on the same day.
    condition = None if picture.problem is None else measure_snapshot.c.problem.is_not(None)
    connection.execute(
        statement.on_conflict_do_update(index_elements=sorted(keys), set_=updates, where=condition)
    )


def note_failure(connection: Connection, picture: Snapshot) -> None:
    """Remember that a system could not say anything, and why; its older numbers stay."""
    if not picture.problem:
        raise ValueError("a failure needs a reason")
    _note(connection, picture)


def set_distinct(
    connection: Connection, picture: Snapshot, period: Period, cells: Iterable[Cell]
) -> None:
    """Set a distinct count for a period, each level's own numbers given by who can count them."""
    if _kinds(connection, [picture.measure])[picture.measure] != Kind.DISTINCT:
        raise ValueError("only a distinct count is set for each level")
    _lock(connection, picture.measure, picture.system_id)
    fixed = {
        "measure": picture.measure,
        "system_id": picture.system_id,
        "grain": period.grain,
        "starts": period.starts,
    }
    roll = measure_rollup.c
    connection.execute(
        measure_rollup.delete().where(*(roll[name] == value for name, value in fixed.items()))
    )
    rows = [
        {**fixed, **vars(one), "level": len(one.region_code)}
        for one in cells
        if one.numerator or one.denominator
    ]
    if rows:
        connection.execute(insert(measure_rollup), rows)
    _note(connection, picture)


def settle() -> None:
    """Let the planner know what a bulk load has changed (the migration grants the right)."""
    with begin() as connection:
        for table in (measure_change, measure_rollup):
            connection.execute(text(f"ANALYZE {table.name}"))
