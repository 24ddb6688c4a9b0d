"""The clock of orders: those whose deadline has passed are marked, once, and counted as late."""

from sqlalchemy import text

from portal.affairs.orders import tally, units
from portal.affairs.orders.book import flow
from portal.store import clock
from portal.store.scope import scoped

BATCH = 20_000

# The version stays: that it has become late takes nothing from what somebody is just typing.
_MARK = text(
    """
    WITH due AS (
        SELECT id FROM work_order
         WHERE closed_at IS NULL AND deadline_at < :now AND overdue_at IS NULL
           AND state = ANY(:clocked)
         ORDER BY deadline_at LIMIT :batch FOR UPDATE SKIP LOCKED
    ), marked AS (
        UPDATE work_order o SET overdue_at = o.deadline_at, overdue_unit = o.unit_id
          FROM due WHERE o.id = due.id
        RETURNING o.id, o.state, o.region_code, o.unit_id, o.urgency, o.overdue_at
    ), noted AS (
        INSERT INTO order_event (order_id, at, move, from_state, to_state, unit_id, actor,
                                 actor_name, words, detail)
        SELECT id, :now, 'overdue', state, state, unit_id, :actor, '平台', '超过办理时限',
               jsonb_build_object('deadline', overdue_at)
          FROM marked
    )
    SELECT region_code, unit_id, urgency, overdue_at FROM marked
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
             "actor": tally.SERVICE.actor}  # fmt: skip
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(_MARK, given).all()
        known = units.known(connection, {row.unit_id for row in rows})
        notes = []
        for row in rows:
            unit = known.get(row.unit_id)
            stocks = ["orders_overdue_open", *(["orders_overdue_urgent_open"] * (row.urgency == 1))]
            notes += [tally.note(one, row.region_code, "", now, 1) for one in stocks]
            notes.append(tally.note("orders_due", row.region_code, "", row.overdue_at, 0, 1))
            if unit:
                notes += [tally.of_unit(one, unit, now, 1) for one in stocks]
                notes.append(tally.of_unit("orders_due", unit, row.overdue_at, 0, 1))
        tally.keep(connection, notes, now)
    return len(rows)
