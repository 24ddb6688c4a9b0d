"""An open case as a task of the one inbox, written in the transaction of the case itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from portal.affairs.matters.queries import mask_name
from portal.affairs.matters.tables import matter_case
from portal.store import platform_tasks
from portal.store.subjects import subject

SOURCE = f"{platform_tasks.PREFIX}matters"
CASE = "在办事项"


def begun(connection: Connection, ids: Sequence[UUID]) -> None:
    """New cases are found among the tasks of the units that handle them."""
    query = (
        select(matter_case, subject.c.name, subject.c.id_hash)
        .join(subject, subject.c.id == matter_case.c.subject_id)
        .where(matter_case.c.id.in_(ids))
    )
    platform_tasks.put(
        connection, SOURCE, map(_task, connection.execute(query).all()), words="立案"
    )


def _task(row: Any) -> dict[str, Any]:
    return {
        "foreign_id": str(row.id),
        "kind": CASE,
        "title": f"{row.matter}（{row.number}）",
        "person": mask_name(row.name),
        "subject_id": row.subject_id,
        "subject_hash": row.id_hash,
        "region_code": row.region_code,
        "unit_id": row.unit_id,
        "due_on": row.due_on,
        "state": platform_tasks.OPEN,
        "simulated": row.simulated,
    }


def closed(connection: Connection, case_id: UUID, handler: str, result: str) -> None:
    """The case is closed, and its task with it."""
    platform_tasks.finish(
        connection, SOURCE, str(case_id), handler=handler, result=result, words="办结"
    )
