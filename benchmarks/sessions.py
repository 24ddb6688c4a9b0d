"""Group ``sessions``: how many people one process holds, each clicking every ten seconds.

A crowd grows rung by rung until one does not hold (p95 below one second, nobody lost) twice in a
row; then the rung between the last two is tried. Portal and bare page climb side by side, rung
about rung, because the machine is as it is at the moment.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

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
TRIES = 2  # a neighbour's burst must not decide
REST_SECONDS = 5.0  # the server finishes what it had begun


@dataclass(kw_only=True)
class Climber:
    """One of the two servers, and how far it has come."""

    name: str
    crowd: Crowd
    held: Rush = field(default_factory=lambda: Rush(people=0, seconds=[0.0]))
    climbing: bool = True

    async def climb(self, people: int) -> None:
        """Try a rung; when it does not hold, try the one between and stop."""
        if await self._holds(people):
            return
        self.climbing = False
        await self.crowd.resize(self.held.people)
        await asyncio.sleep(REST_SECONDS)
        await self._holds(self.held.people + STEP // 2)
        await self.crowd.resize(0)

    async def _holds(self, people: int) -> bool:
        for _ in range(TRIES):
            try:
                await self.crowd.resize(people)
                rush = await self.crowd.rush(SECONDS)
            except (TimeoutError, OSError):
                return False
            if rush.held(LIMIT):
                self.held = rush
                return True
            await asyncio.sleep(REST_SECONDS)
        return False


async def _race(climbers: list[Climber]) -> None:
    for people in LADDER:
        for one in climbers:
            if one.climbing:
                await one.climb(people)
    for one in climbers:
        await one.crowd.resize(0)


def _climber(name: str, newcomer: Callable[[], Identity]) -> Climber:
    return Climber(name=name, crowd=Crowd(newcomer))


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(Figure(figure=f"sessions.{name}", value=value, unit=unit, runs=runs, target=target))


def run(house: House) -> None:
    """Measure and print."""
    first = asyncio.run(first_look(house.visitor(LEVEL)))
    empty = resident_megabytes(house.server_pid)
    with open_bare(house.place, "bare-crowd", inventory.of(first.messages)) as bare:
        stranger = bare.visitor()
        home = _climber("home", lambda: house.visitor(LEVEL))
        plain = _climber("bare", lambda: stranger)
        asyncio.run(_race([plain, home]))
    for one in (home, plain):
        clicks = len(one.held.seconds)
        _emit(f"{one.name}.held", one.held.people, "sessions", clicks)
        _emit(f"{one.name}.p95", one.held.p95, "s", clicks, "< 1")
    ratio = home.held.people / plain.held.people if plain.held.people else float("nan")
    _emit("home_vs_bare", ratio, "x", 1)
    _emit("home.memory_grown", resident_megabytes(house.server_pid) - empty, "MB", 1)
