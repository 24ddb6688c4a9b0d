"""The seam between the gateway and the wire: one exchange at a time, timed and measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from portal.connectors.manifest import Call
from portal.connectors.registry import System
from portal.connectors.template import Values
from portal.store import clock


@dataclass(kw_only=True)
class Trace:
    """What is known about one question to one system: when it went out and came back, its size."""

    now: Callable[[], datetime] = field(default=clock.now, repr=False)
    sent_at: datetime | None = None
    returned_at: datetime | None = None
    size: int = 0
    calls: int = 0

    def sent(self) -> None:
        """A request leaves; the first one counts as the moment of sending."""
        self.sent_at = self.sent_at or self.now()
        self.calls += 1

    def returned(self) -> None:
        """The first byte of an answer is here; the last answer counts."""
        self.returned_at = self.now()


class Transport(Protocol):
    """One way of reaching one system. Raises only errors of the contract."""

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Make one call and give its whole answer as plain data."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


TransportFactory = Callable[[System], Transport]
