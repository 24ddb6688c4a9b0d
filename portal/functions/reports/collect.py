"""From rosters and rows to the measure store: one system's numbers, or why there are none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from portal.connectors.contract import SystemFault
from portal.connectors.counting import Count, Counted
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import FilesManifest, MeasureMap
from portal.connectors.registry import System
from portal.connectors.survey import Roster, Tallied
from portal.connectors.tally import Tally
from portal.store import clock, divisions, landing, measures
from portal.store.citypack import pack
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import apply, scoped

_STEPS = (12, 9, 6)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one system's walk brought: how many measures, and how many numbers moved."""

    system_id: str
    measures: int
    moved: int
    problem: str = ""


def place_of(code: str, day: date) -> str | None:
    """The lowest known place of a code on a day, down from the city; ``None`` outside the city.

    Systems write a street's persons without a known community under ``…000``; others still use a
    community that is gone. Both belong to the street, and the report says so. A place whose heir is
    known counts for the heir from the day of the change on.
    """
    if not code.startswith(pack().region_code):
        return None
    for digits in _STEPS:
        found = divisions.find(code[:digits]) if len(code) >= digits else None
        if found is not None:
            return divisions.heir(found.code, day)
    return pack().region_code


def _definition(one: MeasureMap) -> Definition:
    """What is counted on a roster is what there is now: a stock."""
    return Definition(id=one.id, kind=Kind(one.kind), name=one.name, unit=one.unit, topic=one.topic)


def _cells(counts: Iterable[Count], day: date) -> tuple[list[Cell], int]:
    """The numbers by place of the city, and how many lie outside it."""
    numbers: defaultdict[tuple[str, str], int] = defaultdict(int)
    outside = 0
    for one in counts:
        place = place_of(one.region_code, day)
        if place is None:
            outside += one.number
        else:
            numbers[place, one.slice] += one.number
    cells = [
        Cell(region_code=place, slice=part, numerator=number)
        for (place, part), number in numbers.items()
    ]
    return cells, outside


def _picture(system: System, measure: MeasureMap, roster: Roster | None) -> Snapshot:
    now = clock.now()
    as_of = roster.as_of if roster is not None else None
    return Snapshot(
        measure=measure.id,
        system_id=system.id,
        day=clock.local(now).date(),
        as_of=as_of or now,
        taken_at=now,
        unreadable=roster.unreadable if roster is not None else 0,
        simulated=system.mark,
    )


def keep(system: System, roster: Roster) -> Measured:
    """Put what a finished walk has counted into the store, all of it or nothing."""
    results = roster.counted()
    moved = 0
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [_definition(one.measure) for one in results])
        for one in results:
            picture = _picture(system, one.measure, roster)
            if one.absent:
                why = f"对方名册没有提供“{'、'.join(one.absent)}”"
                measures.note_failure(connection, replace(picture, problem=why))
                continue
            cells, outside = _cells(one.counts, picture.day)
            picture = replace(picture, unplaced=one.nowhere + outside)
            moved += measures.restate(connection, picture, cells)
    measures.settle()
    return Measured(system_id=system.id, measures=len(results), moved=moved)


def note_failure(system: System, fault: SystemFault, *, tallied: bool) -> Measured:
    """Remember why a system gave no numbers of its roster, or none of its rows; what it gave
    before stays, with its time."""
    given = [one for one in system.manifest.measures if one.tallied == tallied]
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [_definition(one) for one in given])
        for one in given:
            picture = replace(_picture(system, one, None), problem=f"取数时{fault.state}")
            measures.note_failure(connection, picture)
    return Measured(system_id=system.id, measures=0, moved=0, problem=fault.message)


def put_stocks(
    connection: Connection, system: System, counted: Sequence[Counted], as_of: datetime
) -> int:
    """Let a whole drop say anew what there was at the end of its period; gives what moved."""
    apply(connection, measures.WRITER)
    measures.define(connection, [_definition(one.measure) for one in counted])
    moved = 0
    for one in counted:
        day = clock.local(as_of).date()
        cells, outside = _cells(one.counts, day)
        picture = replace(
            _picture(system, one.measure, None),
            day=day,
            as_of=as_of,
            unplaced=one.nowhere + outside,
        )
        moved += measures.restate(connection, picture, cells)
    return moved


