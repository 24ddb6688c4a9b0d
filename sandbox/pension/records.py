"""What the residents' pension system holds about a person, under its legacy field codes."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.distort import Register, compact, dotted, question_marks, slashed
from sandbox.identity import old_style
from sandbox.people import Person, Relation, Tie
from sandbox.population import World
from sandbox.traits import PENSION_BEGAN, RETIREMENT, day_between

Row = dict[str, str | None]
NOTHING = ("无", "", None)
_DOTS = ("．", "．", "")
_GRADES = ("100", "200", "300", "300", "500", "1000")
_OLD_NUMBERS_BORN_BEFORE = date(1958, 1, 1)


class Records:
    """Residents who joined the pension scheme, less some whom the system lost."""

    def __init__(self, world: World) -> None:
        self.register = Register(
            world,
            "pension",
            misses=0.03,
            holds=lambda person: person.pension_since is not None,
        )

    def find(self, number: str) -> Person | None:
        """A member by either form of the number."""
        if len(number.strip()) == 15:
            return self.register.find_old(number)
        return self.register.find(number)

    def full(self, person: Person) -> Row:
        """The whole row, in the order of the WSDL."""
        brief = self.brief(person)
        row: Row = {}
        for name, value in brief.items():
            row[name] = value
            if name == "AAC049":
                row.update(self._money(person))
        row["AAE013"] = self.register.nothing(person, "AAE013", NOTHING)
        return row

    def brief(self, person: Person) -> Row:
        """The row as the roster has it."""
        register = self.register
        registered = person.current(Tie.REGISTERED)
        home = register.home(person, stale=0.7)
        no_home = register.happens(person, "no home", 0.2)
        joined = person.pension_since or PENSION_BEGAN
        return {
            "AAC001": f"{person.no + 1:010d}",
            "AAC002": self._number(person),
            "AAC003": self._name(person),
            "AAC004": self._sex(person),
            "AAC006": compact(self._born(person)),
            "AAC008": "2" if self._paused(person) else "1",
            "AAC031": self._paying(person),
            "AAC049": f"{joined:%Y%m}",
            "AAE005": person.phone or register.nothing(person, "AAE005", NOTHING),
            "AAB301": self._region(registered),
            "AAC010": registered.address if registered else None,
            "BAB301": None if no_home else self._region(home),
            "AAE006": None if no_home else home.address,
            "BAE036": None if no_home else self._since(person, home),
            "AAE036": slashed(joined + timedelta(days=register.chance(person, "x").randint(0, 40))),
        }

    def _number(self, person: Person) -> str:
        old = person.born < _OLD_NUMBERS_BORN_BEFORE
        if old and self.register.happens(person, "old number", 0.3):
            return old_style(person.id_number)
        return person.id_number

    def _name(self, person: Person) -> str:
        dot = self.register.chance(person, "dot").choice(_DOTS)
        return question_marks(dotted(self.register.surname(person, 0.4), dot))

    def _sex(self, person: Person) -> str:
        if self.register.happens(person, "sex", 0.02):
            return "9"
        return "1" if person.male else "2"

    def _born(self, person: Person) -> date:
        wrong = self.register.happens(person, "born", 0.015)
        return person.born - timedelta(days=1) if wrong else person.born

    def _region(self, place: Relation | None) -> str:
        return self.register.world.region.retired(place.region) if place else ""

    def _since(self, person: Person, place: Relation) -> str:
        return "" if self.register.happens(person, "since", 0.4) else slashed(place.since)

    def _drawing(self, person: Person) -> bool:
        return person.age(self.register.world.today) >= RETIREMENT

    def _paused(self, person: Person) -> bool:
        return not self._drawing(person) and self.register.happens(person, "paused", 0.12)

    def _paying(self, person: Person) -> str:
        if self._drawing(person):
            return "3"
        return "2" if self._paused(person) else "1"

    def _money(self, person: Person) -> Row:
        chance = self.register.chance(person, "money")
        today = self.register.world.today
        grade = chance.choice(_GRADES)
        joined = person.pension_since or PENSION_BEGAN
        if not self._drawing(person):
            months = (today.year - joined.year) * 12
            row: Row = {"AAE200": str(months), "AIC040": grade, "AAC084": "0", "AIC160": None}
            return row | {"AAE019": None, "AAE010": None, "BAC150": None, "BAC151": None}
        sixty = date(person.born.year + RETIREMENT, person.born.month, 1)
        start = max(sixty, PENSION_BEGAN)
        certified = day_between(chance, max(start, today - timedelta(days=700)), today)
        return {
            "AAE200": str(max(0, (start.year - joined.year) * 12)),
            "AIC040": grade if joined < sixty else "",
            "AAC084": "1",
            "AIC160": slashed(start),
            "AAE019": f"{chance.uniform(215, 420):.2f}",
            "AAE010": f"62001{person.no:014d}",
            "BAC150": slashed(certified),
            "BAC151": "0" if chance.random() < 0.04 else "1",
        }
