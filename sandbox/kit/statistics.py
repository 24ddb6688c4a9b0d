"""Numbers per community and month that a system gives of what it knows, in its own columns.

What there is comes from the persons and households of the simulated world, so that it agrees with
what the same system says of one of them; what happened comes from dice of place, month and matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any

from sandbox.distort import Clock, Register, local
from sandbox.kit.declared import People, Row
from sandbox.kit.events import dice_of
from sandbox.people import Household, Person, Tie
from sandbox.population import World

MONTHS = 6  # a whole quarter and the one before
Where = Callable[[Register, Person], str | None]
Number = Callable[["Place"], int]


def lives(stale: float) -> Where:
    """Where the system believes a person to live."""

    def where(register: Register, person: Person) -> str:
        return register.home(person, stale).region

    return where


def at_home(register: Register, person: Person) -> str:
    """Where a person lives indeed."""
    return person.home.region


def registered(register: Register, person: Person) -> str | None:
    """Where a person is registered."""
    place = person.current(Tie.REGISTERED)
    return place.region if place else None


@dataclass(frozen=True, kw_only=True)
class Place:
    """One community in one month, as a system counts it on a day of that month."""

    register: Register
    region: str
    people: Sequence[Person]  # whom the system knows there
    households: Sequence[Household]  # who live there, known or not
    day: date

    @property
    def world(self) -> World:
        """The world that it lies in."""
        return self.register.world

    def dice(self, about: str, *, lasting: bool = False) -> Random:
        """The random source of one matter: of this month, or of the place for good."""
        month = "" if lasting else f"{self.day:%Y%m}"
        return dice_of(self.world, self.register.system, "statistics", about, self.region, month)

    def happened(self, about: str, usual: float) -> int:
        """About how often something happens in a month, as far as the month has come."""
        dice = self.dice(about)
        whole = int(usual * dice.uniform(0.6, 1.4) + dice.random())
        following = (self.day.replace(day=1) + timedelta(days=32)).replace(day=1)
        days = (following - timedelta(days=1)).day
        return sum(dice.randint(1, days) <= self.day.day for _ in range(whole))

    def count(self, holds: Callable[[Person], bool]) -> int:
        """How many of its people are so."""
        return sum(map(holds, self.people))


@dataclass(kw_only=True)
class Statistics:
    """The numbers of one system: a row for each community and month.

    What there is stands in the newest month only, which is marked; earlier ones say what happened.
    """

    system: str
    number: str  # the columns: key, place, day of the count, whether it is the newest
    region: str
    day: str
    newest: str
    people: People | None = None
    where: Where = at_home
    stocks: Mapping[str, Number] = field(default_factory=dict)
    flows: Mapping[str, Number] = field(default_factory=dict)
    marks: tuple[Any, Any] = ("1", "0")
    style: str = "%Y-%m-%d"
    texts: bool = True  # numbers are written as texts
    retired: bool = False  # places in the numbering that was replaced
    more: Callable[[date], Row] = lambda today: {}
    _made: tuple[World, date, list[Row]] | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All of them, in the order of a row."""
        some = (*self.stocks, *self.flows, *self.more(date.min))
        return (self.number, self.region, self.day, self.newest, *some)

    def __call__(self, world: World, clock: Clock) -> list[Row]:
        """The rows of a declared system, made once a day."""
        if self.people is None:
            raise ValueError(f"{self.system} counts nobody")
        today = local(clock()).date()
        if self._made is None or self._made[0] is not world or self._made[1] != today:
            holds, misses = self.people.holds, self.people.misses
            register = Register(world, self.system, misses=misses, holds=holds)
            self._made = (world, today, list(self.rows(register, today)))
        return self._made[2]

    def rows(self, register: Register, today: date) -> Iterator[Row]:
        """A row for each community and month; whoever asks for days gets the months they touch."""
        people: dict[str, list[Person]] = {}
        for person in register.members:
            region = self.where(register, person)
            if region is not None and region in register.world.region.divisions:
                people.setdefault(region, []).append(person)
        homes: dict[str, list[Household]] = {}
        more = self.more(today)
        for household in register.world.households:
            homes.setdefault(household.region, []).append(household)
        for region in sorted(people.keys() | homes.keys()):
            for day in _days(today):
                place = Place(
                    register=register,
                    region=region,
                    people=people.get(region, ()),
                    households=homes.get(region, ()),
                    day=day,
                )
                yield {**self._row(place, newest=day == today), **more}

    def _row(self, place: Place, *, newest: bool) -> Row:
        written = place.world.region.retired(place.region) if self.retired else place.region
        row: dict[str, Any] = {
            self.number: f"{place.region}{place.day:%Y%m}",
            self.region: written,
            self.day: f"{place.day:{self.style}}",
            self.newest: self.marks[0] if newest else self.marks[1],
        }
        for name, number in self.stocks.items():
            row[name] = self._written(number(place)) if newest else None
        for name, number in self.flows.items():
            row[name] = self._written(number(place))
        return {**row, "_day": place.day.replace(day=1), "_end": place.day}

    def _written(self, number: int) -> str | int:
        return str(number) if self.texts else number


def _days(today: date) -> Iterator[date]:
    """The last day of each of the last months, oldest first, and today."""
    first = today.replace(day=1)
    ends: list[date] = []
    while len(ends) < MONTHS - 1:
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    yield from reversed(ends)
    yield today
