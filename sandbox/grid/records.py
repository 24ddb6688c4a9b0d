"""What the grid system holds about persons, houses and enterprises, in its own columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox.distort import Register, dotted, question_marks
from sandbox.names import MIDDLE_DOT
from sandbox.people import Household, Marital, Person, Relation, Tie
from sandbox.population import World
from sandbox.traits import day_between

SOURCE = "模拟数据"
NOTHING = ("无", "", None)
_DOTS = (MIDDLE_DOT, "", "", "•")
_MARITAL = {
    Marital.SINGLE: "10",
    Marital.MARRIED: "20",
    Marital.WIDOWED: "30",
    Marital.DIVORCED: "40",
}


class Records:
    """Everyone whom the grid workers found; every region code in their first numbering."""

    def __init__(self, world: World) -> None:
        self.register = Register(world, "grid", misses=0.05, holds=lambda person: True)

    def persons(self) -> Iterator[tuple[Any, ...]]:
        """Rows of ``t_syrk``, in its column order."""
        for person in self.register.members:
            yield (
                *self._identity(person),
                *self._registered(person),
                *self._home(person),
                *self._tied(person.current(Tie.OWNING)),
                person.employer or self.register.nothing(person, "GZDW", (None, "")),
                *self._tied(person.current(Tie.WORKING)),
                _MARITAL[person.marital],
                self._alone(person),
                str(person.disability)
                if person.disability
                else self.register.nothing(person, "CJDJ", NOTHING),
                SOURCE,
                self._touched(person),
            )

    def houses(self) -> Iterator[tuple[Any, ...]]:
        """Rows of ``t_fw``, in its column order."""
        world = self.register.world
        for household in world.households:
            head = world.persons[household.members[0]]
            owned = head.current(Tie.OWNING)
            chance = self.register.chance(head, "landlord")
            owner = head if owned else chance.choice(world.persons)
            yield (
                self._house(household),
                self._code(household.region),
                self._cell(household),
                household.dwelling,
                "1" if owned else "2",
                self._name(owner),
                self._number(owner),
                owner.id_number,
                _at_midnight(owned.since if owned else None),
                len(household.members),
                SOURCE,
                self._touched(head),
            )

    def enterprises(self) -> Iterator[tuple[Any, ...]]:
        """Rows of ``t_dw``, in its column order; the grid workers missed some."""
        world = self.register.world
        for one in world.enterprises.all:
            if one.no % 23 == 7:
                continue
            region = self._code(one.region)
            yield (
                f"{region}D{one.no + 1:06d}",
                one.name,
                one.code.lower() if one.no % 11 == 3 else one.code,
                one.code,
                one.kind,
                region,
                f"{region}001",
                one.address,
                one.staff,
                SOURCE,
                datetime.combine(world.today - timedelta(days=one.no % 700), time(9, one.no % 60)),
            )

    def _identity(self, person: Person) -> tuple[Any, ...]:
        household = self.register.world.household_of(person)
        registered = person.current(Tie.REGISTERED)
        return (
            f"{person.no + 1:010d}",
            self._name(person),
            self._number(person),
            person.id_number,
            "1" if person.male else "0",
            _at_midnight(person.born),
            person.phone or self.register.nothing(person, "LXDH", NOTHING),
            f"{self._code(household.region)}H{household.no + 1:05d}",
            person.role.value,
            self._kind(person, registered),
        )

    def _kind(self, person: Person, registered: Relation | None) -> str:
        if registered is None or registered.region not in self.register.world.region.divisions:
            return "2"
        return "1" if registered.region == person.home.region else "3"

    def _registered(self, person: Person) -> tuple[Any, ...]:
        return self._tied(person.current(Tie.REGISTERED))

    def _home(self, person: Person) -> tuple[Any, ...]:
        household = self.register.world.household_of(person)
        place = self.register.home(person, stale=0.3)
        registered = person.current(Tie.REGISTERED)
        at_home = registered is not None and registered.region == place.region
        moved = place.region != household.region
        cell = self._code(place.region) + "001" if moved else self._cell(household)
        name = self.register.world.region.short_name(place.region)
        return (
            *self._tied(place),
            "1" if at_home else "0",
            cell,
            f"{name}第{int(cell[-3:])}网格",
            None if moved else self._house(household),
        )

    def _tied(self, relation: Relation | None) -> tuple[str | None, str | None, datetime | None]:
        if relation is None:
            return None, None, None
        return self._code(relation.region), relation.address, _at_midnight(relation.since)

    def _code(self, code: str) -> str:
        return self.register.world.region.retired(code)

    def _cell(self, household: Household) -> str:
        return f"{self._code(household.region)}{household.grid:03d}"

    def _house(self, household: Household) -> str:
        return f"{self._code(household.region)}F{household.no + 1:06d}"

    def _name(self, person: Person) -> str:
        dot = self.register.chance(person, "dot").choice(_DOTS)
        name = question_marks(dotted(self.register.surname(person, 0.3), dot))
        spaced = self.register.happens(person, "space", 0.015)
        return f"{name[0]} {name[1:]}" if spaced else name

    def _number(self, person: Person) -> str:
        number = person.id_number
        if self.register.happens(person, "case", 0.3):
            number = number.lower()
        return f"{number}  " if self.register.happens(person, "padding", 0.03) else number

    def _alone(self, person: Person) -> str | None:
        if self.register.happens(person, "unvisited", 0.15):
            return None
        return "1" if self.register.world.lives_alone(person) else "0"

    def _touched(self, person: Person) -> datetime:
        chance = self.register.chance(person, "GXSJ")
        today = self.register.world.today
        day = day_between(chance, today - timedelta(days=900), today)
        return datetime.combine(day, time(chance.randint(8, 18), chance.randint(0, 59)))


def _at_midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None
