"""Writing and reading outgoing messages, inside a scoped transaction of the caller."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from portal.store.claiming import picked
from portal.store.message_tables import message
from portal.store.task_tables import task

OPEN, HOLDER = "待办", "承办人"


def put(connection: Connection, row: dict[str, Any]) -> bool:
    """A new message, unless there is one of that step for that task already."""
    statement = upsert(message).values(**row).on_conflict_do_nothing()
    return connection.execute(statement.returning(message.c.id)).first() is not None


def unanswered(
    connection: Connection, kinds: Collection[tuple[str, str]], since: datetime
) -> Sequence[Row[Any]]:
    """Open urgent tasks that nobody has been told of: ``kinds`` are pairs of system and kind."""
    told = select(message.c.id).where(message.c.task_id == task.c.id, message.c.step == HOLDER)
    query = select(task).where(
        _still_open(),
        task.c.source_changed_at >= since,
        tuple_(task.c.system_id, task.c.kind).in_(list(kinds)),
        ~told.exists(),
    )
    return connection.execute(query.order_by(task.c.source_changed_at).limit(200)).all()


def _still_open() -> Any:
    return and_(task.c.state == OPEN, task.c.waiting.is_(None), task.c.gone_at.is_(None))


def told_holders(connection: Connection, deputy: str) -> Sequence[Row[Any]]:
    """Messages to holders whose task is still open, and whose deputy has not been told."""
    other = message.alias("other")
    told = select(other.c.id).where(other.c.task_id == message.c.task_id, other.c.step == deputy)
    query = (
        select(message, task.c.system_id, task.c.kind.label("task_kind"), task.c.due_on)
        .join(task, task.c.id == message.c.task_id)
        .where(message.c.step == HOLDER, _still_open(), ~told.exists())
    )
    return connection.execute(query.order_by(message.c.created_at).limit(200)).all()


def claim(
    connection: Connection, *, now: datetime, lease: timedelta, most: int
) -> Sequence[Row[Any]]:
    """Take messages that are due, or whose sender died."""
    due = or_(
        and_(message.c.state == "待发送", message.c.next_at <= now),
        and_(message.c.state == "发送中", message.c.lease_until < now),
    )
    chosen = select(message.c.id).where(due).order_by(message.c.next_at).limit(most)
    taken = (
        update(message)
        .where(message.c.id.in_(picked(chosen)))
        .values(state="发送中", attempts=message.c.attempts + 1, lease_until=now + lease)
        .returning(message)
    )
    return connection.execute(taken).all()


def needed(connection: Connection, one: Row[Any]) -> bool:
    """Whether a message is still worth sending: its task waits; a reminder always is."""
    if one.task_id is None:
        return True
    query = select(task.c.id).where(task.c.id == one.task_id, _still_open())
    return connection.execute(query).first() is not None


def settle(connection: Connection, one: Row[Any], **values: Any) -> bool:
    """Write how an attempt ended, unless the lease ran out and another sender has it now."""
    mine = and_(
        message.c.id == one.id, message.c.state == "发送中", message.c.attempts == one.attempts
    )
    done = connection.execute(update(message).where(mine).values(lease_until=None, **values))
    return bool(done.rowcount)


def accepted(
    connection: Connection, channels: Collection[str], now: datetime, most: int
) -> Sequence[Row[Any]]:
    """Messages of reporting channels about which it is time to ask; other processes skip them."""
    query = select(message).where(
        message.c.state == "已提交",
        message.c.channel.in_(channels),
        message.c.told_at.is_(None),
        message.c.next_at <= now,
    )
    query = query.order_by(message.c.next_at).limit(most).with_for_update(skip_locked=True)
    return connection.execute(query).all()


def change(connection: Connection, message_id: UUID, **values: Any) -> None:
    """Change one message."""
    connection.execute(update(message).where(message.c.id == message_id).values(**values))


def about(connection: Connection, task_id: UUID) -> Sequence[Row[Any]]:
    """The messages about a task, the first one first."""
    query = select(message).where(message.c.task_id == task_id).order_by(message.c.created_at)
    return connection.execute(query).all()


def to_be_looked_at(connection: Connection, states: Collection[str]) -> Sequence[Row[Any]]:
    """What did not arrive, the oldest first."""
    query = select(message).where(message.c.state.in_(states))
    return connection.execute(query.order_by(message.c.created_at).limit(50)).all()


def find(connection: Connection, message_id: UUID) -> Row[Any] | None:
    """One message, locked."""
    query = select(message).where(message.c.id == message_id).with_for_update()
    return connection.execute(query).first()
