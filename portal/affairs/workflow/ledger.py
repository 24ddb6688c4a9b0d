"""The one writer of affairs that follow a flow: lock, look, check, change, note, and what follows.

Everything happens in the caller's transaction, so a change and its history stand or fall together.
Who may see a thing is decided before, by the caller's own reach; the writing is the service's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, insert, select, text, update
from sqlalchemy.exc import OperationalError

from portal.affairs.workflow.flow import KEPT, Flow, FlowError, Form, tidy
from portal.store import clock
from portal.store.flow_texts import MoveText
from portal.store.scope import acting_as

_WAIT = text("SET LOCAL lock_timeout = '3s'")
_NO_WAIT_MORE = text("SET LOCAL lock_timeout = DEFAULT")
_LOCKED = "55P03"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of what happened."""

    at: datetime
    move: str
    from_state: str
    to_state: str
    unit_id: str | None
    unit_name: str | None
    actor_name: str
    words: str
    detail: Mapping[str, Any]


class ChangedError(FlowError):
    """Somebody was faster: what they did stands in ``since``; the own form is untouched."""

    def __init__(self, message: str, since: Sequence[Event], version: int) -> None:
        super().__init__(message)
        self.since = tuple(since)
        self.version = version


@dataclass(frozen=True, kw_only=True)
class By:
    """Who moves: as the history names them, and as which kinds of actor."""

    login: str
    name: str
    unit_id: str | None
    unit_name: str | None
    kinds: frozenset[str]


@dataclass(kw_only=True)
class Step:
    """One move under way; effects read it and add to it."""

    connection: Connection
    flow: Flow
    move: MoveText
    row: Row[Any]
    form: Form
    by: By
    now: datetime
    to: str | None = None
    words: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    after: list[Callable[[], None]] = field(default_factory=list)  # in the same transaction
    counts: list[Any] = field(default_factory=list)  # what the affair's measures have to learn

    def value(self, name: str) -> Any:
        """A column as it will be after this step."""
        return self.values[name] if name in self.values else getattr(self.row, name)

    def given(self, name: str) -> Any:
        """An item of the form, tidied; ``None`` when it is not there."""
        return tidy(name, self.form.get(name)) or None


Effect = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class Book:
    """Where an affair keeps its things and their history."""

    name: str
    things: Table
    events: Table
    key: str  # the column of the events that names the thing
    service: str
    flow: Callable[[], Flow]
    effects: Mapping[str, Effect]
    always: Sequence[Effect] = ()  # after every move's own effects, when it is known where it leads


def history(connection: Connection, book: Book, thing_id: UUID) -> tuple[Event, ...]:
    """What happened to a thing, the oldest first, as far as the transaction may see it."""
    query = (
        select(book.events).where(book.events.c[book.key] == thing_id).order_by(book.events.c.id)
    )
    return tuple(_event(row) for row in connection.execute(query))


def _event(row: Row[Any]) -> Event:
    return Event(
        at=row.at,
        move=row.move,
        from_state=row.from_state,
        to_state=row.to_state,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        actor_name=row.actor_name,
        words=row.words,
        detail=row.detail,
    )


def take_hold(connection: Connection, book: Book, thing_id: UUID) -> Row[Any]:
    """The thing as it is, held until the transaction ends; the caller acts as the service."""
    query = select(book.things).where(book.things.c.id == thing_id).with_for_update()
    connection.execute(_WAIT)
    try:
        row = connection.execute(query).one()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCKED:
            raise
        raise FlowError(f"该{book.name}正由他人办理，请稍候再试，{KEPT}") from error
    connection.execute(_NO_WAIT_MORE)
    return row


def same(connection: Connection, book: Book, row: Row[Any], version: int | None) -> None:
    """Nothing may have happened since the thing was looked at; else who did what is told."""
    if version is None or row.version == version:
        return
    since = [
        one for one in history(connection, book, row.id) if one.detail.get("version", 0) > version
    ]
    told = "；".join(
        f"{clock.local(one.at):%m月%d日 %H:%M} {one.unit_name or '平台'}{one.actor_name}"
        f"{_label(book, one.move)}"
        for one in since[-3:]
    )
    raise ChangedError(
        f"在您填写期间，该{book.name}已有变动（{told or '状态已更新'}），现为“{row.state}”。"
        f"本次操作未执行，{KEPT}请核对后再办。",
        since,
        row.version,
    )


def _label(book: Book, move: str) -> str:
    known = book.flow().moves.get(move)
    return f"“{known.label}”" if known else "作了更新"


def turn(
    connection: Connection,
    book: Book,
    thing_id: UUID,
    move_id: str,
    form: Form,
    *,
    version: int | None,
    by: Callable[[Row[Any]], By],
) -> Step:
    """Make one move of a thing that the caller was allowed to see."""
    with acting_as(connection, book.service):
        row = take_hold(connection, book, thing_id)
        same(connection, book, row, version)
        actor = by(row)
        flow = book.flow()
        move = flow.check(row.state, move_id, actor.kinds, form)
        step = Step(connection=connection, flow=flow, move=move, row=row, form=form, by=actor,
                    now=clock.now(), words=_words(move, form))  # fmt: skip
        for name in move.starts:
            book.effects[name](step)
        step.to = flow.target(move, row.state, step.to)
        finish(book, step)
    return step


def finish(book: Book, step: Step) -> None:
    """Write a step down, with everything that follows from it; the caller acts as the service."""
    for effect in book.always:
        effect(step)
    _write(book, step)
    for follow in step.after:
        follow()


_SAID = ("text", "answer", "reason", "words", "legal_basis")


def _words(move: MoveText, form: Form) -> str:
    said = [str(tidy(name, form[name])) for name in _SAID if form.get(name)]
    return "；".join([move.label, *said])


def _write(book: Book, step: Step) -> None:
    row, things, state = step.row, book.things, step.to or step.row.state
    if state != row.state:
        step.values |= {"state": state, "state_since": step.now}
    version = row.version + 1
    step.connection.execute(
        update(things).where(things.c.id == row.id).values(**step.values, version=version)
    )
    note(step.connection, book, row.id, step.by, at=step.now, move=step.move.id,
         states=(row.state, state), words=step.words,
         detail={**step.detail, "version": version})  # fmt: skip


def note(
    connection: Connection,
    book: Book,
    thing_id: UUID,
    by: By,
    *,
    at: datetime,
    move: str,
    states: tuple[str, str],
    words: str,
    detail: Mapping[str, Any],
) -> None:
    """Add one row to the history; nothing is ever taken from it."""
    connection.execute(
        insert(book.events).values(
            **{book.key: thing_id},
            at=at,
            move=move,
            from_state=states[0],
            to_state=states[1],
            unit_id=by.unit_id,
            unit_name=by.unit_name,
            actor=str(by.login),
            actor_name=by.name,
            words=words,
            detail=dict(detail),
        )
    )
