"""The plain numbers behind a report: columns matched with measures, places with their values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from portal.functions.reports.known import Catalogue, Known
from portal.functions.reports.laid import Reading
from portal.functions.reports.plan import Base
from portal.functions.reports.protect import Table
from portal.store import clock, measure_reads
from portal.store.citypack import pack
from portal.store.divisions import Division
from portal.store.measure_words import Definition, Kind, Period, Snapshot, Value
from portal.store.region_codes import LEVELS

_UNFIT = "对方未按此年龄段或性别提供"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A column with the system that counts it; without a system nobody does."""

    column: Base
    system_id: str | None
    snapshot: Snapshot | None
    definition: Definition | None

    @property
    def usable(self) -> bool:
        """Whether there is any number for the period."""
        return self.snapshot is not None and self.snapshot.problem is None


def wanted(
    connection: Connection, catalogue: Catalogue, bases: Sequence[Base], period: Period
) -> list[Wanted]:
    """The numbers of a plan with what is known of each for a period."""
    suppliers = [catalogue.supplier(one.measure, one.system) for one in bases]
    pairs = [(one.measure, by) for one, by in zip(bases, suppliers, strict=True) if by is not None]
    strange = {one.measure for one in bases if one.measure and not catalogue.find(one.measure)}
    known = measure_reads.definitions(connection, strange) if strange else {}
    said = measure_reads.latest(connection, pairs, period.ends)
    return [
        _wanted(one, by, catalogue.find(one.measure), known, said, period)
        for one, by in zip(bases, suppliers, strict=True)
    ]


def _wanted(
    one: Base,
    system_id: str | None,
    declared: Known | None,
    known: Mapping[str, Definition],
    said: Mapping[tuple[str, str], Snapshot],
    period: Period,
) -> Wanted:
    definition = known.get(one.measure) or (declared.definition if declared else None)
    snapshot = said.get((one.measure, system_id)) if system_id else None
    if declared is not None and declared.own and snapshot is None:
        snapshot = _ours(one.measure, system_id or "", period)
    if snapshot and definition and definition.kind is Kind.FLOW:
        # What happened before a period says nothing about it.
        snapshot = snapshot if snapshot.day >= period.starts else None
    return Wanted(column=one, system_id=system_id, snapshot=snapshot, definition=definition)


def _ours(measure: str, system_id: str, period: Period) -> Snapshot | None:
    """What happens here is known as it happens."""
    now = clock.now()
    if period.starts > clock.local(now).date():
        return None
    last = min(clock.local(now).date(), period.ends - timedelta(days=1))
    mark = "demo" if pack().demo is not None else None
    return Snapshot(
        measure=measure, system_id=system_id, day=last, as_of=now, taken_at=now, simulated=mark
    )


# -- slices ---------------------------------------------------------------------------------------


def _band(part: str) -> tuple[int, int | None] | None:
    low, _, high = part.partition("-")
    return (int(low), int(high) if high else None) if low else None


def fits(column: Base, part: str) -> bool | None:
    """Whether a slice belongs to a column; ``None`` when it lies across the column's border."""
    if column.slice:
        return part == column.slice
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
        lower = one.column.part == "denominator"
        return sum(
            value.denominator if lower else value.numerator
            for value in mine.values()
            if fits(one.column, value.slice)
        )

    def parts(self, code: str, measure: str) -> Counter[tuple[str | None, str]]:
        """All parts of a measure at a place, whatever was asked for, by who counts which slice."""
        mine = self.by_place.get(code, {})
        return Counter(
            {
                (by, slice_): value.numerator
                for (one, by), values in mine.items()
                if one == measure
                for slice_, value in values.items()
            }
        )


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
    """The rows of a table: the places below, last what has no place below, shown or not."""

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


def places(
    own: Division,
    below: tuple[Division, ...],
    wanted: Sequence[Wanted],
    numbers: Numbers,
    shown: int | None = None,
) -> Places:
    """The table of one place. What is not placed further down is a row, so that totals add up."""
    total = _line(own, wanted, numbers)
    rows = [_line(one, wanted, numbers) for one in below]
    rest = _rest(total, rows)
    for place, want in enumerate(wanted):
        if want.column.source == "census":
            rest[place] = None  # published for some levels only: a difference means nothing
    return Places(
        below=below,
        table=Table(total=total, rows=[*rows, rest] if below else []),
        with_rest=bool(below) and any(rest[:shown]),
    )


def read(
    own: Division,
    wanted: Sequence[Wanted],
    reading: Reading,
    into: Numbers,
    *,
    alone: bool = False,
) -> None:
    """The values of a place and, unless it is asked for alone, of those directly below it."""
    here = LEVELS.index(len(own.code)) if len(own.code) in LEVELS else len(LEVELS)
    measures = {one.column.measure for one in wanted if one.usable}
    into.take(reading(measures, own.code, LEVELS[here : here + (1 if alone else 2)]), wanted)
