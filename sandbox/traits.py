"""What systems know about a person beyond name and address, at plausible rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sandbox.households import Draft
from sandbox.material import material
from sandbox.people import Role

EMPLOYEES = "310"
RESIDENTS = "390"
PENSION_BEGAN = date(2011, 7, 1)
RETIREMENT = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """Everything drawn for one person before relations to places are known."""

    employed: bool
    disability: int | None
    chronic: tuple[str, ...]
    insurance: str | None
    insured_since: date | None
    pension_since: date | None


def day_between(random: Random, first: date, last: date) -> date:
    """A day in a span; the first one when the span is empty."""
    return first + timedelta(days=random.randint(0, max(0, (last - first).days)))


def draw(random: Random, draft: Draft, born: date, today: date) -> Traits:
    """The traits of one member."""
    disability = _disability(random, draft.age)
    employed = 20 <= draft.age < RETIREMENT and disability not in (1, 2) and random.random() < 0.44
    insurance = _insurance(random, draft.age, employed=employed)
    return Traits(
        employed=employed,
        disability=disability,
        chronic=_chronic(random, draft.age),
        insurance=insurance,
        insured_since=_insured_since(random, insurance, born, today),
        pension_since=_pension_since(random, draft.age, insurance, born, today),
    )


def allowance(random: Random, members: list[tuple[Draft, Traits]], *, village: bool) -> str | None:
    """Whether a household is on the allowance: 1 urban, 2 rural, 3 persons in extreme hardship."""
    ages = [draft.age for draft, _ in members]
    chance = 0.032
    if len(members) == 1 and ages[0] >= RETIREMENT:
        chance = 0.09
    elif len(members) > 1 and not any(draft.role is Role.SPOUSE for draft, _ in members):
        chance = 0.08
    if any(traits.disability in (1, 2) for _, traits in members):
        chance += 0.14
    if any(traits.employed for _, traits in members):
        chance *= 0.4
    if random.random() >= chance:
        return None
    if len(members) == 1 and ages[0] >= RETIREMENT and random.random() < 0.6:
        return "3"
    return "2" if village else "1"


def _disability(random: Random, age: int) -> int | None:
    rate = 0.012 if age < 15 else 0.036 if age < RETIREMENT else 0.135
    if random.random() >= rate:
        return None
    return random.choices((1, 2, 3, 4), (12, 24, 28, 36))[0]


def _chronic(random: Random, age: int) -> tuple[str, ...]:
    rate = 0.005 if age < 30 else 0.05 if age < 45 else 0.18 if age < RETIREMENT else 0.38
    if random.random() >= rate:
        return ()
    codes = list(material("places")["chronic"])
    count = 2 if age >= RETIREMENT and random.random() < 0.3 else 1
    return tuple(sorted(random.sample(codes, count)))


def _insurance(random: Random, age: int, *, employed: bool) -> str | None:
    if random.random() >= 0.955:
        return None
    if employed or (age >= RETIREMENT and random.random() < 0.24):
        return EMPLOYEES
    return RESIDENTS


def _insured_since(random: Random, insurance: str | None, born: date, today: date) -> date | None:
    if insurance is None:
        return None
    if insurance == EMPLOYEES:
        start = date(min(max(born.year + 19, 2001), today.year - 1), 1, 1)
    else:
        start = max(born, date(2007, 9, 1))
    return day_between(random, start, today)


def _pension_since(
    random: Random, age: int, insurance: str | None, born: date, today: date
) -> date | None:
    if age < 16 or insurance == EMPLOYEES:
        return None
    if random.random() >= (0.93 if age >= RETIREMENT else 0.72):
        return None
    sixteen = date(born.year + 16, born.month, min(born.day, 28))
    start = max(PENSION_BEGAN, sixteen)
    return day_between(random, start, min(today, max(start, date(start.year + 6, 1, 1))))
