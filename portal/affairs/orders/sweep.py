"""The clock of orders: those whose deadline has passed are marked, once, and counted as late."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from portal.affairs.orders import tally, units
from portal.affairs.orders.book import flow
from portal.affairs.orders.units import UnitRef
from portal.store import clock
from portal.store.scope import scoped

BATCH = 20_000

# The version stays: that it has become late takes nothing from what somebody is just typing. In no
# order: to sort what is late would read all of it once for every batch. A row that moves meanwhile
# is somebody's change; the next round finds it where it then lies.
_MARK = text(
    """
    WITH due AS (
        SELECT ctid FROM work_order
         WHERE closed_at IS NULL AND deadline_at < :now AND overdue_at IS NULL
           AND state = ANY(:clocked)
         LIMIT :batch FOR UPDATE SKIP LOCKED
    ), marked AS (
        UPDATE work_order o SET overdue_at = o.deadline_at, overdue_unit = o.unit_id
          FROM due WHERE o.ctid = due.ctid
        RETURNING o.id, o.state, o.region_code, o.unit_id, o.urgency, o.overdue_at
    ), noted AS (
        INSERT INTO order_event (order_id, at, move, from_state, to_state, unit_id, actor,
                                 actor_name, words, detail)
        SELECT id, :now, 'overdue', state, state, unit_id, :actor, '平台', '超过办理时限',
               jsonb_build_object('deadline', overdue_at)
          FROM marked
    )
    SELECT region_code, unit_id, urgency = 1 AS urgent, count(*) AS number,
           min(overdue_at) AS overdue_at
      FROM marked
     GROUP BY region_code, unit_id, urgency = 1, cast(overdue_at AT TIME ZONE :zone AS date)
    """
)


def sweep(batch: int = BATCH) -> int:
    """Mark what is late; gives how many are newly so."""
    late = 0
    while found := _sweep_some(batch):
        late += found
    return late


def _sweep_some(batch: int) -> int:
    now = clock.now()
    given = {"now": now, "clocked": list(flow().clocked), "batch": batch,
             "actor": tally.SERVICE.actor, "zone": clock.LOCAL.key}  # fmt: skip
    with scoped(tally.SERVICE) as connection:
        groups = connection.execute(_MARK, given).all()
        known = units.known(connection, {one.unit_id for one in groups})
        notes = [note for one in groups for note in _notes(one, known.get(one.unit_id), now)]
        tally.keep(connection, notes, now)
    return sum(one.number for one in groups)


def _notes(late: Row[Any], unit: UnitRef | None, now: datetime) -> list[tally.Note]:
    """What so many orders of one place, unit and day change, being late."""
    number, place = late.number, late.region_code
    stocks = ["orders_overdue_open", *(["orders_overdue_urgent_open"] * late.urgent)]
    notes = [tally.note(one, place, "", now, number) for one in stocks]
    notes.append(tally.note("orders_due", place, "", late.overdue_at, 0, number))
    if unit:
        notes += [tally.of_unit(one, unit, now, number) for one in stocks]
        notes.append(tally.of_unit("orders_due", unit, late.overdue_at, 0, number))
    return notes
