"""Tasks that their system no longer lists: each is asked for once more before it is closed here.

Only a whole walk that read everything may begin this. What the system still knows, or could not be
asked about, stays open; so a list that came short closes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Row

from portal.connectors.contract import ForeignTask, NotFound, SystemFault
from portal.connectors.registry import System
from portal.connectors.tasking import Tasking
from portal.functions.tasks import rules
from portal.store import clock, tasks
from portal.store.scope import scoped

log = structlog.get_logger(__name__)

MOST = 200  # asked for one by one after a walk; the others wait for the next


class Apply(Protocol):
    """Writes what was seen, as a walk does."""

    def __call__(
        self, connection: Connection, system: System, found: Sequence[ForeignTask], now: datetime
    ) -> object: ...


def close(walk: Tasking, system: System, begun: datetime, apply: Apply) -> int:
    """Close what was not seen since the walk began and is gone over there; gives how many."""
    with scoped(tasks.SERVICE) as connection:
        missing = tasks.unseen(connection, system.id, begun, MOST)
    gone = 0
    for row in missing:
        try:
            seen = walk.one(row.foreign_id)
        except NotFound:
            seen = None
        except SystemFault as fault:
            log.info("a missing task could not be asked for", fault=type(fault).__name__)
            return gone
        if seen is None:
            gone += _close(row, begun)
        else:
            with scoped(tasks.SERVICE) as connection:
                apply(connection, system, [seen], clock.now())
    return gone


def _close(row: Row[Any], begun: datetime) -> bool:
    now = clock.now()
    with scoped(tasks.SERVICE) as connection:
        held = tasks.still_unseen(connection, row.id, begun)
        if held is None:
            return False
        tasks.change(
            connection,
            row.id,
            state=tasks.DONE,
            waiting=None,
            handler=None,
            result=rules.GONE,
            gone_at=now,
            synced_at=now,
        )
        tasks.note(connection, held, f"{rules.GONE}，不再列出", at=now, source=tasks.THEIRS)
    return True
