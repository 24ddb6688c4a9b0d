"""The only writer of changes of divisions: put on file with a day, withdrawn before it comes."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import Connection, insert, select, update

from portal.store import clock
from portal.store.division_rules import (
    KINDS,
    ChangeFile,
    Heir,
    Place,
    Step,
    problems,
)
from portal.store.scope import Reach, scoped
from portal.store.tables import (
    division,
    division_change,
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
