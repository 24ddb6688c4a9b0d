"""The only writer of changes of divisions: registered with a day, applied when the day has come.

Applying books what stood under a code that is gone anew for its heirs from that day on, moves the
rows that say where somebody lives or which case is open, and lets whoever has the heir in scope
read the numbers of old. What lies before the day keeps its code: history stays as it was counted.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from portal.store import clock, divisions, measures
from portal.store.division_rules import (
    ABOVE,
    KINDS,
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
    problems,
    retired,
)
from portal.store.measure_tables import measure, measure_change
from portal.store.measure_words import Change, Kind
from portal.store.scope import Reach, acting_as, scoped
from portal.store.tables import (
    division,
    division_change,
    division_name,
    division_sight,
    division_step,
)

WRITER = Reach(prefixes=(), unit_id=None, actor="service:divisions")


class CannotChange(ValueError):
    """Nothing was changed; each message says where and why."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("；".join(messages))
        self.messages = tuple(messages)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A change as it is on file."""

    id: str
    day: date
    document: str
    made_by: str
    made_at: datetime
    applied_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def state(self) -> str:
        """In a word."""
        return "已撤回" if self.withdrawn_at else "已生效" if self.applied_at else "待生效"


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


def read(file: Path) -> ChangeFile:
    """A change from a file; refused with its place when it is no such thing."""
    try:
        return ChangeFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CannotChange([f"读不到文件 {file.name}，请核对路径，文件应为 UTF-8 编码"]) from error
    except tomllib.TOMLDecodeError as error:
        raise CannotChange([f"{file.name} 不是 TOML 文件：{error}"]) from error
    except ValidationError as error:
        raise CannotChange(
            [
                f"{'.'.join(str(part) for part in one['loc'])}：{one['msg']}"
                for one in error.errors()
            ]
        ) from error


def book(connection: Connection) -> dict[str, Place]:
    """Every place that is or was."""
    rows = connection.execute(select(division))
    return {
        row.code: Place(code=row.code, name=row.name, since=row.since, until=row.until)
        for row in rows
    }


def words(step: Step) -> str:
    """A step in a sentence, and what becomes of the numbers of old."""
    old = "、".join(step.old)
    into = "、".join(f"{one.name}（{one.code}）" if one.name else one.code for one in step.into)
    said = f"{KINDS[step.kind]}：" + " → ".join(one for one in (old, into) if one)
    if step.kind in ("split", "close") and not all(
        one.share for one in step.into or (Heir(code=""),)
    ):
        return f"{said}；没有写明份额，变更前的数单列，不作分摊，岗位和在办事项请逐一移交"
    if step.kind == "split":
        shares = "、".join(f"{one.code} {one.share}" for one in step.into)
        return f"{said}；变更前的数按 {shares} 分摊，岗位和在办事项请逐一移交"
    return said


def check(file: ChangeFile) -> list[str]:
    """Why a change is impossible: by what is there, and by what is on file for later."""
    with scoped(WRITER) as connection:
        return _check(connection, file)


def _check(connection: Connection, file: ChangeFile) -> list[str]:
    change, step = division_change.c, division_step.c
    query = (
        select(change.day, change.applied_at, step.old_code, step.new_code)
        .join(division_step, step.change_id == change.id)
        .where(change.withdrawn_at.is_(None))
    )
    touched = {one for each in file.step for one in (*each.old, *(h.code for h in each.into))}
    found = []
    for row in connection.execute(query):
        for code in {row.old_code, row.new_code} & touched:
            if row.applied_at is None:
                found.append(f"区划 {code} 已有一项 {row.day} 的变更待生效，请先撤回或等其生效")
            elif row.day > file.day:
                found.append(f"区划 {code} 在 {row.day} 已有变更，不能再补登更早的变更")
    return found or problems(file, book(connection))


def register(file: ChangeFile, by: str) -> str:
    """Put a change on file; gives its number. It takes effect when its day has come."""
    with scoped(WRITER) as connection:
        if wrong := _check(connection, file):
            raise CannotChange(wrong)
        change_id = uuid4().hex[:12]
        connection.execute(
            insert(division_change).values(
                id=change_id, day=file.day, document=file.document, made_by=by, made_at=clock.now()
            )
        )
        rows = [
            {"kind": step.kind, "old_code": old, "new_code": heir.code if heir else None,
             "new_name": heir.name if heir else None, "share": _share(step, heir)}
            for step in file.step
            for old in step.old or (None,)
            for heir in step.into or (None,)
        ]  # fmt: skip
        connection.execute(
            insert(division_step),
            [{"change_id": change_id, "number": n, **row} for n, row in enumerate(rows, start=1)],
        )
    return change_id


def _share(step: Step, heir: Heir | None) -> str | None:
    """Of what the old place had, as the reading side needs it: the whole to an only heir."""
    if step.kind in ("merge", "recode"):
        return "1"
    return (heir.share or None) if heir and step.kind == "split" else None


def withdraw(change_id: str) -> None:
    """Take back a change that has not taken effect."""
    with scoped(WRITER) as connection:
        done = connection.execute(
            update(division_change)
            .where(
                division_change.c.id == change_id,
                division_change.c.applied_at.is_(None),
                division_change.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=clock.now())
        )
    if done.rowcount != 1:
        raise CannotChange([f"没有待生效的变更 {change_id}，未作改动"])


def on_file() -> list[Registered]:
    """Every change, the oldest day first."""
    with scoped(WRITER) as connection:
        rows = connection.execute(
            select(division_change).order_by(division_change.c.day, division_change.c.made_at)
        )
        return [Registered(**row._mapping) for row in rows]


def new_places(today: date) -> list[Place]:
    """The places that due changes will make: each needs a unit before its desk can be moved."""
    change, step = division_change.c, division_step.c
    query = (
        select(step.new_code, step.new_name)
        .join(division_change, step.change_id == change.id)
        .where(change.day <= today, change.applied_at.is_(None), change.withdrawn_at.is_(None))
    )
    with scoped(WRITER) as connection:
        known = book(connection)
        rows = connection.execute(query).all()
    return [
        Place(code=row.new_code, name=row.new_name)
        for row in rows
        if row.new_code and row.new_code not in known
    ]


# -- taking effect --------------------------------------------------------------------------------


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
