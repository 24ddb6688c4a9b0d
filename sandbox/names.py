"""Names of an area with many naming habits: two to a dozen characters, with or without a dot."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from faker import Faker

from sandbox.material import material

MIDDLE_DOT = "·"


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """The habit a household's names follow while it is being built; it is not kept anywhere."""

    habit: str
    surname: str
    father: str


class Namer:
    """Draws names from its own random source: the same seed gives the same names."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._data = material("names")
        self._faker = Faker("zh_CN")
        self._faker.seed_instance(random.getrandbits(32))
        weights: dict[str, int] = self._data["style_weights"]
        self._habits, self._weights = tuple(weights), tuple(weights.values())

    def family(self) -> Family:
        """The habit and surname of a new household."""
        habit = self._random.choices(self._habits, self._weights)[0]
        return self._named_after(habit)

    def name(self, family: Family, born_year: int, *, male: bool, by_blood: bool = True) -> str:
        """A member's name; one who married in brings another surname of the same habit."""
        sex = "male" if male else "female"
        if not by_blood:
            family = self._named_after(family.habit)
        if family.habit == "tibetan":
            return self._two_part(sex)
        if family.habit == "mongol":
            return self._pick(self._data["mongol"][sex])
        if family.habit == "turkic":
            return self._pick(self._data["turkic"][sex]) + MIDDLE_DOT + family.father
        return family.surname + self._given(family.habit, sex, born_year)

    def _named_after(self, habit: str) -> Family:
        surnames = self._data.get(habit, {}).get("surnames")
        surname = self._pick(surnames) if surnames else self._faker.last_name()
        father = self._pick(self._data["turkic"]["father"])
        return Family(habit=habit, surname=surname, father=father)

    def _given(self, habit: str, sex: str, born_year: int) -> str:
        if habit == "rare" and self._random.random() < 0.6:
            return self._pick(self._data["rare"]["given"])
        if habit in ("ma", "salar"):
            return self._pick(self._data[habit][sex])
        if self._random.random() < 0.45:
            male = sex == "male"
            return self._faker.first_name_male() if male else self._faker.first_name_female()
        return self._pick(self._data["plain"][f"{_generation(born_year)}_{sex}"])

    def _two_part(self, sex: str) -> str:
        own = self._data["tibetan"]
        kind = self._random.random()
        name = self._pick(own[sex])
        if kind > 0.15 and len(name) < 4:
            name += self._pick(own[f"second_{sex}"])
        return self._pick(own["house"]) + MIDDLE_DOT + name if kind > 0.85 else name

    def _pick(self, options: list[str]) -> str:
        return self._random.choice(options)


def _generation(born_year: int) -> str:
    if born_year < 1965:
        return "before_1965"
    return "to_1995" if born_year <= 1995 else "after_1995"
