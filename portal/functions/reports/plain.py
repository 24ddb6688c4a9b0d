"""The plain numbers behind a report: columns matched with measures, places with their values."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from portal.connectors.registry import Registry
from portal.functions.reports.protect import Group, Table
from portal.store import divisions, measure_reads, measure_signed, measure_views
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.divisions import Division
from portal.store.measure_words import LEVELS, Definition, Kind, Period, Snapshot, Topic, Value

_ADULT = 18
_UNFIT = "对方未按此年龄段或性别提供"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A column with the system that counts it; without a system nobody does."""

    column: ReportColumn
    system_id: str | None
    snapshot: Snapshot | None
    definition: Definition | None

    @property
    def usable(self) -> bool:
        """Whether there is any number for the period."""
        return self.snapshot is not None and self.snapshot.problem is None


def supplier(registry: Registry, column: ReportColumn) -> str | None:
    """The system that counts a column: the one it names, else the first that can."""
    able = [
        one.id
        for one in registry.systems.values()
        if any(measure.id == column.measure for measure in one.manifest.measures)
    ]
    if column.system:
        return column.system if column.system in able else None
    return able[0] if able else None


def wanted(
    connection: Connection, registry: Registry, template: ReportTemplate, period: Period
) -> list[Wanted]:
    """The columns of a template with what is known of each for a period."""
    ids = {one.measure for one in template.columns if one.measure}
    suppliers = [supplier(registry, one) if one.measure else None for one in template.columns]
    pairs = [
        (column.measure, one)
        for column, one in zip(template.columns, suppliers, strict=True)
        if one is not None
    ]
    known = measure_reads.definitions(connection, ids)
    said = measure_reads.latest(connection, pairs, period.ends)
    found = []
    for column, system_id in zip(template.columns, suppliers, strict=True):
        definition = known.get(column.measure)
        snapshot = said.get((column.measure, system_id)) if system_id else None
        if snapshot and definition and definition.kind is Kind.FLOW:
            # What happened before a period says nothing about it.
            snapshot = snapshot if snapshot.day >= period.starts else None
        found.append(
            Wanted(
                column=column,
                system_id=system_id,
                snapshot=snapshot,
                definition=definition,
            )
        )
    return found


# -- slices ---------------------------------------------------------------------------------------


def _band(part: str) -> tuple[int, int | None] | None:
    low, _, high = part.partition("-")
    return (int(low), int(high) if high else None) if low else None


def fits(column: ReportColumn, part: str) -> bool | None:
    """Whether a slice belongs to a column; ``None`` when it lies across the column's border."""
    sex, _, ages = part.partition("|")
    if column.sex and sex != column.sex:
        return False if sex else None
    if column.from_age is None and column.to_age is None:
        return True
    band = _band(ages)
    if band is None:
        return None
    low, high = band
    first, last = column.from_age or 0, column.to_age
    if (last is not None and low > last) or (high is not None and high < first):
        return False
    inside = low >= first and (last is None or (high is not None and high <= last))
    return True if inside else None


@dataclass(kw_only=True)
class Numbers:
    """The values of a period by place, measure and system."""

    # Place by place and by who counts what: a table asks for each of its cells.
    by_place: dict[str, dict[tuple[str, str | None], dict[str, Value]]] = field(
        default_factory=dict
    )
    unfit: set[int] = field(default_factory=set)  # columns that the slices cannot answer

    def take(self, values: Iterable[Value], wanted: Sequence[Wanted]) -> None:
        """Add what was read, and note which columns it cannot answer."""
        columns: dict[tuple[str, str | None], list[int]] = {}
        for place, one in enumerate(wanted):
            columns.setdefault((one.column.measure, one.system_id), []).append(place)
        for value in values:
            key = (value.measure, value.system_id)
            self.by_place.setdefault(value.region_code, {}).setdefault(key, {})[value.slice] = value
            for place in columns.get(key, ()):
                if fits(wanted[place].column, value.slice) is None:
                    self.unfit.add(place)

    def of(self, code: str, place: int, one: Wanted) -> int | None:
        """The number of a column at a place; no row means nought where the system has spoken."""
        if not one.usable or place in self.unfit:
            return None
        mine = self.by_place.get(code, {}).get((one.column.measure, one.system_id), {})
        return sum(value.numerator for value in mine.values() if fits(one.column, value.slice))


def problem(place: int, one: Wanted, numbers: Numbers) -> str:
    """Why a column has no numbers; empty when it has."""
    if one.column.source == "census" or (one.usable and place not in numbers.unfit):
        return ""
    if one.system_id is None:
        return "尚无业务系统提供此项"
    if place in numbers.unfit:
        return _UNFIT
    return (one.snapshot.problem if one.snapshot else None) or "本期尚未取数"


# -- tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Places:
    """The rows of a table: the places below, and the rest that has no place below."""

    below: tuple[Division, ...]
    table: Table
    with_rest: bool


