"""From a template to what must be read for it: each number once, whatever cells use it.

Some numbers are read and not shown: what is about disability, hardship or children closes by the
same columns in every report, or two reports side by side would tell what each of them hides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.functions.reports.known import Catalogue, Known
from portal.functions.reports.protect import Group
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.measure_words import DAYS, MONTHS, Period, Topic
from portal.store.report_texts import Compare, ReportLine

_ADULT = 18
WHOLE = -1  # the line of a table that has none, and the line of a total
Base = ReportColumn
_HEAD = "-"


def base(column: ReportColumn, line: ReportLine | None = None) -> Base:
    """What a cell counts, without any word: the column says it, the line fills in."""
    own = column if column.measure or line is None else line
    first = column.from_age if column.from_age is not None or line is None else line.from_age
    last = column.to_age if column.to_age is not None or line is None else line.to_age
    return ReportColumn(
        head=_HEAD,
        source=column.source,
        measure=own.measure,
        system=own.system,
        part=own.part,
        slice=column.slice or (line.slice if line else ""),
        sex=column.sex or (line.sex if line else ""),
        from_age=first if first is not None or last is None else 0,
        to_age=last,
    )


def unfolded(template: ReportTemplate, number: int) -> ReportTemplate:
    """The template of one line: its columns place by place."""
    line = template.lines[number]
    words = ("id", "head", "group", "unit", "compare", "formula", "style")
    columns = tuple(
        one
        if one.formula
        else base(one, line).model_copy(update={name: getattr(one, name) for name in words})
        for one in template.columns
    )
    update = {"rows": "places", "lines": (), "rest": False, "columns": columns, "cells": ()}
    return template.model_copy(update={**update, "name": f"{template.name}：{line.head}"})


def whole(measure: str) -> Base:
    """All of a measure."""
    return ReportColumn(head=_HEAD, measure=measure)


@dataclass(frozen=True, kw_only=True)
class Detail:
    """A column about a part so small that it is shown only where nothing of its kind is closed."""

    column: int
    group: int


@dataclass(frozen=True, kw_only=True)
class Portion:
    """A column that counts some of another: shown only where what remains of it is not small."""

    column: int
    remains: tuple[tuple[int, tuple[int, ...]], ...]  # the whole, and what is taken from it


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is read for a template, and how what is read is shown."""

    bases: tuple[Base, ...]
    shown: int  # the first of them are in the report, the others only decide
    slots: dict[tuple[int, int], int]  # line and column -> base
    compares: frozenset[Compare]
    groups: tuple[Group, ...] = ()
    unions: dict[int, tuple[int, ...]] = field(default_factory=dict)  # a base and its bands
    details: tuple[Detail, ...] = ()
    portions: tuple[Portion, ...] = ()


def make(template: ReportTemplate, catalogue: Catalogue) -> Plan:
    """The plan of a template."""
    bases: dict[Base, int] = {}
    slots: dict[tuple[int, int], int] = {}
    lines: list[tuple[int, ReportLine | None]] = [*enumerate(template.lines)]
    if template.rows != "lines" or template.rest:
        lines.append((WHOLE, None))
    for number, line in lines:
        for place, column in enumerate(template.columns):
            if not column.formula:
                found = bases.setdefault(base(column, line), len(bases))
                slots[number, place] = found
    shown = len(bases)
    compares = frozenset(one.compare for one in template.columns)
    shield = _Shield(bases, catalogue)
    shield.close()
    return Plan(
        bases=tuple(bases),
        shown=shown,
        slots=slots,
        compares=compares,
        groups=tuple(shield.groups),
        unions=shield.unions,
        details=tuple(shield.details),
        portions=tuple(shield.portions),
    )


