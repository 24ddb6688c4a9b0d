"""Counting rows that are about things: work orders, organisations, posts. Persons stay out of it.

A row gives its place and, for a flow, its day; what a measure counts is one, or a number of the
row. Unlike on a roster, a number that cannot be read is never passed over: `Unreadable` is raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.connectors.converters import Context, Unreadable
from portal.connectors.counting import Count, Counted, columns_of, divider
from portal.connectors.expressions import predicate
from portal.connectors.manifest import MeasureMap, TallyMap
from portal.connectors.mapping import getter
from portal.connectors.parts import Value

MISSING = "没有填写"
MOST_KNOWN = 20_000


class Blank(Unreadable):
    """A number that must be there is not."""


class Remembered:
    """Reads a value and remembers it: places and small numbers come again and again."""

    def __init__(self, value: Value, context: Context) -> None:
        self._read = getter(value, context)
        self._column = value.source if value.source.isidentifier() else None
        self._known: dict[Any, Any] = {}

    def __call__(self, row: Mapping[str, Any]) -> Any:
        raw = row.get(self._column) if self._column else None
        if raw is None or not isinstance(raw, str):
            return self._read(row)
        found = self._known.get(raw, self)
        if found is self:
            found = self._read(row)
            if len(self._known) < MOST_KNOWN:
                self._known[raw] = found
        return found


@dataclass
class _Sum:
    """One measure while rows are read."""

    measure: MeasureMap
    holds: Callable[[Any], bool] | None
    unseen: set[str]
    of: Remembered | None
    day: Remembered | None
    part: Callable[[Any], str]
    numbers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    nowhere: int = 0

    def take(self, row: Mapping[str, Any], place: str | None) -> None:
        if self.unseen:
            self.unseen -= row.keys()
        if self.holds and not self.holds(row):
            return
        day = self.day(row) if self.day else ""
        if day is None:  # it has not happened yet
            return
        number = self._number(row)
        if place is None:
            self.nowhere += number
        else:
            self.numbers[place, self.part(row), day] += number

    def _number(self, row: Mapping[str, Any]) -> int:
        if self.of is None:
            return 1
        text = self.of(row)
        if text is None:
            raise Blank(MISSING)
        number = int(text)
        if number < 0:
            raise Unreadable("数量不能小于零")
        return number

    def result(self) -> Counted:
        counts = tuple(
            Count(
                region_code=place,
                slice=part,
                number=number,
                day=date.fromisoformat(day) if day else None,
            )
            for (place, part, day), number in sorted(self.numbers.items())
            if number
        )
        absent = tuple(sorted(self.unseen))
        return Counted(measure=self.measure, counts=counts, nowhere=self.nowhere, absent=absent)


class Tally:
    """All tallied measures of one system while its rows are read."""

    def __init__(self, measures: Sequence[MeasureMap], tally: TallyMap, context: Context) -> None:
        self.rows = 0
        self._place = Remembered(tally.region, context)
        self._region_source = tally.region.source
        self._sums = [
            _Sum(
                measure=one,
                holds=predicate(one.where),
                unseen=columns_of(one.where) | columns_of(one.by.source if one.by else None),
                part=divider(one.by, context),
                of=Remembered(one.of, context) if one.of else None,
                day=Remembered(one.day, context) if one.day else None,
            )
            for one in measures
            if one.tallied
        ]

    def place_of(self, row: Mapping[str, Any]) -> str | None:
        """The region code of a row; `Unreadable` when there is something else in its place."""
        place: str | None = self._place(row)
        return place

    def take(self, row: Mapping[str, Any], place: str | None) -> None:
        """Count one row of which the place is known."""
        self.rows += 1
        for one in self._sums:
            one.take(row, place)

    def blame(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """Which value of a row cannot be read, as (expression, reason): to name the column."""
        try:
            if self.place_of(row) is None:
                return self._region_source, MISSING
        except Unreadable as error:
            return self._region_source, str(error)
        for one in self._sums:
            for value in (one.measure.of, one.measure.day):
                try:
                    if value is one.measure.of and value is not None:
                        one._number(row)
                    elif value is not None and one.day is not None:
                        one.day(row)
                except Unreadable as error:
                    return value.source if value else "", str(error)
        return None

    def results(self) -> tuple[Counted, ...]:
        """The numbers, once every row was taken."""
        return tuple(one.result() for one in self._sums)
