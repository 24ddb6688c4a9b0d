"""Writing call records: in batches, in a thread, after the answers are out, never silently lost.

A batch that cannot be written is kept and tried again with the next one. What no longer fits is
counted in an error log with the trace ids, so that a gap in the records is known to be one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, insert, select

from portal.connectors.contract import Asker, Capability, State, Subject
from portal.connectors.registry import System
from portal.connectors.tables import call_record
from portal.connectors.transport import Trace
from portal.store.crypto import keyed_hash
from portal.store.engine import begin

log = structlog.get_logger(__name__)

Row = Mapping[str, Any]
Sink = Callable[[Sequence[Row]], None]
UNWRITTEN_LIMIT = 20_000


def write_rows(rows: Sequence[Row]) -> None:
    """Insert call records as the application role."""
    with begin() as connection:
        connection.execute(insert(call_record), list(rows))


def walked_since(system_id: str, moment: datetime) -> bool:
    """Whether a system has told all it knows (its roster or its rows) since then."""
    query = select(call_record.c.id).where(
        call_record.c.system_id == system_id,
        call_record.c.asked_at >= moment,
        call_record.c.capability.in_((str(Capability.ROSTER), str(Capability.REPORTS))),
        call_record.c.outcome == State.RETURNED.name,
    )
    with begin() as connection:
        return connection.execute(query.limit(1)).first() is not None


def last_walks(system_ids: Iterable[str], since: datetime) -> dict[str, datetime]:
    """When each of these systems last told everybody it knows, where that was not before."""
    column = call_record.c
    query = (
        select(column.system_id, func.max(column.asked_at))
        .where(
            column.system_id.in_(sorted(system_ids)),
            column.asked_at >= since,
            column.capability == str(Capability.ROSTER),
            column.outcome == State.RETURNED.name,
        )
        .group_by(column.system_id)
    )
    with begin() as connection:
        return {system_id: at for system_id, at in connection.execute(query)}


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """On whose behalf, for what and about whom a call is made."""

    trace_id: str
    actor: str
    unit: str
    purpose: str
    case_id: str | None = None
    subject_hash: str | None = None


def attribution(asker: Asker, subject: Subject, trace_id: str) -> Attribution:
    """The attribution of a question about a person."""
    return Attribution(
        trace_id=trace_id,
        actor=asker.actor,
        unit=asker.unit,
        purpose=asker.purpose,
        case_id=asker.case_id,
        subject_hash=keyed_hash(subject.id_number),
    )


def row(
    who: Attribution,
    system: System,
    capability: Capability | str,
    trace: Trace,
    *,
    asked_at: datetime,
    delivered_at: datetime | None,
    outcome: str,
    fault: str | None,
    cached: bool = False,
) -> Row:
    """One call record."""
    return {
        **vars(who),
        "system_id": system.id,
        "capability": str(capability),
        "manifest_version": system.manifest.version,
        "asked_at": asked_at,
        "sent_at": trace.sent_at,
        "returned_at": trace.returned_at,
        "delivered_at": delivered_at,
        "size_bytes": trace.size,
        "calls": trace.calls,
        "cached": cached,
        "outcome": outcome,
        "fault": fault,
    }


class CallRecorder:
    """Takes rows and writes them; safe to call from several threads."""

    def __init__(self, sink: Sink = write_rows, limit: int = UNWRITTEN_LIMIT) -> None:
        self._sink = sink
        self._waiting: deque[Row] = deque()
        self._limit = limit
        self._lock = threading.Lock()

    def write(self, rows: Sequence[Row]) -> None:
        """Write these and whatever could not be written before."""
        with self._lock:
            self._waiting.extend(rows)
            batch = list(self._waiting)
            if not batch:
                return
            try:
                self._sink(batch)
            except Exception as error:  # any failure of the database: keep the rows, say so
                log.error(
                    "call records not written, kept for the next batch",
                    fault=type(error).__name__,
                    waiting=len(batch),
                )
                self._forget_surplus()
                return
            self._waiting.clear()

    @property
    def waiting(self) -> int:
        """How many rows could not be written yet."""
        return len(self._waiting)

    def _forget_surplus(self) -> None:
        lost = [self._waiting.popleft() for _ in range(len(self._waiting) - self._limit)]
        if lost:
            log.critical(
                "call records lost",
                count=len(lost),
                trace_ids=sorted({str(one["trace_id"]) for one in lost})[:50],
            )
