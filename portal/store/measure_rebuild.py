"""Forming the roll-ups anew from the changes: the same numbers that following each change gave.

Nobody needs it from day to day. It is for a store that was filled in bulk, and for whoever doubts
the roll-ups. One measure at a time is replaced in one transaction; reports go on meanwhile. Flows
and stocks only: a distinct count is given for each level and cannot be formed from anything.
"""

from sqlalchemy import Connection, select, text

from portal.store.measure_tables import measure
from portal.store.measure_words import MONTHS, Kind
from portal.store.region_codes import LEVELS

_DROP = text("DELETE FROM measure_rollup WHERE measure = :measure")
# Months first: the days are read once, whatever number of levels and periods is formed from them.
_FORM = text(
    """
    WITH months AS MATERIALIZED (
        SELECT region_code, cast(date_trunc('month', cast(day AS timestamp)) AS date) AS starts,
               system_id, slice, sum(numerator) AS numerator, sum(denominator) AS denominator
        FROM measure_change WHERE measure = :measure GROUP BY 1, 2, 3, 4
    )
    INSERT INTO measure_rollup
        (measure, level, region_code, grain, starts, system_id, slice, numerator, denominator)
    SELECT :measure, level, left(region_code, level), grain,
           cast(date_trunc(grain, cast(starts AS timestamp)) AS date), system_id, slice,
           sum(numerator), sum(denominator)
    FROM months
    CROSS JOIN unnest(cast(:levels AS int[])) AS levels (level)
    CROSS JOIN unnest(cast(:grains AS text[])) AS grains (grain)
    WHERE length(region_code) >= level
    GROUP BY 2, 3, 4, 5, 6, 7
    HAVING sum(numerator) <> 0 OR sum(denominator) <> 0
    ORDER BY 2, 4, 5, 3, 6, 7
    """
)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('measures', 0))")
_AMONG = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('measures', 0))")


def among(connection: Connection) -> None:
    """Write beside others; whoever must be alone with the store waits until all these are done."""
    connection.execute(_AMONG)


def alone(connection: Connection) -> None:
    """Be the only one that changes the store until the transaction ends."""
    connection.execute(_ALONE)


def addable(connection: Connection) -> list[str]:
    """The measures whose roll-ups can be formed from changes."""
    query = select(measure.c.id).where(measure.c.kind != Kind.DISTINCT).order_by(measure.c.id)
    return list(connection.execute(query).scalars())


def rebuild(connection: Connection, measure_id: str) -> int:
    """Form the roll-ups of one measure anew; gives how many there are."""
    alone(connection)
    kind = connection.execute(select(measure.c.kind).where(measure.c.id == measure_id)).scalar()
    if kind is None or kind == Kind.DISTINCT:
        raise ValueError("only the roll-ups of flows and stocks can be formed anew")
    connection.execute(_DROP, {"measure": measure_id})
    given = {"measure": measure_id, "levels": list(LEVELS), "grains": list(MONTHS)}
    return connection.execute(_FORM, given).rowcount