def first_day(system: System, today: date) -> date:
    """From when a flow is asked for: whole months only, else a report would show a part of one."""
    tally = system.manifest.tally
    back = today - timedelta(days=tally.days if tally else 0)
    return back.replace(day=1)


def put_flows(system: System, told: Tallied, first: date, last: date) -> int:
    """Let a system say anew what happened on each of some days, and what there is on the last;
    gives what moved."""
    moved = 0
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [_definition(one.measure) for one in told.counted])
        for one in told.counted:
            base = _picture(system, one.measure, None)
            base = replace(base, as_of=told.as_of or base.as_of, unreadable=told.unreadable)
            by_day: defaultdict[date, list[Count]] = defaultdict(list)
            for count in one.counts:
                by_day[count.day or last].append(count)
            for day in _days(connection, system, one.measure, first, last):
                cells, outside = _cells(by_day.get(day, ()), day)
                unplaced = outside + (one.nowhere if day == last else 0)
                picture = replace(base, day=day, unplaced=unplaced)
                moved += measures.restate(connection, picture, cells)
    return moved


def _days(
    connection: Connection, system: System, measure: MeasureMap, first: date, last: date
) -> list[date]:
    """The days of which rows speak: the last of them, every one, or the ends of the months.

    What was told of an open month yesterday is taken back, so the days told of before count too.
    """
    if measure.kind == "stock":
        return [last]
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    tally = system.manifest.tally
    if tally is None or not tally.monthly:
        return every
    told = measures.pictured(connection, measure.id, system.id, first, last)
    return [
        day for day in every if day in told or day == last or (day + timedelta(days=1)).day == 1
    ]


def rows_of(gateway: Gateway, system: System) -> Measured:
    """Ask for rows about things and count them by day."""
    last = clock.local(clock.now()).date()
    first = first_day(system, last)
    try:
        told = gateway.tally(system.id, first, last)
    except SystemFault as fault:
        return note_failure(system, fault, tallied=True)
    moved = put_flows(system, told, first, last)
    measures.settle()
    return Measured(system_id=system.id, measures=len(told.counted), moved=moved)


def _landed(system: System, manifest: FilesManifest) -> Measured:
    """Count again what was landed; nobody is asked."""
    if manifest.tally is None:
        raise TypeError(f"{system.id} has no tally")
    tally = Tally(manifest.measures, manifest.tally, system.context)
    with scoped(landing.WRITER) as connection:
        current = landing.current(connection, system.id)
        if current is None:
            why = "尚未收到可用的文件。"
            return Measured(system_id=system.id, measures=0, moved=0, problem=why)
        for place, values in landing.read(connection, system.id):
            tally.take(values, place)
        counted = tally.results()
        moved = put_stocks(connection, system, counted, end_of(current.period))
    return Measured(system_id=system.id, measures=len(counted), moved=moved)


def end_of(period: date) -> datetime:
    """The end of a period's last day, and never a moment that is still to come."""
    end = datetime.combine(period + timedelta(days=1), time(), clock.LOCAL)
    return min(end - timedelta(seconds=1), clock.now())


def together(one: Measured | None, other: Measured | None) -> Measured | None:
    """What the roster and the rows of one system brought; a problem of either is told."""
    if one is None or other is None:
        return one or other
    return Measured(
        system_id=one.system_id,
        measures=one.measures + other.measures,
        moved=one.moved + other.moved,
        problem=one.problem or other.problem,
    )


def gives_rows(system: System) -> bool:
    """Whether a system is asked for rows that are numbers, be it beside a roster."""
    return "counts" in system.manifest.calls


def refresh(gateway: Gateway, system: System) -> Measured:
    """Bring the measures of one system up to date: from its roster, from its rows, or both."""
    if isinstance(system.manifest, FilesManifest):
        return _landed(system, system.manifest)
    told = rows_of(gateway, system) if gives_rows(system) else None
    walked = _walked(gateway, system) if system.manifest.roster else None
    found = together(walked, told)
    if found is None:
        raise TypeError(f"{system.id} has neither a roster nor rows")
    return found


def _walked(gateway: Gateway, system: System) -> Measured:
    roster = gateway.roster(system.id)
    try:
        for _ in roster:
            pass
    except SystemFault as fault:
        return note_failure(system, fault, tallied=False)
    return keep(system, roster)
