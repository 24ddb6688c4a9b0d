"""Where dossiers are measured: 37 local HTTP systems, the gateway over them, and a bare client.

The bare side reads the same bodies with one ``asyncio.gather`` and does nothing with them; ours
also converts, checks, narrows and hands over every answer, and leaves call records behind.
"""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from stdnum.cn import ric

from benchmarks import synthetic
from benchmarks.processes import child, free_port, wait_for
from portal.connectors.contract import Answer, Asker, State, Subject
from portal.connectors.gateway import Gateway
from portal.settings import settings

SYSTEMS = 37
FAST = tuple(synthetic.names(SYSTEMS))


@dataclass(kw_only=True)
class Timing:
    """When the answers of one question came, in seconds after it was asked, and when it ended."""

    at: list[float] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    whole: float = 0.0

    @property
    def first(self) -> float:
        return self.at[0]

    @property
    def last(self) -> float:
        return self.at[-1]

    @property
    def last_returned(self) -> float:
        """When the last of those came that have an answer at all."""
        pairs = zip(self.at, self.states, strict=True)
        return max(moment for moment, state in pairs if state is State.RETURNED)

    def note(self, answer: Answer, started: float) -> None:
        """Take note of one answer."""
        self.at.append(time.perf_counter() - started)
        self.states.append(answer.state)


@dataclass(kw_only=True)
class Stage:
    """Everything a measurement needs."""

    base: str
    gateway: Gateway
    session: ClientSession
    persons: Iterator[Subject]

    def asker(self, systems: Sequence[str]) -> Asker:
        """Somebody who may read everything of these systems."""
        everything = self.gateway.registry.readable((), "visit")
        return Asker(
            actor="bench",
            unit="bench",
            prefixes=("11",),
            permission_digest="bench",
            purpose="visit",
            readable={one: everything[one] for one in systems},
        )

    async def bare(self, systems: Sequence[str], persons: Sequence[Subject]) -> float:
        """One gather of a call per system and person; gives how long it took."""
        started = time.perf_counter()
        await asyncio.gather(
            *(self._read(system, person) for person in persons for system in systems)
        )
        return time.perf_counter() - started

    async def _read(self, system: str, person: Subject) -> None:
        address = f"{self.base}/{system}/person"
        async with self.session.get(address, params={"zjhm": person.id_number}) as response:
            await response.read()

    async def ask(
        self, systems: Sequence[str], person: Subject, *, enough: int | None = None
    ) -> Timing:
        """Ask, note when each answer comes; ``enough`` answers end it early."""
        timing = Timing()
        asker = self.asker(systems)
        started = time.perf_counter()
        answers = self.gateway.ask_all(asker, person)
        async for answer in answers:
            timing.note(answer, started)
            if len(timing.at) == enough:
                break
        await answers.aclose()  # type: ignore[attr-defined]
        timing.whole = time.perf_counter() - started
        return timing

    async def ask_alone(
        self, systems: Sequence[str], person: Subject, *, enough: int | None = None
    ) -> Timing:
        """The same, every answer a good one; the afterwork ends before anything else starts."""
        timing = await self.ask(systems, person, enough=enough)
        self.gateway.settle()
        if set(timing.states) != {State.RETURNED}:
            raise RuntimeError(f"not every system answered: {timing.states}")
        return timing

    def page(self, systems: Sequence[str], person: Subject) -> Timing:
        """The same from a page's thread."""
        timing = Timing()
        asker = self.asker(systems)
        started = time.perf_counter()
        for answer in self.gateway.stream(asker, person):
            timing.note(answer, started)
        timing.whole = time.perf_counter() - started
        self.gateway.settle()
        return timing


def _persons() -> Iterator[Subject]:
    """Ever new people with valid identity numbers: nobody is in the cache yet."""
    for number in range(1_000_000):
        stem = f"110101{19400101 + number // 900 % 28:08}{number % 900 + 100}"
        digit = ric.calc_check_digit(f"{stem}0")
        yield Subject(
            id=f"bench-{number}",
            id_number=f"{stem}{digit}",
            name="才让卓玛",
            region_code="110101001001",
        )


@contextmanager
def upstream(place: Path) -> Iterator[str]:
    """The systems in a process of their own; gives their common address."""
    port, log = free_port(), place / "upstream.log"
    command = [sys.executable, "-m", "benchmarks.upstream", "--port", str(port)]
    with child(command, log) as process:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/healthz", process, log, 30)
        yield base


@asynccontextmanager
async def stage(
    place: Path, base: str, more: Sequence[str] = (), *, deadline: float | None = None
) -> AsyncIterator[Stage]:
    """A gateway over the 37 systems and some ``more``, with connections warmed on both sides."""
    chosen = settings()
    gateway = Gateway(
        synthetic.registry(place / "manifests", base, [*FAST, *more]),
        deadline_seconds=deadline or chosen.upstream_deadline_seconds,
        cache_seconds=chosen.cache_seconds,
    )
    gateway.start()
    try:
        async with ClientSession(connector=TCPConnector(limit=0, keepalive_timeout=30)) as session:
            made = Stage(base=base, gateway=gateway, session=session, persons=_persons())
            for _ in range(3):  # connections, compiled expressions, the pool of the database
                await made.ask_alone(FAST, next(made.persons))
                await made.bare(FAST, [next(made.persons)])
            gc.collect()
            gc.freeze()  # as the server does after its start
            yield made
    finally:
        gc.unfreeze()
        gateway.stop()
