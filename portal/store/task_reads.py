"""Reading tasks and the outbox, always inside a scoped transaction of the caller."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    true,
    update,
)

from portal.store.task_tables import outbox, task, task_history, task_source

OPEN, UNREAD, DONE = "待办", "待阅", "已办"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list is narrowed to; nothing means everything."""

    system_id: str = ""
    kind: str = ""
    due_before: date | None = None
    region: str = ""


def _narrowed(query: Select[Any], systems: Collection[str], given: Filter) -> Select[Any]:
    wanted = {given.system_id} & set(systems) if given.system_id else set(systems)
    query = query.where(task.c.system_id.in_(wanted))
    if given.kind:
        query = query.where(task.c.kind == given.kind)
    if given.due_before:
        query = query.where(task.c.due_on < given.due_before)
    if given.region:
        query = query.where(task.c.region_code.startswith(given.region, autoescape=True))
    return query


_ENTRY = (
    outbox.c.id.label("entry_id"),
    outbox.c.state.label("entry_state"),
    outbox.c.actor.label("entry_actor"),
    outbox.c.actor_name.label("entry_actor_name"),
    outbox.c.created_at.label("entry_at"),
    outbox.c.error.label("entry_error"),
    outbox.c.label.label("entry_label"),
)
_WITH_ENTRY = select(task, *_ENTRY).outerjoin(outbox, outbox.c.id == task.c.waiting)


def rows(
    connection: Connection,
    state: str,
    systems: Collection[str],
    given: Filter,
    *,
    limit: int,
    offset: int = 0,
) -> Sequence[Row[Any]]:
    """One page of the tasks in a state; those that wait for confirmation come last."""
    query = _narrowed(_WITH_ENTRY.where(task.c.state == state), systems, given)
    if state == DONE:
        query = query.order_by(task.c.source_changed_at.desc(), task.c.id)
    else:
        waiting = task.c.waiting.is_not(None)
        query = query.order_by(
            waiting, task.c.due_on.nulls_last(), task.c.source_changed_at, task.c.id
        )
    return connection.execute(query.limit(limit).offset(offset)).all()


# Asked at every click on a home: built once. What already waits for confirmation is done here.
_DUE = (
    select(
        task.c.id,
        task.c.title,
        task.c.system_id,
        task.c.due_on,
        task.c.simulated,
        task.c.source_changed_at,
        # The homes list our own open cases beside: here the other systems come first.
        (task.c.system_id == "platform:matters").label("own"),
        func.count().over().label("total"),
        func.count().filter(task.c.due_on < bindparam("today")).over().label("late"),
    )
    .where(
        task.c.state == OPEN,
        task.c.waiting.is_(None),
        task.c.system_id.in_(bindparam("systems", expanding=True)),
    )
    .order_by(
        column("own"),
        task.c.due_on.nulls_last(),
        task.c.source_changed_at,
        task.c.id,
    )
    .limit(bindparam("most"))
    .subquery("due")
)
_UNREAD = (
    select(
        func.count().label("unread"),
        func.count().filter(task.c.due_on < bindparam("today")).label("unread_late"),
    )
    .where(
        task.c.state == UNREAD,
        task.c.waiting.is_(None),
        task.c.system_id.in_(bindparam("systems", expanding=True)),
    )
    .subquery("unread")
)
_FIRST = (
    select(_UNREAD, _DUE)
    .select_from(_UNREAD.outerjoin(_DUE, true()))
    .order_by(_DUE.c.own, _DUE.c.due_on.nulls_last(), _DUE.c.source_changed_at, _DUE.c.id)
)


def first(
    connection: Connection, systems: Collection[str], today: date, most: int
) -> Sequence[Row[Any]]:
    """The open tasks due first, each with how many there are and how many of them are late, how
    much is to be read and how much of it should have been by now.

    There is always a row: where nothing is open its ``id`` is empty.
    """
    values = {"systems": list(systems), "today": today, "most": most}
    return connection.execute(_FIRST, values).all()


# What of our own affairs has no limit asks for nothing: nobody is reminded of it.
_ASKS_FOR_NOTHING = and_(task.c.system_id.startswith("platform:"), task.c.due_on.is_(None))
_PER_KIND: Any = (
    select(
        task.c.system_id,
        task.c.kind,
        func.count().filter(task.c.state == OPEN, task.c.due_on == bindparam("today")).label("due"),
        func.count().filter(task.c.due_on < bindparam("today")).label("late"),
        func.count().filter(task.c.state == UNREAD).label("unread"),
    )
    .where(
        task.c.state.in_((OPEN, UNREAD)),
        task.c.waiting.is_(None),
        task.c.gone_at.is_(None),
        task.c.system_id.in_(bindparam("systems", expanding=True)),
        ~and_(task.c.state == UNREAD, _ASKS_FOR_NOTHING),
    )
    .group_by(task.c.system_id, task.c.kind)
    .order_by(task.c.system_id, task.c.kind)
)


