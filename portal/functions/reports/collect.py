"""From a roster's walk to the measure store: the numbers of one system, or why there are none."""

from collections import defaultdict
from dataclasses import dataclass, replace

from portal.connectors.contract import SystemFault
from portal.connectors.counting import Counted
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import MeasureMap
from portal.connectors.registry import System
from portal.connectors.survey import Roster
from portal.store import clock, divisions, measures
from portal.store.citypack import pack
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped

_STEPS = (12, 9, 6)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one system's walk brought: how many measures, and how many numbers moved."""

    system_id: str
    measures: int
    moved: int
    problem: str = ""


def place_of(code: str) -> str | None:
    """The lowest known place of a code, down from the city; ``None`` outside the city.

    Systems write a street's persons without a known community under ``…000``; others still use a
    community that is gone. Both belong to the street, and the report says so.
    """
    if not code.startswith(pack().region_code):
        return None
    for digits in _STEPS:
        found = divisions.find(code[:digits]) if len(code) >= digits else None
        if found is not None:
            return found.code
    return pack().region_code


def _definition(one: MeasureMap) -> Definition:
    """What is counted on a roster is what there is now: a stock."""
    return Definition(id=one.id, kind=Kind.STOCK, name=one.name, unit=one.unit, topic=one.topic)


def _cells(counted: Counted) -> tuple[list[Cell], int]:
    """The numbers by place of the city, and how many lie outside it."""
    numbers: defaultdict[tuple[str, str], int] = defaultdict(int)
    outside = 0
    for one in counted.counts:
        place = place_of(one.region_code)
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
        simulated="sandbox" if system.site.simulated else None,
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
            cells, outside = _cells(one)
            picture = replace(picture, unplaced=one.nowhere + outside)
            moved += measures.restate(connection, picture, cells)
    measures.settle()
    return Measured(system_id=system.id, measures=len(results), moved=moved)


def note_failure(system: System, fault: SystemFault) -> Measured:
    """Remember why a system gave no numbers; what it gave before stays, with its time."""
    given = system.manifest.measures
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [_definition(one) for one in given])
        for one in given:
            picture = replace(_picture(system, one, None), problem=f"取数时{fault.state}")
            measures.note_failure(connection, picture)
    return Measured(system_id=system.id, measures=0, moved=0, problem=fault.message)


def refresh(gateway: Gateway, system: System) -> Measured:
    """Walk one system's roster for its measures alone."""
    roster = gateway.roster(system.id)
    try:
        for _ in roster:
            pass
    except SystemFault as fault:
        return note_failure(system, fault)
    return keep(system, roster)
