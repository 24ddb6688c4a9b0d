"""What the measures say of findings, said anew from the findings and their history.

For findings that are older than the measures, and for whoever doubts the numbers: afterwards they
are what following every move would have made of them. Nobody moves a finding meanwhile. Places
that a change of divisions has touched are left alone: their numbers of old keep the old codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from portal.affairs.findings import rules
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.tables import finding, finding_event
from portal.affairs.findings.tally import DEFINITIONS, OPEN, counted
from portal.store import clock, own_counts
from portal.store.measure_notes import Note, note
from portal.store.measure_rebuild import alone
from portal.store.scope import scoped

_HOLD = text("LOCK TABLE finding IN SHARE MODE")


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
        touched = own_counts.touched_places()
        taken = [row for row in rows if not row["region_code"].startswith(touched)]
        notes = _wanted(connection, taken)
        moved = own_counts.bring(connection, DEFINITIONS, notes, touched)
    return Restated(findings=len(rows), moved=moved, apart=len(rows) - len(taken))


def _wanted(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Note]:
    """What following every move of these findings would have noted."""
    places = {row["id"]: row["region_code"] for row in rows}
    notes = [one for row in rows for one in counted(row, clock.now()) if one[0] != OPEN]
    event = finding_event.c
    moves = select(event.finding_id, event.at, event.from_state, event.to_state)
    for move in connection.execute(moves):
        by = _stands_open(move.to_state) - _stands_open(move.from_state)
        if by and move.finding_id in places:
            notes.append(note(OPEN, places[move.finding_id], "", move.at, by))
    return notes


def _stands_open(state: str) -> bool:
    return state not in ("", rules.FIRST, rules.UNFOUNDED, rules.SOLVED)