def per_kind(connection: Connection, systems: Collection[str], today: date) -> Sequence[Row[Any]]:
    """How much is due today, late and unread, kind by kind."""
    return connection.execute(_PER_KIND, {"systems": list(systems), "today": today}).all()


def mine(
    connection: Connection,
    actor: str,
    systems: Collection[str],
    given: Filter,
    *,
    limit: int,
    offset: int = 0,
) -> Sequence[Row[Any]]:
    """The tasks one person has sent commands about, the newest command first."""
    query = select(task, *_ENTRY).join(outbox, outbox.c.task_id == task.c.id)
    query = _narrowed(query.where(outbox.c.actor == actor), systems, given)
    query = query.order_by(outbox.c.created_at.desc()).limit(limit).offset(offset)
    return connection.execute(query).all()


def counts(
    connection: Connection, actor: str, systems: Collection[str], given: Filter, today: date
) -> dict[str, int]:
    """How many tasks each box holds, and how many are late."""
    late = and_(task.c.state == OPEN, task.c.due_on < today, task.c.waiting.is_(None))
    query: Any = select(
        *(
            func.count().filter(task.c.state == state).label(state)
            for state in (OPEN, UNREAD, DONE)
        ),
        func.count().filter(late).label("逾期"),
    ).select_from(task)
    found = connection.execute(_narrowed(query, systems, given)).one()._asdict()
    sent: Select[Any] = select(func.count()).select_from(outbox)
    sent = sent.join(task, task.c.id == outbox.c.task_id)
    sent = _narrowed(sent.where(outbox.c.actor == actor), systems, given)
    return {**found, "我发起": connection.execute(sent).scalar_one()}


def sources(connection: Connection) -> dict[str, Row[Any]]:
    """How the last walk of each system went."""
    return {row.system_id: row for row in connection.execute(select(task_source))}


def trouble(connection: Connection, actor: str, post_id: UUID) -> Sequence[Row[Any]]:
    """What one person must know: own refusals not seen yet, and what is stuck at the acting post.

    A stuck command belongs to the post, so that a successor finds it.
    """
    refused = and_(outbox.c.actor == actor, outbox.c.state == "被拒绝", outbox.c.seen_at.is_(None))
    at_this_desk = and_(outbox.c.post_id == post_id, outbox.c.state == "滞留")
    query = (
        select(outbox, task.c.title, task.c.system_id.label("of_system"))
        .join(task, task.c.id == outbox.c.task_id)
        .where(or_(refused, at_this_desk))
        .order_by(outbox.c.created_at.desc())
        .limit(20)
    )
    return connection.execute(query).all()


def stuck(connection: Connection, limit: int = 50) -> Sequence[Row[Any]]:
    """What is stuck in the scope, the oldest first: for operators."""
    query = (
        select(outbox).where(outbox.c.state == "滞留").order_by(outbox.c.created_at).limit(limit)
    )
    return connection.execute(query).all()


def find(connection: Connection, task_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """One task with the command that waits; locked first, so that both are read as they are now."""
    if lock:
        connection.execute(select(task.c.id).where(task.c.id == task_id).with_for_update())
    return connection.execute(_WITH_ENTRY.where(task.c.id == task_id)).first()


def history(connection: Connection, task_id: UUID) -> Sequence[Row[Any]]:
    """What happened to a task, what we learnt last on top."""
    query = select(task_history).where(task_history.c.task_id == task_id)
    return connection.execute(query.order_by(task_history.c.id.desc())).all()


def last_entry(connection: Connection, task_id: UUID) -> Row[Any] | None:
    """The newest command about a task."""
    query = select(outbox).where(outbox.c.task_id == task_id)
    return connection.execute(query.order_by(outbox.c.created_at.desc()).limit(1)).first()


def entry(connection: Connection, entry_id: UUID) -> Row[Any] | None:
    """One command, locked."""
    query = select(outbox).where(outbox.c.id == entry_id).with_for_update()
    return connection.execute(query).first()


def entries(connection: Connection, actor: str, ids: Sequence[UUID]) -> dict[str, Row[Any]]:
    """Commands that one person has sent, by their ids."""
    query: Any = select(outbox.c.id, outbox.c.state, outbox.c.error)
    query = query.where(outbox.c.id.in_(ids), outbox.c.actor == actor)
    return {str(one.id): one for one in connection.execute(query)}


def find_entry(connection: Connection, entry_id: UUID) -> Row[Any] | None:
    """One command."""
    return connection.execute(select(outbox).where(outbox.c.id == entry_id)).first()


def saw(connection: Connection, task_id: UUID, actor: str, at: Any) -> None:
    """The person has seen the refusals of this task."""
    connection.execute(
        update(outbox)
        .where(outbox.c.task_id == task_id, outbox.c.actor == actor, outbox.c.seen_at.is_(None))
        .where(outbox.c.state == "被拒绝")
        .values(seen_at=at)
    )
