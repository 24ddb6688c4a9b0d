"""What the measures say of findings, said anew from the findings and their history.

For findings that are older than the measures, and for whoever doubts the numbers: afterwards they
are what following every move would have made of them. Nobody moves a finding meanwhile. Places
that a change of divisions has touched are left alone: their numbers of old keep the old codes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, text

from portal.affairs.findings import rules
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.tables import finding, finding_event
from portal.affairs.findings.tally import DEFINITIONS, OPEN, counted
from portal.affairs.orders import tally
from portal.affairs.orders.tables import order_tally
from portal.affairs.orders.tally import Note, note
from portal.store import clock, divisions, measures
from portal.store.measure_lock_tables import measure_pending
from portal.store.measure_locks import moves_of
from portal.store.measure_rebuild import alone
from portal.store.measure_tables import measure_change
from portal.store.measure_words import Change
from portal.store.scope import acting_as, scoped

_IDS = tuple(one.id for one in DEFINITIONS)
_KINDS = {one.id: one.kind for one in DEFINITIONS}
_SYSTEM = "platform:findings"
_HOLD = text("LOCK TABLE finding IN SHARE MODE")
_Key = tuple[str, str, str, date]


@dataclass(frozen=True, kw_only=True)
class Restated:
    """What saying it anew came to."""

    findings: int
    moved: int  # numbers that were not right
    apart: int  # findings of places that a change of divisions has touched


def restate() -> Restated:
    """Let the measures of findings be what the findings say; gives how much that moved."""
    with scoped(SERVICE) as connection:
        connection.execute(_HOLD)
        alone(connection)
        rows = [row._asdict() for row in connection.execute(select(finding))]
        touched = _touched(row["region_code"] for row in rows)
        taken = [row for row in rows if row["region_code"] not in touched]
        wanted = _wanted(connection, taken)
        with acting_as(connection, tally.SERVICE.actor):
            wanted.subtract(_waiting(connection, touched))
        with acting_as(connection, measures.WRITER.actor):
            measures.define(connection, DEFINITIONS)
            wanted.subtract(_held(connection, touched))
            changes = [_change(key, number) for key, number in wanted.items() if number]
            measures.add(connection, changes, clock.now())
    return Restated(findings=len(rows), moved=len(changes), apart=len(rows) - len(taken))


def _touched(codes: Iterable[str]) -> frozenset[str]:
    """Those of some places that have passed what they had to others, or have received it."""
    known = {one.old for one in divisions.passings()}
    known |= {code for one in divisions.passings() for code, _ in one.heirs}
    return frozenset(one for one in codes if any(one.startswith(code) for code in known))


def _wanted(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> "Counter[_Key]":
    """What following every move of these findings would have noted."""
    places = {row["id"]: row["region_code"] for row in rows}
    notes = [one for row in rows for one in counted(row, clock.now()) if one[0] != OPEN]
    event = finding_event.c
    moves = select(event.finding_id, event.at, event.from_state, event.to_state)
    for move in connection.execute(moves):
        by = _stands_open(move.to_state) - _stands_open(move.from_state)
        if by and move.finding_id in places:
            notes.append(note(OPEN, places[move.finding_id], "", move.at, by))
    return _sum(notes)


def _stands_open(state: str) -> bool:
    return state not in ("", rules.FIRST, rules.UNFOUNDED, rules.SOLVED)


def _sum(notes: Iterable[Note]) -> "Counter[_Key]":
    found: Counter[_Key] = Counter()
    for measure, region, slice_, day, number, _ in notes:
        found[measure, region, slice_, date.fromisoformat(day)] += number
    return found


def _waiting(connection: Connection, touched: frozenset[str]) -> "Counter[_Key]":
    """What lies ready for the measures and is brought over later."""
    left = connection.execute(select(order_tally.c.changes)).scalars()
    notes = (one for row in left for one in row)
    return _sum(one for one in notes if one[0] in _IDS and one[1] not in touched)


def _held(connection: Connection, touched: frozenset[str]) -> "Counter[_Key]":
    """What the measures say, and what a closed period keeps waiting."""
    change, waits = measure_change.c, measure_pending.c
    there = (change.measure.in_(_IDS), change.system_id == _SYSTEM)
    found: Counter[_Key] = Counter()
    for row in connection.execute(select(measure_change).where(*there)):
        found[row.measure, row.region_code, row.slice, row.day] += row.numerator
    query = select(measure_pending).where(waits.measure.in_(_IDS), waits.system_id == _SYSTEM)
    for kept in connection.execute(query).mappings():
        for each in moves_of(dict(kept), _KINDS[kept["measure"]]):
            found[each.measure, each.region_code, each.slice, each.day] += each.numerator
    return Counter({key: number for key, number in found.items() if key[1] not in touched})


def _change(key: _Key, number: int) -> Change:
    measure, region, slice_, day = key
    return Change(
        measure=measure,
        system_id=_SYSTEM,
        region_code=region,
        slice=slice_,
        day=day,
        numerator=number,
    )
