"""What another system calls an inbox task of ours: ``python -m tests.browser.foreign ID``."""

import sys
from uuid import UUID

from sqlalchemy import select

from portal.store.scope import scoped
from portal.store.task_tables import task
from portal.store.tasks import SERVICE


def number(task_id: str) -> str:
    """The number over there of the task with this id."""
    with scoped(SERVICE) as connection:
        query = select(task.c.foreign_id).where(task.c.id == UUID(task_id))
        return str(connection.execute(query).scalar_one())


if __name__ == "__main__":
    sys.stdout.write(f"{number(sys.argv[1])}\n")
