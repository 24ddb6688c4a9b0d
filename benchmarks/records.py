"""Group ``records``: one click over 37 systems, against the least that any client would need.

The bare side reads the same 37 bodies with one ``asyncio.gather`` and does nothing with them; ours
also converts, checks, narrows and hands over every answer, and leaves call records behind.
"""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from stdnum.cn import ric

from benchmarks import ground, synthetic, upstream
from benchmarks.figures import Figure, emit, median, paired
from benchmarks.processes import child, free_port, wait_for
from portal.connectors.contract import Answer, Asker, State, Subject
from portal.connectors.gateway import Gateway
from portal.settings import settings

SYSTEMS = 37
PAIRS = 30
SLOW_PAIRS = 10
_SCALE = f"{SYSTEMS} systems"


@dataclass(kw_only=True)
class Timing:
    """When the answers of one question came, in seconds after it was asked."""

    at: list[float] = field(default_factory=list)

    @property
    def first(self) -> float:
        return self.at[0]

    @property
    def last(self) -> float:
        return self.at[-1]


@dataclass(kw_only=True)
class Stage:
    """Everything a measurement needs."""

    base: str
    gateway: Gateway
    bare: ClientSession
    fast: tuple[str, ...]
    persons: Iterator[Subject]

    def asker(self, systems: tuple[str, ...]) -> Asker:
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


# -- the two sides --------------------------------------------------------------------------------


async def _bare(stage: Stage, systems: tuple[str, ...], person: Subject) -> float:
    async def one(system: str) -> None:
        address = f"{stage.base}/{system}/person"
        async with stage.bare.get(address, params={"zjhm": person.id_number}) as response:
            await response.read()

    started = time.perf_counter()
    await asyncio.gather(*(one(system) for system in systems))
    return time.perf_counter() - started


async def _ours(
    stage: Stage, systems: tuple[str, ...], person: Subject, *, enough: int | None = None
) -> Timing:
    """Ask, note when each answer comes, and let the afterwork end before anything else starts."""
    timing = Timing()
    asker = stage.asker(systems)
    started = time.perf_counter()
    answers = stage.gateway.ask_all(asker, person)
    async for answer in answers:
        timing.at.append(time.perf_counter() - started)
        _insist(answer)
        if len(timing.at) == enough:
            break
    await answers.aclose()  # type: ignore[attr-defined]
    stage.gateway.settle()
    return timing


def _page(stage: Stage, systems: tuple[str, ...], person: Subject) -> Timing:
    """The same from a page's thread."""
    timing = Timing()
    asker = stage.asker(systems)
    started = time.perf_counter()
    for answer in stage.gateway.stream(asker, person):
        timing.at.append(time.perf_counter() - started)
        _insist(answer)
    stage.gateway.settle()
    return timing


def _insist(answer: Answer) -> None:
    if answer.state is not State.RETURNED:
        raise RuntimeError(f"{answer.system_id}: {answer.state} {answer.message}")


# -- the figures ----------------------------------------------------------------------------------


async def _fan_out(stage: Stage) -> None:
    ours: list[Timing] = []
    cached: list[Timing] = []
    paged: list[Timing] = []
    bare: list[float] = []
    for _ in range(PAIRS):
        person = next(stage.persons)
        ours.append(await _ours(stage, stage.fast, person))
        bare.append(await _bare(stage, stage.fast, person))
        cached.append(await _ours(stage, stage.fast, person))
        paged.append(await asyncio.to_thread(_page, stage, stage.fast, next(stage.persons)))
    lasts = [one.last for one in ours]
    _emit("fanout37.vs_gather", paired(lasts, bare), "x", PAIRS, "<= 1.25")
    _emit("fanout37.page_vs_gather", paired([one.last for one in paged], bare), "x", PAIRS)
    _emit("fanout37.gather", median(bare) * 1000, "ms", PAIRS)
    _emit("fanout37.last", median(lasts) * 1000, "ms", PAIRS)
    _emit("fanout37.first", median([one.first for one in ours]) * 1000, "ms", PAIRS)
    _emit("fanout37.cached", median([one.last for one in cached]) * 1000, "ms", PAIRS)


async def _slow(stage: Stage) -> None:
    """One system that takes two seconds must not delay the 36 others."""
    others = stage.fast[: SYSTEMS - 1]
    beside, alone = [], []
    for _ in range(SLOW_PAIRS):
        both = (*others, upstream.SLOW)
        timing = await _ours(stage, both, next(stage.persons), enough=len(others))
        beside.append(timing.last)
        alone.append((await _ours(stage, others, next(stage.persons))).last)
    _emit("fanout37.beside_slow", paired(beside, alone), "x", SLOW_PAIRS, "<= 1.1")


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(
        Figure(
            figure=f"records.{name}",
            value=value,
            unit=unit,
            runs=runs,
            target=target,
            scale=_SCALE,
        )
    )


# -- the stage ------------------------------------------------------------------------------------


@contextmanager
def _systems(place: Path) -> Iterator[str]:
    """The 37 systems in a process of their own; gives their common address."""
    port, log = free_port(), place / "upstream.log"
    command = [sys.executable, "-m", "benchmarks.upstream", "--port", str(port)]
    with child(command, log) as process:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/healthz", process, log, 30)
        yield base


@asynccontextmanager
async def _stage(place: Path, base: str) -> AsyncIterator[Stage]:
    fast = tuple(synthetic.names(SYSTEMS))
    chosen = settings()
    gateway = Gateway(
        synthetic.registry(place / "manifests", base, [*fast, upstream.SLOW]),
        deadline_seconds=chosen.upstream_deadline_seconds,
        cache_seconds=chosen.cache_seconds,
    )
    gateway.start()
    try:
        async with ClientSession(connector=TCPConnector(limit=0, keepalive_timeout=30)) as bare:
            yield Stage(base=base, gateway=gateway, bare=bare, fast=fast, persons=_persons())
    finally:
        gateway.stop()


async def _measure(place: Path, base: str) -> None:
    async with _stage(place, base) as stage:
        for _ in range(3):  # connections, compiled expressions, the pool of the database
            await _ours(stage, stage.fast, next(stage.persons))
            await _bare(stage, stage.fast, next(stage.persons))
        gc.collect()
        gc.freeze()  # as the server does after its start
        await _fan_out(stage)
        await _slow(stage)


def run() -> None:
    """Measure and print."""
    with ground.folder() as place, _systems(place) as base, ground.database(place):
        asyncio.run(_measure(place, base))
