"""Handing answers from the upstream loop to whoever asked, without waking them for each one.

Waking another thread costs the loop its turn under the interpreter lock: when 37 answers arrive in
one burst, waking for each of them cost more than reading them. So the first answer is handed over
at once, and what follows within a few milliseconds goes together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

TOGETHER_SECONDS = 0.005  # nobody sees it, and a burst is over in a few of them


class Handover(Generic[T]):
    """Belongs to one question, and to the loop it is made on."""

    def __init__(self, deliver: Callable[[Sequence[T]], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._held: list[T] = []
        self._not_before = 0.0
        self._scheduled = False

    def put(self, one: T) -> None:
        """Hand over now, or with what else is there when the loop has done what it is doing."""
        self._held.append(one)
        if self._loop.time() >= self._not_before:
            self.flush()
        elif not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Hand over everything that is held."""
        self._scheduled = False
        if self._held:
            together, self._held = self._held, []
            self._not_before = self._loop.time() + TOGETHER_SECONDS
            self._deliver(together)
