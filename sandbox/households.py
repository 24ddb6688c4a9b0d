"""Who lives together: household types, ages and roles that add up to a plausible pyramid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sandbox.people import Marital, Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A member before having a name: age in full years, role, and whether of the head's blood."""

    age: int
    male: bool
    role: Role
    marital: Marital
    by_blood: bool = True


def _spouse(random: Random, head: Draft) -> Draft:
    gap = random.randint(-1, 5)
    age = head.age - gap if head.male else head.age + gap
    return Draft(
        age=max(21, age),
        male=not head.male,
        role=Role.SPOUSE,
        marital=Marital.MARRIED,
        by_blood=False,
    )


def _couple(random: Random, low: int, high: int) -> list[Draft]:
    head = Draft(
        age=random.randint(low, high),
        male=random.random() < 0.78,
        role=Role.HEAD,
        marital=Marital.MARRIED,
    )
    return [head, _spouse(random, head)]


def _child(random: Random, age: int) -> Draft:
    male = random.random() < 0.515
    role = Role.SON if male else Role.DAUGHTER
    return Draft(age=age, male=male, role=role, marital=Marital.SINGLE)


def _children(random: Random, mother_age: int, *, most: int, grown: bool = False) -> list[Draft]:
    """Up to ``most`` children, none older than 24 (grown: 18 to 29)."""
    low, high = (18, 29) if grown else (0, 24)
    ages: list[int] = []
    for _ in range(random.choices((1, 2, 3)[:most], (50, 42, 8)[:most])[0]):
        age = mother_age - random.randint(22, 34)
        if low <= age <= high:
            ages.append(age)
    return [_child(random, age) for age in sorted(ages, reverse=True)]


def _alone(random: Random, low: int, high: int, marital: tuple[Marital, ...]) -> list[Draft]:
    return [
        Draft(
            age=random.randint(low, high),
            male=random.random() < 0.48,
            role=Role.HEAD,
            marital=random.choice(marital),
        )
    ]


def _nuclear(random: Random) -> list[Draft]:
    couple = _couple(random, 25, 47)
    mother = next(member for member in couple if not member.male)
    return couple + _children(random, mother.age, most=3)


def _three_generations(random: Random) -> list[Draft]:
    members = _nuclear(random)
    elders = random.choices((1, 2), (55, 45))[0]
    age = members[0].age + random.randint(22, 32)
    for male in random.sample((True, False), elders):
        marital = Marital.MARRIED if elders == 2 else Marital.WIDOWED
        elder = Draft(age=min(97, age), male=male, role=Role.PARENT, marital=marital)
        members.append(elder)
    return members


def _elders_with_grown_child(random: Random) -> list[Draft]:
    members = _couple(random, 62, 84)
    child = _child(random, members[0].age - random.randint(24, 34))
    members.append(child)
    return members


def _empty_nest_or_grown_child(random: Random) -> list[Draft]:
    couple = _couple(random, 46, 61)
    mother = next(member for member in couple if not member.male)
    return couple + _children(random, mother.age, most=2, grown=True)


def _single_parent(random: Random) -> list[Draft]:
    head = _alone(random, 28, 50, (Marital.DIVORCED, Marital.DIVORCED, Marital.WIDOWED))[0]
    return [head, *_children(random, head.age, most=2)]


def _sharers(random: Random) -> list[Draft]:
    members = _alone(random, 19, 38, (Marital.SINGLE,))
    for _ in range(random.randint(1, 3)):
        mate = _alone(random, 19, 38, (Marital.SINGLE, Marital.SINGLE, Marital.MARRIED))[0]
        members.append(
            Draft(
                age=mate.age,
                male=mate.male,
                role=Role.OTHER,
                marital=mate.marital,
                by_blood=False,
            )
        )
    return members


_ALONE_YOUNG = (Marital.SINGLE, Marital.SINGLE, Marital.MARRIED, Marital.DIVORCED)
_ALONE_OLD = (Marital.WIDOWED, Marital.WIDOWED, Marital.WIDOWED, Marital.SINGLE)

_TYPES: tuple[tuple[int, Callable[[Random], list[Draft]]], ...] = (
    (36, _nuclear),
    (16, _three_generations),
    (12, _empty_nest_or_grown_child),
    (11, lambda random: _couple(random, 61, 84)),
    (7, lambda random: _couple(random, 23, 44)),
    (3, _elders_with_grown_child),
    (8, lambda random: _alone(random, 62, 94, _ALONE_OLD)),
    (11, lambda random: _alone(random, 24, 59, _ALONE_YOUNG)),
    (4, _single_parent),
    (4, _sharers),
)
_WEIGHTS = tuple(weight for weight, _ in _TYPES)


def compose(random: Random, most: int) -> list[Draft]:
    """The members of a new household, the head first, at most ``most`` of them."""
    _, build = random.choices(_TYPES, _WEIGHTS)[0]
    return build(random)[:most]
