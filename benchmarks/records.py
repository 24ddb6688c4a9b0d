"""Group ``records``: one click over 37 systems, against the least that any client would need."""

import asyncio
from pathlib import Path

from benchmarks import ground, synthetic, upstream
from benchmarks.figures import Figure, emit, median, paired, percentile
from benchmarks.stage import FAST, SYSTEMS, Stage, Timing, stage
from benchmarks.stage import upstream as running
from portal.connectors.contract import State

PAIRS = 30
SLOW_PAIRS = 10
HANGING = 5
HANG_RUNS = 10
DEADLINE = 1.5
DOWN_RUNS = 100
CROWDS = {5: (15, "<= 1.3"), 50: (5, "<= 2.5")}  # workers at once: rounds, target
_SCALE = f"{SYSTEMS} systems"


async def _fan_out(on: Stage) -> None:
    ours: list[Timing] = []
    cached: list[Timing] = []
    paged: list[Timing] = []
    bare: list[float] = []
    for _ in range(PAIRS):
        person = next(on.persons)
        ours.append(await on.ask_alone(FAST, person))
        bare.append(await on.bare(FAST, [person]))
        cached.append(await on.ask_alone(FAST, person))
        paged.append(await asyncio.to_thread(on.page, FAST, next(on.persons)))
    lasts = [one.last for one in ours]
    _emit("fanout37.vs_gather", paired(lasts, bare), "x", PAIRS, "<= 1.25")
    _emit("fanout37.vs_slowest", median(lasts) / upstream.SECONDS, "x", PAIRS, "<= 1.6")
    _emit("fanout37.page_vs_gather", paired([one.last for one in paged], bare), "x", PAIRS)
    _emit("fanout37.gather", median(bare) * 1000, "ms", PAIRS)
    _emit("fanout37.last", median(lasts) * 1000, "ms", PAIRS)
    _emit("fanout37.first", median([one.first for one in ours]) * 1000, "ms", PAIRS)
    _emit("fanout37.cached", median([one.last for one in cached]) * 1000, "ms", PAIRS)


async def _slow(on: Stage) -> None:
    """One system that takes two seconds must not delay the 36 others."""
    others = FAST[: SYSTEMS - 1]
    beside, alone = [], []
    for _ in range(SLOW_PAIRS):
        both = (*others, upstream.SLOW)
        timing = await on.ask_alone(both, next(on.persons), enough=len(others))
        beside.append(timing.last)
        alone.append((await on.ask_alone(others, next(on.persons))).last)
    _emit("fanout37.beside_slow", paired(beside, alone), "x", SLOW_PAIRS, "<= 1.1")


async def _crowd(on: Stage) -> None:
    """Several workers at once: when the slowest but one in twenty has everything."""
    for workers, (rounds, target) in CROWDS.items():
        ratios = []
        for _ in range(rounds):
            people = [next(on.persons) for _ in range(workers)]
            bare = await on.bare(FAST, people)
            timings = await asyncio.gather(*(on.ask(FAST, one) for one in people))
            on.gateway.settle()
            if any(set(one.states) != {State.RETURNED} for one in timings):
                raise RuntimeError("not every system answered everybody")
            ratios.append(percentile([one.last for one in timings], 0.95) / bare)
        _emit(f"crowd{workers}.p95_vs_gather", median(ratios), "x", rounds, target)


async def _hanging(on: Stage) -> None:
    """Five systems that never answer: the others as ever, the page final at the deadline."""
    well = FAST[: SYSTEMS - HANGING]
    both = (*well, *upstream.hanging(HANGING))
    beside, alone, late, again = [], [], [], []
    for _ in range(HANG_RUNS):
        person = next(on.persons)
        timing = await asyncio.to_thread(on.page, both, person)
        beside.append(timing.last_returned)
        late.append(timing.whole - DEADLINE)
        second = await on.ask(both, person, enough=len(well))
        again.append(second.last)
        alone.append((await on.ask_alone(well, next(on.persons))).last)
        on.gateway.settle()
    _emit("hang5.healthy_vs_none_hanging", paired(beside, alone), "x", HANG_RUNS, "<= 1.1")
    _emit("hang5.final_after_deadline", median(late) * 1000, "ms", HANG_RUNS, "<= 50")
    _emit("hang5.second_try_cached", median(again) * 1000, "ms", HANG_RUNS, "< 10")


async def _down(on: Stage) -> None:
    """A system at rest: what a question costs that is put to it alone, less one put to nobody."""
    for _ in range(synthetic.FAILURES):
        await on.ask((upstream.DOWN,), next(on.persons))
    on.gateway.settle()
    resting, nobody = [], []
    for _ in range(DOWN_RUNS):
        timing = await on.ask((upstream.DOWN,), next(on.persons))
        if timing.states != [State.FAULT]:
            raise RuntimeError(f"it answers after all: {timing.states}")
        resting.append(timing.whole)
        nobody.append((await on.ask((), next(on.persons))).whole)
        on.gateway.settle()
    cost = median([one - other for one, other in zip(resting, nobody, strict=True)])
    _emit("down.cost_while_resting", cost * 1000, "ms", DOWN_RUNS, "< 1")


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


async def _measure(place: Path, base: str) -> None:
    async with stage(place, base, [upstream.SLOW]) as on:
        await _fan_out(on)
        await _slow(on)
        await _crowd(on)
    hang = upstream.hanging(HANGING)
    async with stage(place, base, hang, deadline=DEADLINE) as on:
        await _hanging(on)
    async with stage(place, base, [upstream.DOWN]) as on:
        await _down(on)


def run() -> None:
    """Measure and print."""
    with ground.folder() as place, running(place) as base, ground.database(place):
        asyncio.run(_measure(place, base))
