"""The measure store: numbers by region and day, with roll-ups that follow every change.

Three kinds of measure: a *flow* adds over time and regions, a *stock* adds over regions and has at
a period's end the value it had last, a *distinct* count adds over nothing and is given for each
level. Changes commute, so late and repeated deliveries end in the same numbers whatever their
order. Every write changes the roll-ups in the same transaction; only ``service:measures`` writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Result, Table, TextClause, and_, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from portal.store import measure_locks
from portal.store.engine import begin
from portal.store.measure_rebuild import among
from portal.store.measure_tables import (
    measure,
    measure_change,
    measure_rollup,
    measure_snapshot,
)
from portal.store.measure_words import (
    MONTHS,
    Cell,
    Change,
    Definition,
    Kind,
    KindChangedError,
    Period,
    Snapshot,
)
from portal.store.region_codes import LEVELS
from portal.store.scope import Reach

WRITER = Reach(prefixes=(), unit_id=None, actor="service:measures")
KEYS_AT_ONCE = 500


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


def _telling(statement: str, keys: str) -> TextClause:
    """The statement, which then tells the keys of the rows that it has made nought."""
    return text(
        f"WITH moved AS ({statement} RETURNING {keys}, numerator, denominator)"  # noqa: S608
        f" SELECT {keys} FROM moved WHERE numerator = 0 AND denominator = 0"
    )


# Both write in the order of their keys, so that two writers wait and never deadlock.
_ADD = _telling(
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
    """,
    "region_code, measure, system_id, slice, day",
)
_ROLL_UP = _telling(
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
    GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 4, 5, 3, 6, 7
    ON CONFLICT (measure, level, grain, starts, region_code, system_id, slice) DO UPDATE
       SET numerator = kept.numerator + excluded.numerator,
           denominator = kept.denominator + excluded.denominator
    """,
    "measure, level, region_code, grain, starts, system_id, slice",
)


def _no_nought(connection: Connection, table: Table, found: Result[Any]) -> None:
    """Take away the rows of a table of which a write has found that they are nought now."""
    names = tuple(found.keys())
    columns = [table.c[name] for name in names]
    keys = [tuple(row) for row in found]
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = tuple_(*columns).in_(keys[start : start + KEYS_AT_ONCE])
        connection.execute(table.delete().where(some))


def _write(
    connection: Connection, changes: Sequence[Change], as_of: datetime, kinds: Mapping[str, str]
) -> None:
    moved = [one for one in changes if one.numerator or one.denominator]
    moved = measure_locks.route(connection, moved, kinds, as_of) if moved else []
    if not moved:
        return
    given: dict[str, Any] = {name: [getattr(one, name) for one in moved] for name in _COLUMNS}
    _no_nought(connection, measure_change, connection.execute(_ADD, {**given, "as_of": as_of}))
    periods = {"levels": list(LEVELS), "grains": list(MONTHS)}
    _no_nought(connection, measure_rollup, connection.execute(_ROLL_UP, {**given, **periods}))


def _kinds(connection: Connection, measures: Iterable[str]) -> dict[str, str]:
    wanted = set(measures)
    rows = connection.execute(select(measure.c.id, measure.c.kind).where(measure.c.id.in_(wanted)))
    found = {row.id: row.kind for row in rows}
    if missing := wanted - set(found):
        raise LookupError(f"指标没有登记：{'、'.join(sorted(missing))}")
    return found


def add(connection: Connection, changes: Sequence[Change], as_of: datetime) -> None:
    """Add changes of flows and stocks."""
    kinds = _kinds(connection, {one.measure for one in changes})
    if Kind.DISTINCT in kinds.values():
        raise ValueError("a distinct count cannot be added to; it is set for each level")
    among(connection)
    _write(connection, changes, as_of, kinds)


def _lock(connection: Connection, measure_id: str, system_id: str) -> None:
    """A picture is compared with what is there: nobody else may change it meanwhile."""
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"{measure_id}|{system_id}", 0)))
    )


def _held(
    connection: Connection, picture: Snapshot, kind: str
) -> dict[tuple[str, str], tuple[int, int]]:
    """What the store knows of the day of a picture: what counts, and what waits to count."""
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
    held: dict[tuple[str, str], tuple[int, int]] = {}
    waiting = measure_locks.pending_of(connection, picture)
    for row in (*connection.execute(query).mappings(), *waiting):
        key = row["region_code"], row["slice"]
        top, bottom = held.get(key, (0, 0))
        held[key] = top + int(row["numerator"]), bottom + int(row["denominator"])
    return held


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
    among(connection)
    _lock(connection, picture.measure, picture.system_id)
    wanted = {(one.region_code, one.slice): one for one in cells}
    held = _held(connection, picture, kind)
    back = _next_day(connection, picture) if kind == Kind.STOCK else None
    changes = []
    for key in wanted.keys() | held.keys():
        new, old = wanted.get(key), held.get(key, (0, 0))
        numerator = (new.numerator if new else 0) - old[0]
        denominator = (new.denominator if new else 0) - old[1]
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
    _write(connection, changes, picture.as_of, {picture.measure: kind})
    _note(connection, picture)
    return len(changes)


def pictured(
    connection: Connection, measure_id: str, system_id: str, first: date, last: date
) -> set[date]:
    """The days of a span of which a system has said something."""
    known = measure_snapshot.c
    query = select(known.day).where(
        known.measure == measure_id,
        known.system_id == system_id,
        known.day.between(first, last),
        known.problem.is_(None),
    )
    return set(connection.execute(query).scalars())


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
    connection: Connection, picture: Snapshot, period: Period, cells: Sequence[Cell]
) -> None:
    """Set a distinct count for a period, each level's own numbers given by who can count them."""
    if _kinds(connection, [picture.measure])[picture.measure] != Kind.DISTINCT:
        raise ValueError("only a distinct count is set for each level")
    among(connection)
    _lock(connection, picture.measure, picture.system_id)
    fixed = {
        "measure": picture.measure,
        "system_id": picture.system_id,
        "grain": period.grain,
        "starts": period.starts,
    }
    roll = measure_rollup.c
    mine = [roll[name] == value for name, value in fixed.items()]
    found = connection.execute(select(measure_rollup).where(*mine)).mappings()
    former = [dict(one) for one in found]
    shut = measure_locks.shut_for(
        connection,
        period,
        [*(one["region_code"] for one in former), *(c.region_code for c in cells)],
    )
    connection.execute(measure_rollup.delete().where(*mine, roll.region_code.not_in(shut)))
    rows = [
        {**fixed, **vars(one), "level": len(one.region_code)}
        for one in cells
        if one.region_code not in shut and (one.numerator or one.denominator)
    ]
    if rows:
        connection.execute(insert(measure_rollup), rows)
    if shut:
        kept = [one for one in former if one["region_code"] in shut]
        given = [vars(one) for one in cells if one.region_code in shut]
        measure_locks.wait_distinct(connection, fixed, period, kept, given, picture.as_of)
    _note(connection, picture)


def apply_pending(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Let what waited count, as far as nothing else still closes its days; gives how many."""
    kinds = _kinds(connection, {one["measure"] for one in rows})
    moves = []
    for one in rows:
        if one["grain"] == measure_locks.DAY:
            moves += measure_locks.moves_of(one, kinds[one["measure"]])
        else:
            _apply_distinct(connection, one)
    _write(connection, moves, max(one["as_of"] for one in rows), kinds)
    return len(rows)


def _apply_distinct(connection: Connection, row: Mapping[str, Any]) -> None:
    period = Period(grain=row["grain"], starts=row["starts"])
    if measure_locks.shut_for(connection, period, [row["region_code"]]):
        measure_locks.wait(connection, [row], row["as_of"])
        return
    names = ("measure", "region_code", "grain", "starts", "system_id", "slice")
    values = {name: row[name] for name in (*names, "numerator", "denominator")}
    added = insert(measure_rollup).values(**values, level=len(row["region_code"]))
    numbers = {
        name: measure_rollup.c[name] + added.excluded[name] for name in ("numerator", "denominator")
    }
    connection.execute(added.on_conflict_do_update(index_elements=["level", *names], set_=numbers))
    roll = measure_rollup.c
    nought = and_(roll.numerator == 0, roll.denominator == 0)
    connection.execute(
        measure_rollup.delete().where(nought, *(roll[name] == row[name] for name in names))
    )


def settle() -> None:
    """Let the planner know what a bulk load has changed (the migration grants the right)."""
    with begin() as connection:
        for table in (measure_change, measure_rollup):
            connection.execute(text(f"ANALYZE {table.name}"))
