"""Things that happened, day by day: the same for the same seed and day, on every start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from hashlib import blake2b
from random import Random

from sandbox.distort import Clock, local
from sandbox.kit.declared import Row
from sandbox.population import World

KEPT_DAYS = 70  # whole months are asked for: up to two of them and some days
Make = Callable[[Random, date, int, str], Row]  # dice, day, number, region code


def dice_of(world: World, *about: object) -> Random:
    """The random source of one matter."""
    text = ":".join(str(one) for one in (world.seed, *about))
    return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))


def events(world: World, clock: Clock, system: str, *, one_in: int, make: Make) -> Iterator[Row]:
    """Rows of the last weeks, oldest first; ``one_in`` residents make one a day. Adds ``_day``.

    A row that came to its end says when as ``_end``.
    """
    today = local(clock()).date()
    for back in range(KEPT_DAYS, -1, -1):
        day = today - timedelta(days=back)
        dice = dice_of(world, system, day)
        for number in range(max(2, len(world.persons) // one_in)):
            region = dice.choice(world.persons).home.region
            code = world.region.retired(region) if dice.random() < 0.2 else region
            yield {**make(dice, day, number, code), "_day": day}


def ended(dice: Random, day: date, today: date, *, within: int, open_share: float) -> date | None:
    """The day before today on which a matter of that day came to its end; none if it has not."""
    end = day + timedelta(days=dice.randint(0, within))
    return end if dice.random() >= open_share and end < today else None


def between(rows: Iterable[Row], given: Mapping[str, str]) -> list[Row]:
    """What began or ended from one day to another, both included; everything without days."""
    if not given.get("from") or not given.get("to"):
        return list(rows)
    first, last = date.fromisoformat(given["from"]), date.fromisoformat(given["to"])
    return [one for one in rows if _touches(one["_day"], one.get("_end"), first, last)]


def _touches(began: date, end: date | None, first: date, last: date) -> bool:
    return first <= began <= last or (end is not None and first <= end <= last)
