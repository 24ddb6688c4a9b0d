"""Sending what was left for the province: claim, send, write down; safe in every process at once.

When to try again and when to give up is the rule of every command that leaves the platform.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from portal.connectors.contract import NotFound, SystemFault
from portal.connectors.province import Province
from portal.connectors.province.words import Outgoing, Sending
from portal.functions.tasks import rules
from portal.store import clock

AT_ONCE = 8


class Outbox(Protocol):
    """Where what goes to the province is kept."""

    def claim(self, *, lease: timedelta, most: int) -> Sequence[Outgoing]: ...

    def delivered(self, entry: Outgoing, receipt: str) -> None: ...

    def failed(self, entry: Outgoing, *, state: str, at: datetime, error: str) -> None: ...


def drain(province: Province, outbox: Outbox) -> int:
    """Send what is due until nothing is; what failed is due later again.

    While the province is left in peace nothing is taken: a long absence must not use up the
    attempts of everything that waits.
    """
    tried = 0
    while not province.resting:
        claimed = outbox.claim(lease=rules.LEASE, most=AT_ONCE)
        if not claimed:
            break
        for entry in claimed:
            _send(province, outbox, entry)
        tried += len(claimed)
    return tried


def _send(province: Province, outbox: Outbox, entry: Outgoing) -> None:
    try:
        body = entry.body
        receipt = province.send(body) if isinstance(body, Sending) else province.receipt(body)
    except SystemFault as fault:
        then = rules.after(fault, attempts=entry.attempts, since=entry.since, now=clock.now())
        error = "省级没有这张报表" if isinstance(fault, NotFound) else then.error
        outbox.failed(entry, state=then.state, at=then.at, error=error)
        return
    outbox.delivered(entry, receipt)
