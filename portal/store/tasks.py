"""Writing tasks and the outbox, always inside a scoped transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from portal.store import scope
from portal.store.claiming import picked
from portal.store.scope import Reach
from portal.store.task_tables import outbox, task, task_history, task_source

# The one service that mirrors other systems and sends to them; it sees every task.
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:tasks")
OURS, THEIRS = "平台", "对方系统"
DONE = "已办"


def known(
    connection: Connection, system_id: str, foreign_ids: Sequence[str]
) -> dict[str, Row[Any]]:
    """The mirrored tasks of these ids, locked, with the command each waits for."""
    query = (
        select(task, outbox.c.state.label("entry"), outbox.c.sent_at)
        .outerjoin(outbox, outbox.c.id == task.c.waiting)
        .where(task.c.system_id == system_id, task.c.foreign_id.in_(foreign_ids))
        .order_by(task.c.id)
        .with_for_update(of=task)
    )
    return {row.foreign_id: row for row in connection.execute(query)}


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Mirror new tasks; one that another walk has added meanwhile stays as it is."""
    if rows:
        connection.execute(upsert(task).on_conflict_do_nothing(), list(rows))


def change(connection: Connection, task_id: UUID, **values: Any) -> None:
    """Change one mirrored task; its version moves."""
    connection.execute(
        update(task).where(task.c.id == task_id).values(version=task.c.version + 1, **values)
    )


def touch(connection: Connection, ids: Sequence[UUID], at: datetime) -> None:
    """These were seen as they are."""
    if ids:
        connection.execute(update(task).where(task.c.id.in_(ids)).values(synced_at=at))


def note(
    connection: Connection,
    row: Row[Any],
    words: str,
    *,
    at: datetime,
    source: str = OURS,
    actor: str | None = None,
) -> None:
    """One line of a task's history; ``row`` is the task or an entry about it."""
    task_id = row._mapping.get("task_id", row._mapping["id"])
    values = {"task_id": task_id, "region_code": row.region_code, "unit_id": row.unit_id}
    connection.execute(
        insert(task_history).values(**values, at=at, source=source, actor=actor, words=words)
    )


# -- what a system lists no more ------------------------------------------------------------------


def _unseen(begun: datetime) -> Any:
    """Open, not seen since, and without a command of ours that has not arrived yet."""
    under_way = and_(outbox.c.id == task.c.waiting, outbox.c.state != "已送达")
    return and_(
        task.c.state != DONE,
        task.c.synced_at < begun,
        ~select(outbox.c.id).where(under_way).exists(),
    )


def unseen(
    connection: Connection, system_id: str, begun: datetime, most: int
) -> Sequence[Row[Any]]:
    """The open tasks of a system that a walk begun then did not bring, longest unseen first."""
    query = select(task).where(task.c.system_id == system_id, _unseen(begun))
    return connection.execute(query.order_by(task.c.synced_at, task.c.id).limit(most)).all()


def still_unseen(connection: Connection, task_id: UUID, begun: datetime) -> Row[Any] | None:
    """The task, locked, unless somebody has seen it meanwhile."""
    connection.execute(select(task.c.id).where(task.c.id == task_id).with_for_update())
    return connection.execute(select(task).where(task.c.id == task_id, _unseen(begun))).first()


# -- sources ------------------------------------------------------------------------------------


def source(connection: Connection, system_id: str) -> Row[Any] | None:
    """How the walks of a system stand."""
    return connection.execute(
        select(task_source).where(task_source.c.system_id == system_id)
    ).first()


def walked(connection: Connection, system_id: str, **values: Any) -> None:
    """Remember how a walk went; what is not given stays."""
    statement = upsert(task_source).values(system_id=system_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["system_id"], set_=values))


# -- outbox -------------------------------------------------------------------------------------


def claim(
    connection: Connection, system_id: str, *, now: datetime, lease: timedelta, most: int
) -> Sequence[Row[Any]]:
    """Take entries that are due, or whose sender died; nobody else gets them until the lease ends.

    Whoever claims commits before sending, so that no row is locked while another system thinks.
    """
    due = or_(
        and_(outbox.c.state == "待发送", outbox.c.next_at <= now),
        and_(outbox.c.state == "发送中", outbox.c.lease_until < now),
    )
    chosen = (
        select(outbox.c.id)
        .where(outbox.c.system_id == system_id, due)
        .order_by(outbox.c.next_at)
        .limit(most)
    )
    taken = (
        update(outbox)
        .where(outbox.c.id.in_(picked(chosen)))
        .values(state="发送中", attempts=outbox.c.attempts + 1, lease_until=now + lease)
        .returning(outbox)
    )
    return connection.execute(taken).all()


def settle(connection: Connection, entry: Row[Any], **values: Any) -> bool:
    """Write how an attempt ended, unless the lease ran out and another sender has it now."""
    mine = and_(
        outbox.c.id == entry.id, outbox.c.state == "发送中", outbox.c.attempts == entry.attempts
    )
    done = connection.execute(update(outbox).where(mine).values(lease_until=None, **values))
    return bool(done.rowcount)


def about(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """What a sender must know of these tasks."""
    query: Any = select(task.c.id, task.c.foreign_id, task.c.subject_hash).where(task.c.id.in_(ids))
    return {row.id: row for row in connection.execute(query)}


def task_of(connection: Connection, entry: Row[Any]) -> Row[Any]:
    """The task of an entry, locked."""
    return connection.execute(
        select(task).where(task.c.id == entry.task_id).with_for_update()
    ).one()


# -- hand-over ----------------------------------------------------------------------------------


def hand_over(connection: Connection, from_post: UUID, to_post: UUID) -> int:
    """Give what one post holds to another, in the caller's transaction; gives how many tasks.

    Runs as the service, since who hands over need not reach every task.
    """
    open_commands = outbox.c.state.in_(("待发送", "发送中", "滞留"))
    with scope.acting_as(connection, SERVICE.actor):
        moved = connection.execute(
            update(task)
            .where(task.c.post_id == from_post, task.c.state != "已办")
            .values(post_id=to_post)
        ).rowcount
        connection.execute(
            update(outbox)
            .where(outbox.c.post_id == from_post, open_commands)
            .values(post_id=to_post)
        )
    return int(moved)


def waiting_systems(connection: Connection) -> list[str]:
    """The systems that have commands to be sent."""
    query = select(func.distinct(outbox.c.system_id)).where(
        outbox.c.state.in_(("待发送", "发送中"))
    )
    return list(connection.execute(query).scalars())
