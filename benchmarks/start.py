"""Group ``start``: how long the first start takes, and how soon a restarted server is there."""

import asyncio
import time

from benchmarks.figures import Figure, emit, median
from benchmarks.house import House, login_of
from benchmarks.second import open_second
from benchmarks.visitor import Identity, Visitor

STARTS = 5
LEVEL = "community"


async def _first_page(identity: Identity) -> None:
    visitor = await Visitor.arrive(identity)
    await visitor.click()
    await visitor.leave()


def _one_start(house: House, number: int) -> tuple[float, float]:
    """Seconds to the first byte, and to a whole page for somebody who is signed in."""
    started = time.perf_counter()
    with open_second(house, name=f"start-{number}") as second:
        answering = time.perf_counter() - started
        identity = Identity.of(login_of(LEVEL), second.base, issuer=house.base)
        asyncio.run(_first_page(identity))
        return answering, time.perf_counter() - started


def run(house: House) -> None:
    """Measure and print."""
    times = house.milestones
    for name, value, target in (
        ("first.sandbox", times.sandbox, None),
        ("first.seed", times.seeded - times.sandbox, None),
        ("first.whole", times.ready, "<= 60"),
    ):
        emit(Figure(figure=f"start.{name}", value=value, unit="s", target=target, runs=1))
    starts = [_one_start(house, number) for number in range(STARTS)]
    emit(
        Figure(
            figure="start.healthz",
            value=median([answering for answering, _ in starts]),
            unit="s",
            runs=STARTS,
        )
    )
    emit(
        Figure(
            figure="start.first_page",
            value=median([whole for _, whole in starts]),
            unit="s",
            runs=STARTS,
        )
    )
