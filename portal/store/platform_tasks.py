"""Tasks of the platform's own affairs, in the same table as those of other systems.

An affair writes them in the transaction of its own change, as the service that mirrors tasks. They
are seen by the unit they are for and by nobody else, whatever region they lie in (a policy).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select

from portal.store import bulk, clock, tasks
from portal.store.scope import acting_as
from portal.store.task_tables import task, task_history

PREFIX = "platform:"  # no system's id holds a colon
OPEN, UNREAD, DONE = "待办", "待阅", "已办"
_HISTORY = """
INSERT INTO task_history (task_id, region_code, unit_id, at, source, words)
SELECT id, region_code, unit_id, :at, :source, :words FROM held
"""


def _note(connection: Connection, row: Any, words: str, actor: str | None) -> None:
    connection.execute(
        insert(task_history).values(
            task_id=row.id, region_code=row.region_code, unit_id=row.unit_id,
            at=clock.now(), source=tasks.OURS, actor=actor, words=words,
        )
    )  # fmt: skip


def put(
    connection: Connection,
    source: str,
    rows: Iterable[dict[str, Any]],
    *,
    words: str,
    actor: str | None = None,
) -> None:
    """New tasks, each with its ``foreign_id``, ``unit_id``, ``state`` and what a list shows."""
    now = clock.now()
    fixed = {"system_id": source, "source_changed_at": now, "synced_at": now}
    with acting_as(connection, tasks.SERVICE.actor):
        for row in rows:
            made = connection.execute(
                insert(task).values(**row, **fixed, id=uuid4()).returning(task)
            ).one()
            _note(connection, made, words, actor)


def hold(
    connection: Connection, source: str, rows: Iterable[dict[str, Any]], *, words: str
) -> None:
    """Tasks that are there and open afterwards, whether they are new, changed or come back.

    All in one statement: for affairs that take in many at once.
    """
    now = clock.now()
    fixed = {"system_id": source, "source_changed_at": now, "synced_at": now}
    made = [{**row, **fixed, "id": uuid4(), "version": 1} for row in rows]
    if not made:
        return
    kept = {"id", "system_id", "foreign_id"}
    changed = [f"{name} = excluded.{name}" for name in sorted(made[0].keys() - kept - {"version"})]
    changed += ["version = task.version + 1", "handler = NULL", "result = NULL"]
    tail = (
        f"ON CONFLICT (system_id, foreign_id) DO UPDATE SET {', '.join(changed)}"
        " RETURNING id, region_code, unit_id"
    )
    held = bulk.insert_sql(task, list(made[0]))
    both = bulk.said(f"WITH held AS ({held} {tail}) {_HISTORY}")
    given = {"rows": bulk.packed(made), "at": now, "source": tasks.OURS, "words": words}
    with acting_as(connection, tasks.SERVICE.actor):
        connection.execute(both, given)


def _found(connection: Connection, source: str, key: str) -> Row[Any] | None:
    query = select(task).where(task.c.system_id == source, task.c.foreign_id == key)
    return connection.execute(query.with_for_update()).first()


def change(
    connection: Connection,
    source: str,
    key: str,
    *,
    words: str,
    actor: str | None = None,
    **values: Any,
) -> None:
    """Change a task and say so in its history; one that is finished stays as it is."""
    with acting_as(connection, tasks.SERVICE.actor):
        row = _found(connection, source, key)
        if row is None or row.state == DONE:
            return
        tasks.change(connection, row.id, **values, source_changed_at=clock.now())
        _note(connection, row, words, actor)


def finish(
    connection: Connection, source: str, key: str, *, handler: str, result: str, words: str
) -> None:
    """A task is done."""
    done = {"state": DONE, "handler": handler, "result": result}
    change(connection, source, key, words=words, actor=handler, **done)


def due(connection: Connection, source: str, key: str, day: date) -> None:
    """A limit was counted anew."""
    with acting_as(connection, tasks.SERVICE.actor):
        row = _found(connection, source, key)
        if row is not None and row.state != DONE and row.due_on != day:
            tasks.change(connection, row.id, due_on=day)
