"""Group ``pages``: what one click on a page costs, beside a bare page that looks alike.

Each level's home, and the two pages on which demands are handled all day.

A click is a run of the whole page: the dearest kind. A click inside a fragment costs less.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks import inventory
from benchmarks.bare_house import BareHouse, open_bare
from benchmarks.figures import Figure, emit, median, paired
from benchmarks.house import LEVELS, House, login_of
from benchmarks.processes import cpu_seconds
from benchmarks.visitor import Identity, Run, Visitor

BLOCKS = 8  # measured in turn on both sides, so that a noisy neighbour meets both
CLICKS = 20  # in a block: the kernel counts processor time in ticks of 10 ms
WARM_CLICKS = 5
AT_WORK = {"orders": "zhihui.city", "findings": "zhihui.chengzhong"}  # page, who works on it
SETTLE_SECONDS = 2.0  # the health checks of the first look have come back


@dataclass(kw_only=True)
class Cost:
    """What blocks of clicks cost one server."""

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    async def block(self, visitor: Visitor, pid: int) -> None:
        """Click for a while."""
        before = cpu_seconds(pid)
        runs = [await visitor.click() for _ in range(CLICKS)]
        self.cpu_ms.append((cpu_seconds(pid) - before) / CLICKS * 1000)
        self.wall_ms.append(median([one.seconds for one in runs]) * 1000)
        self.sizes.append(median([one.size for one in runs]) / 1000)


async def _warm(visitor: Visitor) -> Run:
    """The first look and some clicks; gives the last."""
    await visitor.click()
    await asyncio.sleep(SETTLE_SECONDS)
    return [await visitor.click() for _ in range(WARM_CLICKS)][-1]


async def first_look(identity: Identity, page: str = "") -> Run:
    """A settled page as somebody sees it who has nothing of it yet."""
    visitor = await Visitor.arrive(identity, page)
    await _warm(visitor)
    await visitor.leave()
    newcomer = await Visitor.arrive(identity, page)
    run = await newcomer.click()
    await newcomer.leave()
    return run


async def _compare(house: House, login: str, page: str, bare: BareHouse) -> tuple[Cost, Cost]:
    ours, theirs = Cost(), Cost()
    async with AsyncExitStack() as stack:
        here = await Visitor.arrive(house.person(login), page)
        stack.push_async_callback(here.leave)
        there = await Visitor.arrive(bare.visitor())
        stack.push_async_callback(there.leave)
        await _warm(here)
        await _warm(there)
        for _ in range(BLOCKS):
            await ours.block(here, house.server_pid)
            await theirs.block(there, bare.pid)
    return ours, theirs


def _figures(name_of: str, ours: Cost, bare: Cost, first: Run) -> Iterator[Figure]:
    def figure(name: str, value: float, unit: str, target: str | None = None) -> Figure:
        runs = BLOCKS * CLICKS
        return Figure(
            figure=f"pages.{name_of}.{name}", value=value, unit=unit, target=target, runs=runs
        )

    yield figure("cpu", median(ours.cpu_ms), "ms", "<= 25")
    yield figure("cpu_vs_bare", paired(ours.cpu_ms, bare.cpu_ms), "x")
    yield figure("bytes", median(ours.sizes), "kB", "<= 20")
    yield figure("bytes_vs_bare", paired(ours.sizes, bare.sizes), "x")
    yield figure("seconds_vs_bare", paired(ours.wall_ms, bare.wall_ms), "x")
    yield figure("click", median(ours.wall_ms), "ms")
    yield Figure(figure=f"pages.{name_of}.first_bytes", value=first.size / 1000, unit="kB", runs=1)


def run(house: House) -> None:
    """Measure and print."""
    wanted = [(level, login_of(level), "") for level in LEVELS]
    wanted += [(page, login, page) for page, login in AT_WORK.items()]
    for name, login, page in wanted:
        first = asyncio.run(first_look(house.person(login), page))
        with open_bare(house.place, f"bare-{name}", inventory.of(first.messages)) as bare:
            ours, theirs = asyncio.run(_compare(house, login, page, bare))
        for figure in _figures(name, ours, theirs, first):
            emit(figure)
