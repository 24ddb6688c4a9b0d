"""A place as a suggestion needs it: its units, and what orders there were finally handled by.

The past is asked place by place, the nearest first, and never more than some hundred orders of the
same class: the time it takes does not grow with the number of orders.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from auth.tables import unit
from portal.affairs.dispatch.rules import Past
from portal.affairs.orders import units
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack

_WIDTH = {"市级": 4, "区县级": 6, "乡镇（街道）级": 9, "社区（村）级": 12}
_ENOUGH = 20  # so many alike orders nearby, and nobody looks further away
_STAGES = ((12, 40), (9, 6), (6, 1))  # digits shared with the place, orders taken of each place


class Places:
    """The units of one place: who is meant by a line of work or by 属地 here."""

    def __init__(self, connection: Connection, region_code: str) -> None:
        self._code = region_code
        regions = region_codes.upwards(region_code)
        query = select(unit.c.id, unit.c.kind, unit.c.line, unit.c.region_code).where(
            unit.c.region_code.in_(regions), unit.c.status == "active"
        )
        self._rows = connection.execute(query.order_by(unit.c.id)).all()
        self._connection = connection

    def resolve(self, target: str, level: str) -> str | None:
        """The unit that a target means here at a level."""
        kind, _, what = target.partition(":")
        width = _WIDTH.get(level, 4)
        if kind == "unit":
            return what if units.find(self._connection, what) else None
        if kind == "place":
            width = {"district": 6, "street": 9, "community": 12}[what]
            ours = {"community"} if what == "community" else {"government"}
            return self._first(lambda row: row.kind in ours, width)
        return self._first(lambda row: row.line == what and bool(what), width)

    def _first(self, wanted: Callable[[Any], bool], width: int) -> str | None:
        if len(self._code) < width:
            return None
        at = self._code[:width]
        return next((row.id for row in self._rows if row.region_code == at and wanted(row)), None)


# The newest of each place by the index on (category, region_code, closed_at); never a whole class.
_LIKE = text(
    """
    SELECT o.order_no, o.title, o.unit_id, o.region_code,
           similarity(o.title, :title) AS likeness
      FROM unnest(cast(:places AS text[])) AS place (code)
     CROSS JOIN LATERAL (
           SELECT order_no, title, unit_id, region_code
             FROM work_order w
            WHERE w.category = :category AND w.region_code = place.code COLLATE "C"
              AND w.closed_at IS NOT NULL AND w.closed_at >= :since
              AND w.dispatched_at IS NOT NULL AND w.merged_into IS NULL
            ORDER BY w.closed_at DESC
            LIMIT :each) AS o
    """
)


def _places(region_code: str, width: int) -> list[str]:
    """The places whose past is asked: the community, its street's, its district's."""
    at = region_code[:width]
    if width == region_codes.COMMUNITY or len(region_code) < width:
        return [region_code[: region_codes.COMMUNITY]]
    streets = divisions.below(at, "street") if len(at) < region_codes.STREET else ()
    return [at, *(one.code for one in (*streets, *divisions.below(at, "community")))]


def past_of(connection: Connection, code: str, region_code: str, title: str) -> list[Past]:
    """Alike orders of the class that are closed, from nearby first, as far as one sees them."""
    texts = pack().dispatch.advice
    since = clock.now() - timedelta(days=texts.months * 30)
    found: dict[str, Past] = {}
    for width, each in _STAGES:
        given = {"title": title[:200], "places": _places(region_code, width),
                 "category": code, "since": since, "each": each}  # fmt: skip
        for row in connection.execute(_LIKE, given):
            past = Past(
                order_no=row.order_no,
                title=row.title,
                unit_id=row.unit_id,
                likeness=float(row.likeness),
                shared=_shared(row.region_code, region_code),
            )
            found.setdefault(past.order_no, past)
        if sum(one.likeness >= texts.likeness for one in found.values()) >= _ENOUGH:
            break
    return list(found.values())


def _shared(one: str, other: str) -> int:
    return next((w for w in (12, 9, 6, 4) if len(one) >= w and one[:w] == other[:w]), 0)
