"""What the subsistence system holds about a person, in its own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.distort import Register, compact, dotted, in_capitals
from sandbox.people import Household, Person, Relation, Role, Tie
from sandbox.population import World

NOTHING = ("无", "", None)
OPEN_END = "99991231"
_LEFT_EVERY = 170  # one household in so many left the allowance in the last years
_ROLES = {
    Role.HEAD: "01",
    Role.SPOUSE: "02",
    Role.SON: "03",
    Role.DAUGHTER: "04",
    Role.GRANDCHILD: "05",
    Role.PARENT: "06",
    Role.SIBLING: "08",
}
_MONTHLY = {"1": 732, "2": 455, "3": 1180}


class Records:
    """Allowance households, now and until recently."""

    def __init__(self, world: World) -> None:
        self.register = Register(
            world,
            "subsistence",
            misses=0.03,
            holds=lambda person: _status(world.household_of(person)) is not None,
        )
        self._households: dict[str, list[Person]] = {}
        for person in self.register.members:
            self._households.setdefault(self.household_no(person), []).append(person)

    def household(self, number: str) -> list[Person]:
        """The insured members of a household."""
        return self._households.get(number, [])

    def household_no(self, person: Person) -> str:
        """The number of a person's household in this system."""
        household = self.register.world.household_of(person)
        return f"DB{household.region}{household.no + 1:06d}"

    def full(self, person: Person) -> dict[str, Any]:
        """The whole record."""
        register = self.register
        household = register.world.household_of(person)
        kind = household.allowance or "1"
        members = self.household(self.household_no(person))
        amount = _MONTHLY[kind] * len(members) * 0.82
        head = person.role is Role.HEAD
        record = self.brief(person)
        record.update(
            bzrks=len(members),
            bzje=f"{amount:.2f}" if household.no % 3 else str(int(amount)),
            pkyy=self._cause(person, members),
            cjdj=str(person.disability)
            if person.disability
            else register.nothing(person, "cjdj", ("", None)),
            khyh="农村商业银行" if head else register.nothing(person, "khyh", ("", None)),
            yhzh=f"62000{household.no:014d}" if head else None,
            bz=register.nothing(person, "bz", NOTHING),
            jtcy=[self._member(member) for member in members],
        )
        return record

    def brief(self, person: Person) -> dict[str, Any]:
        """The record as the roster has it."""
        register = self.register
        household = register.world.household_of(person)
        registered = person.current(Tie.REGISTERED)
        home = register.home(person, stale=0.15)
        status = _status(household)
        begun = household.allowance_since or register.world.today - timedelta(days=1500)
        number = person.id_number
        return {
            "jtbh": self.household_no(person),
            "xm": self._name(person),
            "sfzh": number.lower() if register.happens(person, "case", 0.3) else number,
            "xb": "1" if person.male else "2",
            "csrq": compact(person.born),
            "yhzgx": _ROLES.get(person.role, "99"),
            "lxdh": person.phone or register.nothing(person, "lxdh", NOTHING),
            "hjqh": self._region(person, registered, rough=0.03),
            "hjdz": registered.address if registered else "",
            "qrrq": compact(registered.since if registered else None),
            "jzqh": self._region(person, home, rough=0.08),
            "jzdz": "" if register.happens(person, "jzdz", 0.1) else home.address,
            "jzrq": compact(home.since) if register.happens(person, "jzrq", 0.8) else None,
            "bzlx": household.allowance or "1",
            "kssj": compact(begun.replace(day=1)),
            "jssj": OPEN_END if status == "1" else compact(register.world.today),
            "ztbz": status,
        }

    def _name(self, person: Person) -> str:
        name = in_capitals(dotted(self.register.surname(person, 0.5), ""))
        return f"{name} " if self.register.happens(person, "space", 0.04) else name

    def _region(self, person: Person, place: Relation | None, *, rough: float) -> str:
        if place is None:
            return ""
        code = self.register.region(person, place.region, retired=0.35)
        vague = self.register.happens(person, f"rough{place.tie}", rough)
        return (
            code[:-3] + "000"
            if vague and place.region in self.register.world.region.divisions
            else code
        )

    def _cause(self, person: Person, members: list[Person]) -> str:
        if any(member.disability in (1, 2) for member in members):
            return "02"
        if any(member.chronic for member in members):
            return "01"
        if person.age(self.register.world.today) >= 60:
            return "03"
        return self.register.chance(person, "pkyy").choice(("04", "05", "99"))

    def _member(self, person: Person) -> dict[str, str]:
        return {
            "xm": self._name(person),
            "sfzh": person.id_number,
            "yhzgx": _ROLES.get(person.role, "99"),
            "csrq": compact(person.born),
        }


def _status(household: Household) -> str | None:
    """1 receiving, 2 stopped, None never."""
    if household.allowance is not None:
        return "1"
    return "2" if household.no % _LEFT_EVERY == 7 else None
