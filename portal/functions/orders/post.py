"""Sending what was decided about orders to the systems that are their masters.

Claim, send, write down: safe in every process at once. A process may die in between; the lease
ends, another sends again with the same key, and the other system does it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from portal.connectors.contract import Claimed, ForeignTask, SystemFault, TurnedDown
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.connectors.tasking import Tasking
from portal.functions.orders.pull import Origin, origin
from portal.functions.tasks import rules
from portal.store import clock

log = structlog.get_logger(__name__)

AT_ONCE = 8


class Outbox(Protocol):
    """Where the orders' desk keeps its commands."""

    def claim(self, system_id: str, *, lease: timedelta, most: int) -> Sequence[Claimed]: ...

    def delivered(self, origin: Origin, entry: Claimed, seen: ForeignTask | None) -> None: ...

    def failed(
        self,
        origin: Origin,
        entry: Claimed,
        *,
        state: str,
        at: datetime,
        error: str,
        seen: ForeignTask | None,
    ) -> None: ...


def drain(gateway: Gateway, system: System, outbox: Outbox) -> int:
    """Send what is due for one system, until nothing is; what failed is due later again."""
    tried = 0
    while done := deliver(gateway, system, outbox):
        tried += done
    return tried


def deliver(gateway: Gateway, system: System, outbox: Outbox, most: int = AT_ONCE) -> int:
    """Send some of what is due; gives how many were tried."""
    claimed = outbox.claim(system.id, lease=rules.LEASE, most=most)
    if not claimed:
        return 0
    walk = gateway.tasks(system.id, together=True)
    try:
        for entry in claimed:
            _send(walk, origin(system), outbox, entry)
    finally:
        walk.flush()
    return len(claimed)


def _send(walk: Tasking, where: Origin, outbox: Outbox, entry: Claimed) -> None:
    number = entry.command.foreign_id
    try:
        walk.act(entry.command)
    except SystemFault as fault:
        then = rules.after(fault, attempts=entry.attempts, since=entry.since, now=clock.now())
        seen = _look(walk, number) if isinstance(fault, TurnedDown) else None
        outbox.failed(where, entry, state=then.state, at=then.at, error=then.error, seen=seen)
        return
    outbox.delivered(where, entry, _look(walk, number))


def _look(walk: Tasking, number: str) -> ForeignTask | None:
    """How the order is over there now; if that cannot be asked, the next walk will tell."""
    try:
        return walk.one(number)
    except SystemFault as fault:
        log.info("an order could not be read after sending", fault=type(fault).__name__)
        return None
