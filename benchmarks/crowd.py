"""Many people at once: each has a tab open and clicks every ten seconds or so."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.figures import percentile
from benchmarks.visitor import Identity, Visitor

CLICK_EVERY = 10.0  # s
JITTER = (0.7, 1.3)
ARRIVALS_AT_ONCE = 4  # nobody opens hundreds of tabs in one second
PATIENCE = 60.0  # s a newcomer waits for the first page


@dataclass(kw_only=True)
class Rush:
    """What the people of one size of crowd met."""

    people: int
    seconds: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def p95(self) -> float:
        """The latency that 19 of 20 clicks stay below."""
        return percentile(self.seconds, 0.95) if self.seconds else float("inf")

    def held(self, limit: float) -> bool:
        """Whether the server kept up: below the limit, nobody thrown out."""
        return self.p95 < limit and not self.lost


class Crowd:
    """A number of open tabs that can grow and shrink."""

    def __init__(self, newcomer: Callable[[], Identity]) -> None:
        self._newcomer = newcomer
        self._people: list[Visitor] = []
        self._dice = random.Random(7)

    async def resize(self, people: int) -> None:
        """Let people come or go."""
        leaving, self._people = self._people[people:], self._people[:people]
        await asyncio.gather(*(one.leave() for one in leaving), return_exceptions=True)
        gate = asyncio.Semaphore(ARRIVALS_AT_ONCE)

        async def arrive() -> Visitor:
            async with gate, asyncio.timeout(PATIENCE):
                visitor = await Visitor.arrive(await asyncio.to_thread(self._newcomer))
                await visitor.click()
                return visitor

        missing = people - len(self._people)
        self._people += await asyncio.gather(*(arrive() for _ in range(missing)))

    async def rush(self, seconds: float) -> Rush:
        """Click for a while. A click that is still under way at the end counts as it stands."""
        result = Rush(people=len(self._people))
        end = time.perf_counter() + seconds
        lives = [self._live(one, end, result) for one in self._people]
        await asyncio.gather(*lives)
        return result

    async def _live(self, visitor: Visitor, end: float, result: Rush) -> None:
        due = time.perf_counter() + self._dice.uniform(0, CLICK_EVERY)
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            try:
                # A click that takes this long has failed the limit whatever happens to it.
                async with asyncio.timeout(max(5.0, end - began)):
                    await visitor.click()
            except TimeoutError:
                result.lost += 1
                result.seconds.append(time.perf_counter() - began)
                return
            except Exception:
                result.lost += 1
                return
            result.seconds.append(time.perf_counter() - began)
            due = max(due + CLICK_EVERY * self._dice.uniform(*JITTER), time.perf_counter())
