"""Group ``jobs``: what the recurring jobs cost a click, within the serving process and apart.

The product is started from nothing twice, each time on data of its own: once with the jobs within
the serving process, once with a process of their own. The same people click in the same order.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import ground
from benchmarks.figures import Figure, emit, median
from benchmarks.house import House, login_of, open_house
from benchmarks.processes import children_of, cpu_seconds, resident_megabytes
from benchmarks.visitor import Visitor

CLICKS = 20  # in a block: the kernel counts processor time in ticks of 10 ms
WARM_CLICKS = 5
AFTER_START_SECONDS = 150.0  # the first turn of what comes every minute, and its afterwork
REST_BLOCKS = 8
IDLE_SECONDS = 60.0
PAGES = (("city", ""), ("community", ""), ("zhihui.city", "orders"))  # level or login, page


@dataclass(kw_only=True)
class Seen:
    """What one way of running the jobs cost."""

    early: list[float] = field(default_factory=list)  # ms of the serving process for each click
    rest: list[float] = field(default_factory=list)
    idle: float = 0.0  # ms in a second in which nobody clicks
    worker_idle: float = 0.0
    memory: float = 0.0
    worker_memory: float = 0.0


def _worker(house: House) -> int | None:
    """The process that runs the jobs, if they have one."""
    stat = Path(f"/proc/{house.server_pid}/stat").read_text(encoding="ascii")
    supervisor = int(stat.rpartition(")")[2].split()[1])
    found = children_of(supervisor).items()
    return next((pid for pid, command in found if "portal jobs" in command), None)


async def _block(visitor: Visitor, pid: int) -> float:
    before = cpu_seconds(pid)
    for _ in range(CLICKS):
        await visitor.click()
    return (cpu_seconds(pid) - before) / CLICKS * 1000


async def _idle(pids: Mapping[str, int]) -> dict[str, float]:
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    started = time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    took = time.monotonic() - started
    return {name: (cpu_seconds(pid) - before[name]) / took * 1000 for name, pid in pids.items()}


async def _watch(house: House) -> Seen:
    seen, started, server = Seen(), time.monotonic(), house.server_pid
    async with AsyncExitStack() as stack:
        visitors = []
        for who, page in PAGES:
            login = who if "." in who else login_of(who)
            visitor = await Visitor.arrive(house.person(login), page)
            stack.push_async_callback(visitor.leave)
            for _ in range(WARM_CLICKS):
                await visitor.click()
            visitors.append(visitor)
        while time.monotonic() - started < AFTER_START_SECONDS:
            for visitor in visitors:
                seen.early.append(await _block(visitor, server))
        pids = {"server": server} | ({"worker": pid} if (pid := _worker(house)) else {})
        used = await _idle(pids)
        seen.idle, seen.worker_idle = used["server"], used.get("worker", 0.0)
        for _ in range(REST_BLOCKS):
            for visitor in visitors:
                seen.rest.append(await _block(visitor, server))
        seen.memory = resident_megabytes(server)
        seen.worker_memory = resident_megabytes(pids["worker"]) if "worker" in pids else 0.0
    return seen


def _figures(way: str, seen: Seen) -> Iterator[Figure]:
    def figure(name: str, value: float, unit: str, runs: int = 1) -> Figure:
        return Figure(figure=f"jobs.{way}.{name}", value=value, unit=unit, runs=runs)

    yield figure("click_after_start", median(seen.early), "ms", len(seen.early) * CLICKS)
    yield figure("click_after_start_dearest", max(seen.early), "ms", len(seen.early))
    yield figure("click_at_rest", median(seen.rest), "ms", len(seen.rest) * CLICKS)
    yield figure("idle", seen.idle, "ms/s")
    yield figure("memory", seen.memory, "MB")
    if seen.worker_memory:
        yield figure("worker_idle", seen.worker_idle, "ms/s")
        yield figure("worker_memory", seen.worker_memory, "MB")


def run() -> None:
    """Measure and print."""
    found: dict[str, Seen] = {}
    for way in ("within", "apart"):
        with ground.environment(PORTAL_JOBS=way), open_house() as house:
            found[way] = asyncio.run(_watch(house))
        for figure in _figures(way, found[way]):
            emit(figure)
    for name in ("early", "rest"):
        apart, within = (median(getattr(found[way], name)) for way in ("apart", "within"))
        what = "click_after_start" if name == "early" else "click_at_rest"
        emit(Figure(figure=f"jobs.{what}.apart_vs_within", value=apart / within, unit="x", runs=1))
