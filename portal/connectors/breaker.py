"""Leaving a failing system in peace, and never asking one faster than it allows.

Both live in the process: what a breaker knows is this process's own experience of its own path to
the system. Shared between processes, one broken network card would close a healthy system to all;
unshared, each process pays at most a handful of failed calls to learn the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

from portal.connectors.contract import (
    NotFound,
    OurMistake,
    RateLimited,
    Resting,
    RetryLater,
    SignInAgain,
    TheirFault,
)


class Breaker:
    """Closed while a system works, open while it rests, then half-open for a single trial."""

    def __init__(self, *, failures: int, rest_seconds: float, now: Callable[[], datetime]) -> None:
        self._limit = failures
        self._rest = timedelta(seconds=rest_seconds)
        self._now = now
        self._failures = 0
        self._closed_until: datetime | None = None  # not to be asked before
        self._because: type[RetryLater] = Resting
        self._trying = False

    def enter(self) -> None:
        """Ask whether a call may be made now; raises when it may not."""
        if self._closed_until is None:
            return
        if self._now() < self._closed_until or self._trying:
            raise self._because(detail="the breaker is open", retry_after=self._seconds_left())
        self._trying = True

    def leave(self, fault: BaseException | None) -> None:
        """Take note of how a call ended; `None` is a success, a cancelled call says nothing."""
        self._trying = False
        if fault is None or isinstance(fault, NotFound | OurMistake):
            self._failures = 0
            self._closed_until = None
        elif isinstance(fault, RateLimited) or (
            isinstance(fault, RetryLater) and fault.retry_after is not None
        ):
            wait = timedelta(seconds=fault.retry_after or self._rest.total_seconds())
            self._open(RateLimited if isinstance(fault, RateLimited) else Resting, wait)
        elif isinstance(fault, RetryLater | TheirFault | SignInAgain):
            self._failures += 1  # a refused password, repeated, would lock the account over there
            if self._failures >= self._limit:
                self._open(Resting, self._rest)

    @property
    def open(self) -> bool:
        """Whether the system is being left in peace."""
        return self._closed_until is not None and self._now() < self._closed_until

    @property
    def until(self) -> datetime | None:
        """Until when it is left in peace; ``None`` while it works."""
        return self._closed_until

    def _open(self, because: type[RetryLater], wait: timedelta) -> None:
        self._because = because
        self._closed_until = self._now() + wait

    def _seconds_left(self) -> float:
        if self._closed_until is None:
            return 0.0
        return max(0.0, (self._closed_until - self._now()).total_seconds())


class Pace:
    """Spreads calls so that no more than a number per second leave; short bursts pass at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._gap = 1 / per_second
        self._slack = self._gap * (burst - 1)
        self._next = -inf

    def reserve(self, now: float) -> float:
        """Take the next place in the line; gives how long to wait for it."""
        self._next = max(self._next, now - self._slack) + self._gap
        return max(0.0, self._next - self._gap - now)

    async def wait(self) -> None:
        """Wait for one's turn."""
        delay = self.reserve(asyncio.get_running_loop().time())
        if delay > 0:
            await asyncio.sleep(delay)
