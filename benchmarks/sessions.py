"""Group ``sessions``: how many people one process holds, each clicking every ten seconds.

The ladder is climbed until a rung does not hold (p95 below one second, nobody lost); the rung
between the last two is tried too. The bare page with the same elements climbs the same ladder in
the same run, because the machine is as it is today.
"""

import asyncio
from collections.abc import Callable

from benchmarks import inventory
from benchmarks.bare_house import open_bare
from benchmarks.crowd import Crowd, Rush
from benchmarks.figures import Figure, emit
from benchmarks.house import House
from benchmarks.pages import first_look
from benchmarks.processes import resident_megabytes
from benchmarks.visitor import Identity

LEVEL = "community"  # most people by far
LIMIT = 1.0  # s
STEP = 100
LADDER = range(STEP, 1501, STEP)
SECONDS = 30.0


async def _rung(crowd: Crowd, people: int) -> Rush:
    try:
        await crowd.resize(people)
    except (TimeoutError, OSError):
        return Rush(people=people, lost=people)
    return await crowd.rush(SECONDS)


async def _climb(newcomer: Callable[[], Identity]) -> Rush:
    """The largest crowd that was held; one of nobody if not even the first was."""
    crowd, held = Crowd(newcomer), Rush(people=0, seconds=[0.0])
    for people in LADDER:
        rush = await _rung(crowd, people)
        if not rush.held(LIMIT):
            break
        held = rush
    await crowd.resize(0)
    await asyncio.sleep(5)  # the server finishes what it had begun
    between = held.people + STEP // 2
    rush = await _rung(crowd, between)
    await crowd.resize(0)
    return rush if rush.held(LIMIT) else held


def _report(name: str, best: Rush, target: str | None = None) -> None:
    runs = len(best.seconds)
    emit(
        Figure(
            figure=f"sessions.{name}.held",
            value=best.people,
            unit="sessions",
            target=target,
            runs=runs,
        )
    )
    emit(Figure(figure=f"sessions.{name}.p95", value=best.p95, unit="s", target="< 1", runs=runs))


def run(house: House) -> None:
    """Measure and print."""
    first = asyncio.run(first_look(house.visitor(LEVEL)))
    with open_bare(house.place, "bare-crowd", inventory.of(first.messages)) as bare:
        stranger = bare.visitor()
        bare_best = asyncio.run(_climb(lambda: stranger))
    empty = resident_megabytes(house.server_pid)
    best = asyncio.run(_climb(lambda: house.visitor(LEVEL)))
    _report("home", best)
    _report("bare", bare_best)
    ratio = best.people / bare_best.people if bare_best.people else float("nan")
    emit(Figure(figure="sessions.home_vs_bare", value=ratio, unit="x", runs=1))
    grown = resident_megabytes(house.server_pid) - empty
    emit(Figure(figure="sessions.home.memory_grown", value=grown, unit="MB", runs=1))