def _line(one: Division, wanted: Sequence[Wanted], numbers: Numbers) -> list[int | None]:
    """A place that is only counted, and where nobody was, says nothing."""
    silent = one.statistics_only and one.code not in numbers.by_place
    return [
        one.population
        if want.column.source == "census"
        else None
        if silent
        else numbers.of(one.code, place, want)
        for place, want in enumerate(wanted)
    ]


def _rest(total: Sequence[int | None], rows: Sequence[Sequence[int | None]]) -> list[int | None]:
    return [
        None if whole is None else whole - sum(row[place] or 0 for row in rows)
        for place, whole in enumerate(total)
    ]


# Gives the places that are the rows of a place's table.
Below = Callable[[str], tuple[Division, ...]]


def then_below(period: Period) -> Below:
    """The places of the time, by their names of the time; one that ended says what became of it."""

    def below(code: str) -> tuple[Division, ...]:
        found = divisions.children_during(code, period.starts, period.ends)
        return tuple(
            replace(one, name=f"{one.name}（{divisions.end_of(one.code)}）")
            if one.until is not None and one.until < period.ends
            else one
            for one in found
        )

    return below


def now_below(numbers: Numbers) -> Below:
    """The places of today, and those that are gone without an heir, as far as they had numbers."""

    def below(code: str) -> tuple[Division, ...]:
        here = divisions.children(code)
        gone = tuple(
            replace(one, name=f"{one.name}（{divisions.end_of(one.code)}，未分摊）")
            for one in divisions.ever_below(code)
            if one.until is not None and one.code in numbers.by_place
        )
        return (*here, *gone)

    return below


def places(
    own: Division,
    wanted: Sequence[Wanted],
    numbers: Numbers,
    rows_of: Below = divisions.children,
) -> Places:
    """The table of one place. What is not placed further down is a row, so that totals add up."""
    below = rows_of(own.code)
    total = _line(own, wanted, numbers)
    rows = [_line(one, wanted, numbers) for one in below]
    rest = _rest(total, rows)
    for place, want in enumerate(wanted):
        if want.column.source == "census":
            rest[place] = None  # published for some levels only: a difference means nothing
    with_rest = bool(below) and any(rest)
    return Places(
        below=below,
        table=Table(total=total, rows=[*rows, rest][: None if with_rest else -1]),
        with_rest=with_rest,
    )


# Gives the values of measures for the places of some levels inside a prefix.
Reading = Callable[[Iterable[str], str, Sequence[int]], Sequence[Value]]


def of_now(connection: Connection, period: Period) -> Reading:
    """What the store holds."""
    return lambda measures, prefix, levels: measure_reads.values(
        connection, measures, prefix, levels, period
    )


def of_today(connection: Connection, period: Period) -> Reading:
    """What the store holds, laid out by the divisions of today."""
    return lambda measures, prefix, levels: measure_views.values(
        connection, measures, prefix, levels, period
    )


def of_version(connection: Connection, lock: str, period: Period, version: int) -> Reading:
    """What an earlier version of a closed period had."""
    return lambda measures, prefix, levels: measure_signed.values(
        connection, lock, period, version, measures=measures, prefix=prefix, levels=levels
    )


def read(own: Division, wanted: Sequence[Wanted], reading: Reading, into: Numbers) -> None:
    """The values of a place and of those directly below it."""
    here = LEVELS.index(len(own.code)) if len(own.code) in LEVELS else len(LEVELS)
    measures = {one.column.measure for one in wanted if one.usable}
    into.take(reading(measures, own.code, LEVELS[here : here + 2]), wanted)


# -- what must not be told ------------------------------------------------------------------------


def _is_child(column: ReportColumn) -> bool:
    return column.to_age is not None and column.to_age < _ADULT


def groups(wanted: Sequence[Wanted]) -> list[Group]:
    """The columns that close together, by topic and by age structure."""
    residents = next(
        (
            place
            for place, one in enumerate(wanted)
            if one.definition is not None
            and one.definition.topic is Topic.NONE
            and not (one.column.sex or one.column.from_age or one.column.to_age)
            and one.definition.unit == "人"
            and any(
                other.column.measure == one.column.measure and _is_child(other.column)
                for other in wanted
            )
        ),
        None,
    )
    topics: dict[tuple[Topic, str], list[int]] = {}
    for place, one in enumerate(wanted):
        topic = one.definition.topic if one.definition else Topic.NONE
        if one.column.source == "measure" and topic is not Topic.NONE:
            topics.setdefault((topic, ""), []).append(place)
        elif _is_child(one.column):
            topics.setdefault((Topic.CHILDREN, one.column.measure), []).append(place)
    made = []
    for (topic, measure), protected in topics.items():
        companions = [
            place
            for place, one in enumerate(wanted)
            if measure
            and one.column.measure == measure
            and (one.column.from_age is not None or one.column.to_age is not None)
            and place not in protected
        ]
        made.append(
            Group(
                protected=tuple(protected),
                companions=tuple(companions),
                residents=None if topic == Topic.CHILDREN else residents,
            )
        )
    return made
