"""What the measures learn of findings: the same store as for orders, so every paper says the same.

A finding counts from the moment it was looked at and stands (neither 待核实 nor 不成立), on the day
it was found; solved is counted on that day as well, as the pilot's table does. The notes go the way
of the orders' notes, and so does the job that brings them over.
"""

from collections.abc import Mapping
from typing import Any

from portal.affairs.findings import rules
from portal.affairs.orders import tally
from portal.affairs.orders.tally import Note, note
from portal.affairs.workflow.ledger import Step
from portal.store.measure_words import Definition, Kind
from portal.store.scope import acting_as

FOUND, SOLVED, WAY, OPEN = (
    "findings_found",
    "findings_solved",
    "findings_solved_way",
    "findings_open",
)
DEFINITIONS = (
    Definition(id=FOUND, kind=Kind.FLOW, name="未诉先办发现问题", unit="件"),
    Definition(id=SOLVED, kind=Kind.FLOW, name="未诉先办解决问题", unit="件"),
    Definition(id=WAY, kind=Kind.FLOW, name="未诉先办解决问题（按办理方式）", unit="件"),
    Definition(id=OPEN, kind=Kind.STOCK, name="未诉先办在办问题", unit="件"),
)
tally.know(DEFINITIONS)


def counted(row: Mapping[str, Any], now: Any) -> list[Note]:
    """What a finding as it stands adds to the measures."""
    state, region, at = row["state"], row["region_code"], row["found_at"]
    if state in (rules.FIRST, rules.UNFOUNDED):
        return []
    if state != rules.SOLVED:
        return [note(FOUND, region, "", at, 1), note(OPEN, region, "", now, 1)]
    return [
        note(FOUND, region, "", at, 1),
        note(SOLVED, region, "", at, 1),
        note(WAY, region, row["way"] or "", at, 1),
    ]


def follow(step: Step) -> None:
    """After every move: what the finding counts for now, less what it counted for before."""
    before = step.row._asdict()
    after = {**before, **step.values, "state": step.to or before["state"]}
    less = [[*one[:4], -one[4], -one[5]] for one in counted(before, step.now)]
    with acting_as(step.connection, tally.SERVICE.actor):
        tally.keep(step.connection, [*less, *counted(after, step.now)], step.now)
