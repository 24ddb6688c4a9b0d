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


def _falls(order: str) -> str:
    """The moment at which stage ``s`` falls due for an order."""
    return f"""
        CASE WHEN s.day
             THEN date_trunc('day', {order}.deadline_at AT TIME ZONE 'Asia/Shanghai')
                  AT TIME ZONE 'Asia/Shanghai'
             ELSE {order}.deadline_at + make_interval(hours =>
                  CASE {order}.urgency WHEN 1 THEN s.h1 WHEN 2 THEN s.h2 WHEN 3 THEN s.h3
                                       ELSE s.h4 END)
        END"""


# A stage falls due at its moment; only the latest of an order that has come is told, what came
# before it while nobody swept is noted as superseded, so that it is not told afterwards. What was
# warned of already is read once per order, and left out before anything is put in order: most
# rounds find next to nothing. Of what was written only the totals come back, and what is urgent.
# A 督办单 is proposed by the unit the stage reports to; people issue it.
_WARN = text(
    """
    WITH stage AS (
      SELECT * FROM unnest(cast(:ids AS text[]), cast(:colours AS text[]), cast(:days AS bool[]),
                           cast(:h1 AS int[]), cast(:h2 AS int[]), cast(:h3 AS int[]),
                           cast(:h4 AS int[]),
                           cast(:names AS text[]), cast(:sheets AS bool[]))
             WITH ORDINALITY AS s (id, colour, day, h1, h2, h3, h4, name, sheet, place)
    ), recipient AS (
      SELECT * FROM unnest(cast(:to_stage AS text[]), cast(:rungs AS text[]),
                           cast(:widths AS int[])) AS r (stage, rung, width)
    ), desk AS (
      SELECT * FROM unnest(cast(:regions AS text[]), cast(:desks AS text[])) AS d (region, unit_id)
    ), running AS MATERIALIZED (
      SELECT o.id, o.deadline_at, o.urgency, o.unit_id, o.dispatch_unit, o.region_code,
             o.against_unit,
             ARRAY(SELECT w.stage || '>' || w.unit_id FROM order_warning w
                    WHERE w.order_id = o.id AND w.deadline_at = o.deadline_at) AS already
        FROM work_order o
       WHERE o.closed_at IS NULL AND o.deadline_at IS NOT NULL
         AND o.deadline_at <= :horizon AND o.state = ANY(cast(:states AS text[]))
    ), fallen AS (
      SELECT o.*, s.id AS stage, s.colour, s.place,
             FALLS AS falls
        FROM running o CROSS JOIN stage s
    ), aimed AS (
      SELECT f.*, CASE r.rung WHEN '承办单位' THEN f.unit_id
                              WHEN '派单单位' THEN f.dispatch_unit
                              ELSE d.unit_id END AS to_unit
        FROM fallen f
        JOIN recipient r ON r.stage = f.stage
        LEFT JOIN desk d ON d.region = left(f.region_code, r.width)
       WHERE f.falls <= :now
    ), fresh AS (
      SELECT DISTINCT ON (id, stage, to_unit)
             id, deadline_at, urgency, stage, colour, place, falls, to_unit
        FROM aimed
       WHERE to_unit IS NOT NULL AND to_unit IS DISTINCT FROM against_unit
         AND (stage || '>' || to_unit) <> ALL(already)
       ORDER BY id, stage, to_unit
    ), warned AS (
      INSERT INTO order_warning
             (order_id, deadline_at, stage, colour, unit_id, at, urgent, told)
      SELECT f.id, f.deadline_at, f.stage, f.colour, f.to_unit, :now, f.urgency <= :urgent,
             NOT EXISTS (SELECT 1 FROM stage s
                          WHERE (LATER, s.place) > (f.falls, f.place) AND LATER <= :now)
        FROM fresh f
       ORDER BY f.id, f.stage, f.to_unit
      ON CONFLICT (order_id, deadline_at, stage, unit_id) DO NOTHING
      RETURNING order_id, stage, unit_id, urgent, told
    ), proposed AS (
      INSERT INTO supervision_sheet
             (id, order_id, order_no, region_code, stage, from_unit, to_unit, reason, demands,
              state, made_at)
      SELECT gen_random_uuid(), o.id, o.order_no, o.region_code, w.stage, w.unit_id, o.unit_id,
             s.name, cast(:demands AS text[]), :drafted, :now
        FROM warned w
        JOIN stage s ON s.id = w.stage AND s.sheet
        JOIN work_order o ON o.id = w.order_id
       WHERE w.told AND w.unit_id <> o.unit_id
       ORDER BY o.id, w.unit_id
      ON CONFLICT DO NOTHING
      RETURNING 1
    ), total AS (
      SELECT count(*) AS all_warned, count(*) FILTER (WHERE told) AS all_told,
             count(*) FILTER (WHERE told AND urgent) AS all_urgent,
             (SELECT count(*) FROM proposed) AS all_proposed
        FROM warned
    )
    SELECT t.*, w.order_id, w.stage, w.unit_id, w.urgent, w.told
      FROM total t LEFT JOIN warned w ON w.told AND w.urgent
    """.replace("FALLS", _falls("o")).replace("LATER", _falls("f"))
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
        "names": [one.name for one in stages],
        "sheets": [one.sheet for one in stages],
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
             "urgent": texts.urgent_up_to, "demands": list(texts.demands),
             "drafted": rules.DRAFTED}  # fmt: skip
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(_WARN, given).all()
        reminding.tell_at_once(connection, rows)
    total = rows[0]
    return Swept(
        warned=total.all_warned,
        told=total.all_told,
        urgent=total.all_urgent,
        proposed=total.all_proposed,
    )