class _Shield:
    """Adds the columns by which a report closes, the same for every report of a topic."""

    def __init__(self, bases: dict[Base, int], catalogue: Catalogue) -> None:
        self._bases, self._catalogue = bases, catalogue
        self.groups: list[Group] = []
        self.unions: dict[int, tuple[int, ...]] = {}
        self.details: list[Detail] = []
        self.portions: list[Portion] = []

    def close(self) -> None:
        asked = [
            (place, one, known)
            for one, place in list(self._bases.items())
            if one.measure and (known := self._catalogue.find(one.measure)) is not None
        ]
        for topic in dict.fromkeys(known.definition.topic for _, _, known in asked):
            if topic is not Topic.NONE:
                self._topic(topic, [it for it in asked if it[2].definition.topic is topic])
        for measure in dict.fromkeys(one.measure for _, one, _ in asked):
            of_it = [it for it in asked if it[1].measure == measure]
            if of_it[0][2].definition.topic is Topic.NONE and _has_children(of_it[0][2]):
                self._ages(of_it)

    def _at(self, one: Base) -> int:
        return self._bases.setdefault(one, len(self._bases))

    def _topic(self, topic: Topic, asked: Sequence[tuple[int, Base, Known]]) -> None:
        protected = [self._at(whole(one.definition.id)) for one in self._catalogue.of_topic(topic)]
        alive = self._catalogue.residents
        self.groups.append(
            Group(
                protected=tuple(protected),
                residents=self._at(whole(alive.definition.id)) if alive else None,
            )
        )
        for place, _, known in asked:
            if place not in protected:
                self.details.append(Detail(column=place, group=len(self.groups) - 1))
            elif known.part_of:
                self._portion(place, known)

    def _portion(self, place: int, known: Known) -> None:
        of = self._at(whole(known.part_of))
        remains = tuple(
            (of, (place, *(self._at(whole(one)) for one in more)))
            for more in self._catalogue.beside(known)
        )
        self.portions.append(Portion(column=place, remains=remains))

    def _ages(self, asked: Sequence[tuple[int, Base, Known]]) -> None:
        banded = [(place, one) for place, one, _ in asked if _aged(one)]
        if not banded:
            return
        measure, bands = asked[0][1].measure, asked[0][2].bands
        places = {band: self._at(_of_band(measure, band)) for band in bands}
        child = [at for (_, last), at in places.items() if last is not None and last < _ADULT]
        other = [at for at in places.values() if at not in child]
        self.groups.append(Group(protected=tuple(child), companions=tuple(other)))
        for place, one in banded:
            if one.sex:
                self.details.append(Detail(column=place, group=len(self.groups) - 1))
            elif place not in places.values():
                inside = (at for band, at in places.items() if _overlaps(one, band))
                self.unions[place] = tuple(inside)


def _has_children(known: Known) -> bool:
    return any(last is not None and last < _ADULT for _, last in known.bands)


def _aged(one: Base) -> bool:
    return one.from_age is not None or one.to_age is not None


def _of_band(measure: str, band: tuple[int, int | None]) -> Base:
    return ReportColumn(head=_HEAD, measure=measure, from_age=band[0], to_age=band[1])


def _overlaps(one: Base, band: tuple[int, int | None]) -> bool:
    first, last = one.from_age or 0, one.to_age
    return (last is None or band[0] <= last) and (band[1] is None or band[1] >= first)


# -- periods --------------------------------------------------------------------------------------


def moved(span: Period, compare: Compare) -> Period:
    """The period that one is compared with."""
    if not compare:
        return span
    if compare == "last_year":
        return Period(grain=span.grain, starts=_a_year_back(span))
    if span.grain in DAYS:
        return Period(grain=span.grain, starts=span.starts - timedelta(days=DAYS[span.grain]))
    month = span.starts.year * 12 + span.starts.month - 1 - MONTHS[span.grain]
    return Period(grain=span.grain, starts=date(month // 12, month % 12 + 1, 1))


def _a_year_back(span: Period) -> date:
    starts = span.starts
    if span.grain == "week":
        return starts - timedelta(weeks=52)
    day = min(starts.day, 28) if starts.month == 2 else starts.day
    return date(starts.year - 1, starts.month, day)


def months(span: Period, today: date) -> Iterator[Period]:
    """The months of a period that have begun; of a month, those of its year up to it."""
    first = span.starts if span.grain in ("quarter", "year") else date(span.starts.year, 1, 1)
    one = Period(grain="month", starts=first)
    while one.starts < span.ends and one.starts <= today:
        yield one
        one = Period(grain="month", starts=one.ends)


def named(bases: Iterable[Base]) -> set[str]:
    """The measures among them."""
    return {one.measure for one in bases if one.measure}
