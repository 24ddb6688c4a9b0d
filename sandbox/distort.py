"""How real systems get things wrong: spellings, gaps and old values, the same on every start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from random import Random
from zoneinfo import ZoneInfo

from sandbox.material import material
from sandbox.names import MIDDLE_DOT
from sandbox.people import Person, Relation, Tie
from sandbox.population import World

LOCAL_TIME = ZoneInfo("Asia/Shanghai")
Clock = Callable[[], datetime]
OTHER_SURNAMES = "邱邵孟龙万段雷钱汤尹"


class Register:
    """The part of the world that one system knows, and its own chance for each of its mistakes.

    Mistakes are drawn from the seed, the system's name and the person, when a record is asked for:
    nothing is stored, and the same person always looks the same in the same system. Who is known
    is worked out when somebody asks for all of them, not at the start.
    """

    def __init__(
        self, world: World, system: str, *, misses: float, holds: Callable[[Person], bool]
    ) -> None:
        self.world = world
        self.system = system
        self.contrary = False  # whether it says other things of everybody than the others do
        self._salt = f"{world.seed}:{system}:".encode()
        self._misses = misses
        self._holds = holds

    def knows(self, person: Person) -> bool:
        """Whether this person is in the system."""
        return self._holds(person) and not self.happens(person, "unknown", self._misses)

    @property
    def members(self) -> Sequence[Person]:
        """Everybody who is in the system."""
        known = self._members
        return [self._told(person) for person in known] if self.contrary else known

    @cached_property
    def _members(self) -> Sequence[Person]:
        return [person for person in self.world.persons if self.knows(person)]

    def __len__(self) -> int:
        return len(self._members)

    def find(self, number: str) -> Person | None:
        """The member with that identity number, in its eighteen-digit form."""
        return self._known(self.world.by_number.get(number.strip().upper()))

    def find_old(self, number: str) -> Person | None:
        """The member with that fifteen-digit number."""
        return self._known(self.world.by_old_number.get(number.strip()))

    def _known(self, person: Person | None) -> Person | None:
        if person is None or not self.knows(person):
            return None
        return self._told(person)

    def _told(self, person: Person) -> Person:
        """The person as this system sees them: as they are, or contrary to all others."""
        if not self.contrary:
            return person
        chance = self.chance(person, "contrary")
        surname = chance.choice([one for one in OTHER_SURNAMES if one != person.name[0]])
        homes = self.world.households
        there = homes[(person.household + 1) % len(homes)]
        elsewhere = {
            one: replace(one, region=there.region, address=there.dwelling)
            for one in person.relations
            if one.tie is Tie.LIVING
        }
        return replace(
            person,
            name=surname + person.name[1:],
            born=person.born - timedelta(days=chance.randint(1, 27)),
            phone=f"199{chance.randrange(10**8):08d}",
            relations=tuple(elsewhere.get(one, one) for one in person.relations),
        )

    def chance(self, person: Person, about: str) -> Random:
        """The random source of one mistake of this system about one person."""
        return Random(self._digest(person, about))

    def happens(self, person: Person, about: str, rate: float) -> bool:
        """Whether this system makes that mistake about this person."""
        return self._digest(person, about) < rate * 2**64

    def _digest(self, person: Person, about: str) -> int:
        text = self._salt + f"{person.no}:{about}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest())

    def nothing(self, person: Person, about: str, ways: Sequence[str | None]) -> str | None:
        """One of the ways in which this system writes down nothing."""
        return self.chance(person, about).choice(ways)

    def surname(self, person: Person, rate: float) -> str:
        """The name, its surname typed in the other of two common spellings now and then."""
        variants: dict[str, str] = material("names")["respelt"]
        either = variants | {new: old for old, new in variants.items()}
        other = either.get(person.name[0])
        if other is None or not self.happens(person, "surname", rate):
            return person.name
        return other + person.name[1:]

    def home(self, person: Person, stale: float) -> Relation:
        """Where the system believes that the person lives: for some, where they lived before."""
        before = person.earlier(Tie.LIVING)
        if before is not None and self.happens(person, "moved", stale):
            return before
        return person.home

    def region(self, person: Person, code: str, retired: float) -> str:
        """A region code, for some persons still in the retired numbering."""
        if retired and self.happens(person, "retired", retired):
            return self.world.region.retired(code)
        return code


def dotted(name: str, dot: str) -> str:
    """The name with its middle dot typed another way, or dropped."""
    return name.replace(MIDDLE_DOT, dot)


def in_capitals(name: str) -> str:
    """Rare characters typed as pinyin, the way clerks do where their input method has none."""
    spelt: dict[str, str] = material("names")["pinyin"]
    return "".join(spelt.get(character, character) for character in name)


def question_marks(name: str, charset: str = "gbk") -> str:
    """Characters outside a charset lost to question marks."""
    return name.encode(charset, errors="replace").decode(charset)


def compact(day: date | None) -> str:
    """``yyyyMMdd``, or nothing."""
    return f"{day:%Y%m%d}" if day else ""


def slashed(day: date | None) -> str:
    """``yyyy/MM/dd``, or nothing."""
    return f"{day:%Y/%m/%d}" if day else ""


def iso(day: date | None) -> str | None:
    """``yyyy-MM-dd``, or null."""
    return day.isoformat() if day else None


def local(moment: datetime) -> datetime:
    """A moment on the systems' own wall clock."""
    return moment.astimezone(LOCAL_TIME)
