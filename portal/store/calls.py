"""The call records in figures: by system and time, never by person.

Two questions are asked of millions of rows: what happened in a window (answered from one index
alone), and what came since the last look (by number).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

# A probe is the platform's own; a walk over a whole list takes as long as the list is.
_PROBE = "capability = 'entry'"
_WALK = "capability IN ('roster', 'reports')"
_FAILED = "fault IS NOT NULL AND fault NOT IN ('NotFound', 'TurnedDown')"
_ANSWERED = "fault IS NULL AND NOT cached AND outcome IN ('RETURNED', 'NOT_FOUND')"
_TOOK = "extract(epoch FROM coalesce(returned_at, delivered_at) - sent_at) * 1000"

_FIGURES = text(f"""
SELECT system_id,
       count(*) FILTER (WHERE NOT {_PROBE}) AS calls,
       count(*) FILTER (WHERE {_PROBE}) AS probes,
       count(*) FILTER (WHERE cached AND fault IS NULL) AS cached,
       count(*) FILTER (WHERE {_FAILED}) AS failed,
       count(*) FILTER (WHERE sent_at IS NOT NULL) AS sent,
       percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY {_TOOK})
           FILTER (WHERE sent_at IS NOT NULL AND NOT {_WALK}) AS took
  FROM call_record WHERE asked_at >= :since GROUP BY system_id
""")  # noqa: S608 - constants of this module
_FAULTS = text(f"""
SELECT system_id, fault, count(*) AS number
  FROM call_record WHERE asked_at >= :since AND {_FAILED}
 GROUP BY system_id, fault ORDER BY system_id, number DESC, fault
""")  # noqa: S608
_LAST_GOOD = text(f"""
SELECT given.id AS system_id,
       (SELECT coalesce(returned_at, asked_at) FROM call_record c
         WHERE c.system_id = given.id AND {_ANSWERED}
         ORDER BY asked_at DESC LIMIT 1) AS at
  FROM unnest(cast(:ids AS text[])) AS given(id)
""")  # noqa: S608
_SINCE = text("""
SELECT id, coalesce(returned_at, delivered_at, asked_at) AS at, outcome, fault, cached
  FROM call_record WHERE system_id = :system_id AND id > :seen AND asked_at >= :since
 ORDER BY 2, 1 LIMIT :most
""")
_NEWEST = text("SELECT coalesce(max(id), 0) FROM call_record")


def figures(connection: Connection, since: datetime) -> list[Row[Any]]:
    """Counts and percentiles of each system that was asked since then."""
    return list(connection.execute(_FIGURES, {"since": since}))


def faults(connection: Connection, since: datetime) -> list[Row[Any]]:
    """How often each class of fault occurred in each system, the most frequent first."""
    return list(connection.execute(_FAULTS, {"since": since}))


def last_good(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When each system last answered properly."""
    rows = connection.execute(_LAST_GOOD, {"ids": list(ids)})
    return {row.system_id: row.at for row in rows if row.at is not None}


def since(
    connection: Connection, system_id: str, seen: int, begin: datetime, most: int = 5000
) -> list[Row[Any]]:
    """The calls to one system after the last that was looked at."""
    given = {"system_id": system_id, "seen": seen, "since": begin, "most": most}
    return list(connection.execute(_SINCE, given))


def newest(connection: Connection) -> int:
    """The number of the newest call record."""
    return int(connection.execute(_NEWEST).scalar_one())
