"""The round: which orders are to be urged now. Each warning is written once, whoever sweeps.

All stages of all open orders are looked at in one statement, so the time follows the number of
open orders and not that of all orders.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from portal.affairs.orders import tally, units
from portal.affairs.orders.book import BOOK
from portal.affairs.supervision import reminding, rules
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.scope import scoped

_LEVELS = {"district": 6, "street": 9, "city": 4}

# ``stage`` falls due at its moment; only the latest of an order that has come is told, what came
# before it while nobody swept is noted as superseded, so that it is not told afterwards.
_WARN = text(
    """
    WITH stage AS (
      SELECT * FROM unnest(cast(:ids AS text[]), cast(:colours AS text[]), cast(:days AS bool[]),
                           cast(:h1 AS int[]), cast(:h2 AS int[]), cast(:h3 AS int[]),
                           cast(:h4 AS int[]))
             WITH ORDINALITY AS s (id, colour, day, h1, h2, h3, h4, place)
    ), recipient AS (
      SELECT * FROM unnest(cast(:to_stage AS text[]), cast(:rungs AS text[]),
                           cast(:widths AS int[])) AS r (stage, rung, width)
    ), desk AS (
      SELECT * FROM unnest(cast(:regions AS text[]), cast(:desks AS text[])) AS d (region, unit_id)
    ), running AS (
      SELECT o.id, o.deadline_at, o.urgency, o.unit_id, o.dispatch_unit, o.region_code,
             o.against_unit
        FROM work_order o
       WHERE o.closed_at IS NULL AND o.deadline_at IS NOT NULL
         AND o.deadline_at <= :horizon AND o.state = ANY(cast(:states AS text[]))
    ), fallen AS (
      SELECT o.*, s.id AS stage, s.colour, s.place,
             CASE WHEN s.day
                  THEN date_trunc('day', o.deadline_at AT TIME ZONE 'Asia/Shanghai')
                       AT TIME ZONE 'Asia/Shanghai'
                  ELSE o.deadline_at + make_interval(hours =>
                       CASE o.urgency WHEN 1 THEN s.h1 WHEN 2 THEN s.h2 WHEN 3 THEN s.h3
                                      ELSE s.h4 END)
             END AS falls
        FROM running o CROSS JOIN stage s
    ), latest AS (
      SELECT *, row_number() OVER (PARTITION BY id ORDER BY falls DESC, place DESC) = 1 AS told
        FROM fallen WHERE falls <= :now
    ), aimed AS (
      SELECT l.*, CASE r.rung WHEN '承办单位' THEN l.unit_id
                              WHEN '派单单位' THEN l.dispatch_unit
                              ELSE d.unit_id END AS to_unit
        FROM latest l
        JOIN recipient r ON r.stage = l.stage
        LEFT JOIN desk d ON d.region = left(l.region_code, r.width)
    )
    INSERT INTO order_warning
           (order_id, deadline_at, stage, colour, unit_id, at, urgent, told)
    SELECT DISTINCT ON (a.id, a.deadline_at, a.stage, a.to_unit)
           a.id, a.deadline_at, a.stage, a.colour, a.to_unit, :now,
           a.urgency <= :urgent, a.told
      FROM aimed a
     WHERE a.to_unit IS NOT NULL
       AND a.to_unit IS DISTINCT FROM a.against_unit
       AND NOT EXISTS (SELECT 1 FROM order_warning w
                        WHERE w.order_id = a.id AND w.deadline_at = a.deadline_at
                          AND w.stage = a.stage AND w.unit_id = a.to_unit)
     ORDER BY a.id, a.deadline_at, a.stage, a.to_unit
    ON CONFLICT (order_id, deadline_at, stage, unit_id) DO NOTHING
    RETURNING order_id, stage, unit_id, urgent, told
    """
)

# A 督办单 is proposed by the unit the stage reports to; people issue it.
_PROPOSE = text(
    """
    INSERT INTO supervision_sheet
           (id, order_id, order_no, region_code, stage, from_unit, to_unit, reason, demands, state,
            made_at)
    SELECT gen_random_uuid(), o.id, o.order_no, o.region_code, given.stage, given.unit_id,
           o.unit_id, given.reason, cast(:demands AS text[]), :drafted, :now
      FROM unnest(cast(:orders AS uuid[]), cast(:stages AS text[]), cast(:units AS text[]),
                  cast(:reasons AS text[])) AS given (order_id, stage, unit_id, reason)
      JOIN work_order o ON o.id = given.order_id
     WHERE given.unit_id <> o.unit_id
    ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a round came to."""

    warned: int
    told: int
    urgent: int
    proposed: int


def _stages() -> dict[str, object]:
    stages = pack().dispatch.supervision.stages
    rungs = [(one.id, rung) for one in stages for rung in one.to]
    return {
        "ids": [one.id for one in stages],
        "colours": [one.colour for one in stages],
        "days": [one.day for one in stages],
        **{f"h{level}": [one.offset(level) for one in stages] for level in (1, 2, 3, 4)},
        "to_stage": [stage for stage, _ in rungs],
        "rungs": [rung for _, rung in rungs],
        "widths": [_LEVELS.get(rules.rung_level(rung) or "", 0) for _, rung in rungs],
    }


def _desks() -> dict[str, object]:
    """The desk of each place that a rung may mean."""
    city = pack().region_code
    places = [
        (one.code, units.desk_of(one.code, level))
        for level in ("city", "district", "street")
        for one in divisions.below(city, level)
    ]
    return {"regions": [code for code, _ in places], "desks": [desk for _, desk in places]}


def sweep() -> Swept:
    """Write what is due now, of the orders whose limit runs."""
    states = [one.id for one in BOOK.flow().states.values() if one.clock]
    texts, now = pack().dispatch.supervision, clock.now()
    earliest = min((one.offset(level) for one in texts.stages for level in (1, 2, 3, 4)), default=0)
    horizon = now + timedelta(hours=max(24, -earliest))
    given = {**_stages(), **_desks(), "now": now, "horizon": horizon, "states": states,
             "urgent": texts.urgent_up_to}  # fmt: skip
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(_WARN, given).all()
        reminding.tell_at_once(connection, rows)
        proposing = {one.id: one for one in texts.stages if one.sheet}
        wanted = [row for row in rows if row.told and row.stage in proposing]
        proposed = 0
        if wanted:
            proposed = connection.execute(
                _PROPOSE,
                {
                    "orders": [row.order_id for row in wanted],
                    "stages": [row.stage for row in wanted],
                    "units": [row.unit_id for row in wanted],
                    "reasons": [proposing[row.stage].name for row in wanted],
                    "demands": list(texts.demands),
                    "drafted": rules.DRAFTED,
                    "now": now,
                },
            ).rowcount
    return Swept(
        warned=len(rows),
        told=sum(row.told for row in rows),
        urgent=sum(row.told and row.urgent for row in rows),
        proposed=proposed,
    )
