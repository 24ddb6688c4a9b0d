"""Counting while a roster is walked: numbers per place come out, persons do not.

A row that is counted is forgotten at once. For households only their number and place are held
until the end of the walk: a household is counted once, where most of its members are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from portal.connectors.contract import RosterEntry
from portal.connectors.converters import Context, Unreadable
from portal.connectors.expressions import predicate
from portal.connectors.manifest import MeasureMap
from portal.connectors.mapping import getter
from portal.connectors.parts import Value

MALE, FEMALE = "男", "女"
BLANK, UNREAD = "未填写", "未识别"


@dataclass(frozen=True, kw_only=True)
class Count:
    """A number of one slice at one place, as the roster names the place."""

    region_code: str
    slice: str
    number: int
    day: date | None = None  # of a flow


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a walk says about one measure."""

    measure: MeasureMap
    counts: tuple[Count, ...]
    nowhere: int  # persons or households whose place the roster does not know
    absent: tuple[str, ...]  # columns of the predicate that no row had: nought would be invented


def columns_of(expression: str | None) -> set[str]:
    """The columns of a row that a predicate reads: the first names of its paths."""
    if expression is None:
        return set()
    try:
        parsed = jmespath.compile(expression).parsed
    except JMESPathError:
        return set()
    return _first_names(parsed)


def _first_names(node: Any) -> set[str]:
    if not isinstance(node, dict):
        return set()
    if node.get("type") == "field":
        return {node["value"]}
    children: Sequence[Any] = node.get("children", ())
    if node.get("type") in {"subexpression", "index_expression", "projection"}:
        children = children[:1]
    return {name for child in children for name in _first_names(child)}


def age_on(id_number: str, today: date) -> int:
    """Full years, from the birth date in an identity number."""
    return (int(f"{today:%Y%m%d}") - int(id_number[6:14])) // 10_000


def sex_of(id_number: str) -> str:
    """By the last digit before the check digit."""
    return MALE if int(id_number[16]) % 2 else FEMALE


def slice_name(sex: str, low: int | None, high: int | None) -> str:
    """The key of a slice: sex and first to last year of the band, either may be missing."""
    band = "" if low is None else f"{low:03d}-{'' if high is None else f'{high:03d}'}"
    return f"{sex}|{band}" if sex or band else ""


def divider(by: Value | None, context: Context) -> Callable[[Any], str]:
    """A function that names the part a row belongs to; what cannot be read has a name as well."""
    if by is None:
        return lambda row: ""
    read = getter(by, context)

    def part(row: Any) -> str:
        try:
            return str(read(row) or "").strip() or BLANK
        except Unreadable:
            return UNREAD

    return part


@dataclass
class _Tally:
    """One measure while the roster is walked."""

    measure: MeasureMap
    holds: Callable[[Any], bool] | None
    unseen: set[str]
    part: Callable[[Any], str]
    persons: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Most households live in one place; only for the others the members are counted by place.
    homes: dict[str, str | Counter[str]] = field(default_factory=dict)
    nowhere: int = 0

    def take(self, row: Mapping[str, Any], entry: RosterEntry, age: int, sex: str) -> None:
        if self.unseen:
            self.unseen -= row.keys()
        first, last = self.measure.from_age, self.measure.to_age
        if age < first or (last is not None and age > last):
            return
        if self.holds and not self.holds(row):
            return
        relation = self.measure.relation
        place = next((one.region_code for one in entry.relations if one.kind == relation), None)
        if self.measure.count == "households":
            self._household(entry.household_no, place)
        elif place is None:
            self.nowhere += 1
        else:
            named = self.part(row) if self.measure.by else self._slice(age, sex)
            self.persons[place, named] += 1

    def _slice(self, age: int, sex: str) -> str:
        measure = self.measure
        if not measure.ages:
            return slice_name(sex if measure.by_sex else "", None, None)
        later = [first for first in measure.ages if first > age]
        low = max(first for first in measure.ages if first <= max(age, 0))
        return slice_name(sex if measure.by_sex else "", low, later[0] - 1 if later else None)

    def _household(self, number: str | None, place: str | None) -> None:
        if number is None or place is None:
            self.nowhere += number is None
            return
        held = self.homes.get(number)
        if held is None:
            self.homes[number] = place
        elif isinstance(held, Counter):
            held[place] += 1
        elif held == place:
            self.homes[number] = Counter({place: 2})
        else:
            self.homes[number] = Counter({held: 1, place: 1})

    def result(self) -> Counted:
        for held in self.homes.values():
            place = held if isinstance(held, str) else _most(held)
            self.persons[place, ""] += 1
        counts = tuple(
            Count(region_code=place, slice=part, number=number)
            for (place, part), number in sorted(self.persons.items())
        )
        return Counted(
            measure=self.measure,
            counts=counts,
            nowhere=self.nowhere,
            absent=tuple(sorted(self.unseen)),
        )


def _most(members: Counter[str]) -> str:
    return min(members, key=lambda place: (-members[place], place))


class Counting:
    """All measures of one system during one walk."""

    def __init__(
        self, measures: Sequence[MeasureMap], today: date, context: Context | None = None
    ) -> None:
        self._today = today
        context = context or Context()
        self._tallies = [
            _Tally(
                measure=one,
                holds=predicate(one.where),
                unseen=columns_of(one.where) | columns_of(one.by.source if one.by else None),
                part=divider(one.by, context),
            )
            for one in measures
        ]

    def take(self, row: Mapping[str, Any], entry: RosterEntry) -> None:
        """Count one row of the roster."""
        if not self._tallies:
            return
        age, sex = age_on(entry.id_number, self._today), sex_of(entry.id_number)
        for tally in self._tallies:
            tally.take(row, entry, age, sex)

    def results(self) -> tuple[Counted, ...]:
        """The numbers, once the walk is over."""
        return tuple(tally.result() for tally in self._tallies)
