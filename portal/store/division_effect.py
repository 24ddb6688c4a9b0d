"""Changes of divisions take effect when their day has come.

Applying books what stood under a code that is gone anew for its heirs from that day on, moves the
rows that say where somebody lives or which case is open, and lets whoever has the heir in scope
read the numbers of old. What lies before the day keeps its code: history stays as it was counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from portal.store import clock, divisions, measures
from portal.store.division_changes import WRITER, book
from portal.store.division_rules import (
    ABOVE,
    LEVELS,
    ChangeFile,
    Heir,
    Passing,
    Place,
    Step,
    allot,
    applied,
    heirs,
    passings,
    retired,
)
from portal.store.measure_tables import measure, measure_change
from portal.store.measure_words import Change, Kind
from portal.store.scope import acting_as, scoped
from portal.store.tables import (
    division,
    division_change,
    division_name,
    division_sight,
    division_step,
)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What applying a change did."""

    change: str
    day: date
    retired: tuple[str, ...]
    made: tuple[str, ...]
    renamed: tuple[str, ...]
    rebooked: int
    moved: int


def apply_due(today: date) -> list[Done]:
    """Let every change whose day has come take effect, each in a transaction of its own."""
    done = []
    while True:
        with scoped(WRITER) as connection:
            row = connection.execute(
                select(division_change)
                .where(
                    division_change.c.day <= today,
                    division_change.c.applied_at.is_(None),
                    division_change.c.withdrawn_at.is_(None),
                )
                .order_by(division_change.c.day, division_change.c.made_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                break
            done.append(_apply(connection, row))
    if done:
        divisions.forget()
    return done


def _steps(connection: Connection, change_id: str) -> tuple[Step, ...]:
    """The steps of a change as they were in its file."""
    rows = connection.execute(
        select(division_step)
        .where(division_step.c.change_id == change_id)
        .order_by(division_step.c.number)
    )
    found: list[Step] = []
    for row in rows:
        old = (row.old_code,) if row.old_code else ()
        share = (row.share or "") if row.kind == "split" else ""
        into = (
            (Heir(code=row.new_code, name=row.new_name or "", share=share),) if row.new_code else ()
        )
        last = found[-1] if found else None
        if last and row.kind == "merge" == last.kind and last.into == into:
            found[-1] = last.model_copy(update={"old": (*last.old, *old)})
        elif last and row.kind == "split" == last.kind and last.old == old:
            found[-1] = last.model_copy(update={"into": (*last.into, *into)})
        else:
            found.append(Step(kind=row.kind, old=old, into=into))
    return tuple(found)


def _apply(connection: Connection, row: Row[tuple[object, ...]]) -> Done:
    day: date = row.day
    file = ChangeFile(day=day, document=row.document, step=_steps(connection, row.id))
    before = book(connection)
    after = applied(file, before)
    renamed = _store(connection, day, before, after)
    deepest_first = sorted(
        (one for step in file.step for one in passings(day, step)),
        key=lambda one: (-len(one.old), one.old),
    )
    moved = 0
    for one in deepest_first:
        if len(one.heirs) == 1:
            query = select(func.division_move(row.id, one.old, one.heirs[0][0]))
            moved += connection.execute(query).scalar_one()
    with acting_as(connection, measures.WRITER.actor):
        rebooked = sum(_rebook(connection, one) for one in deepest_first)
    connection.execute(
        update(division_change).where(division_change.c.id == row.id).values(applied_at=clock.now())
    )
    _see(connection, after)
    return Done(
        change=row.id,
        day=day,
        retired=tuple(code for step in file.step for code in retired(step)),
        made=tuple(after.keys() - before.keys()),
        renamed=renamed,
        rebooked=rebooked,
        moved=moved,
    )


def _store(
    connection: Connection, day: date, before: dict[str, Place], after: dict[str, Place]
) -> tuple[str, ...]:
    """The places as they are from the day on; gives those with another name."""
    renamed = []
    for code, one in sorted(after.items(), key=lambda each: len(each[0])):
        was = before.get(code)
        if was is None:
            connection.execute(
                insert(division).values(
                    code=code,
                    parent_code=code[: ABOVE[len(code)]],
                    level=LEVELS[len(code)],
                    name=one.name,
                    population=None,
                    statistics_only=False,
                    since=day,
                    by_change=True,
                )
            )
        elif was != one:
            connection.execute(
                update(division)
                .where(division.c.code == code)
                .values(name=one.name, until=one.until, by_change=True)
            )
            if was.name != one.name:
                renamed.append(code)
                connection.execute(
                    insert(division_name).values(code=code, until=day, name=was.name)
                )
    return tuple(renamed)


def _rebook(connection: Connection, passing: Passing) -> int:
    """From the day on, what a place had is its heirs'; gives how many numbers that were.

    A stock leaves on the day with all that stands; what happened on the day or later goes with
    its own day. Of a street only what lies at no community is its own.
    """
    change = measure_change.c
    deep = len(passing.old) == max(LEVELS)
    inside = (
        (change.region_code >= passing.old) & (change.region_code < passing.old + ":")
        if deep
        else change.region_code == passing.old
    )
    since = func.greatest(change.day, passing.day).label("day")
    query = (
        select(
            change.region_code, change.measure, change.system_id, change.slice, since,
            func.sum(change.numerator).label("numerator"),
            func.sum(change.denominator).label("denominator"),
            func.max(change.as_of).label("as_of"),
        )
        .join(measure, measure.c.id == change.measure)
        .where(inside, (measure.c.kind == Kind.STOCK) | (change.day >= passing.day))
        .group_by(change.region_code, change.measure, change.system_id, change.slice, since)
    )  # fmt: skip
    rows = connection.execute(query).all()
    shares = dict(passing.heirs)
    moves = []
    for row in rows:
        tops, bottoms = allot(int(row.numerator), shares), allot(int(row.denominator), shares)
        parts = [(row.region_code, -int(row.numerator), -int(row.denominator))]
        parts += [(code, tops[code], bottoms[code]) for code in shares]
        moves += [
            Change(
                measure=row.measure,
                system_id=row.system_id,
                slice=row.slice,
                region_code=code,
                day=row.day,
                numerator=top,
                denominator=bottom,
            )
            for code, top, bottom in parts
        ]
    if moves:
        measures.add(connection, moves, max(row.as_of for row in rows))
    return len(rows)


def _see(connection: Connection, places: Iterable[str]) -> None:
    """Who reads the numbers of a place that is gone: whoever has an heir in scope."""
    change, step = division_change.c, division_step.c
    rows = connection.execute(
        select(change.day, step.old_code, step.new_code, step.share)
        .join(division_step, step.change_id == change.id)
        .where(change.applied_at.is_not(None), step.share.is_not(None))
        .order_by(change.day, change.id, step.number)
    ).all()
    passed = divisions.passings_of(rows)
    known = list(places)
    seen = {
        (code, heir)
        for one in passed
        for heir in heirs(one.old, passed)
        for code in known
        if code.startswith(one.old) and heir != one.old
    }
    connection.execute(delete(division_sight))
    if seen:
        connection.execute(
            insert(division_sight), [{"old_code": old, "heir_code": heir} for old, heir in seen]
        )
