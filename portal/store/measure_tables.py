"""The tables of the measure store: what is measured, its changes, their roll-ups, the snapshots.

A change says by how much a number moved at its lowest region on its day; nought leaves no row. The
roll-ups hold the sums of changes per level and period: the flow of a period is its row, the stock
at a period's end is the sum of all rows up to it. Numbers only: nothing here is about one person.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from portal.store.base import RegionCode, metadata

Plain = Text(collation="C")

measure = Table(
    "measure",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("kind", Text, nullable=False),  # flow | stock | distinct
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("topic", Text, nullable=False),  # none | disability | hardship | children
)

measure_change = Table(
    "measure_change",
    metadata,
    Column("region_code", RegionCode, primary_key=True),
    Column("measure", Plain, primary_key=True),
    Column("system_id", Plain, primary_key=True),
    Column("slice", Plain, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Index("ix_measure_change_measure_system_id_day", "measure", "system_id", "day"),
)

measure_rollup = Table(
    "measure_rollup",
    metadata,
    Column("measure", Plain, primary_key=True),
    Column("level", SmallInteger, primary_key=True),  # digits of the region code: 4, 6, 9 or 12
    # The period before the region: a table reads few periods of many regions that lie together.
    Column("grain", Plain, primary_key=True),  # month | quarter | year
    Column("starts", Date, primary_key=True),
    Column("region_code", RegionCode, primary_key=True),
    Column("system_id", Plain, primary_key=True),
    Column("slice", Plain, primary_key=True),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
)

# What a system last said about a measure, or why it said nothing: a report names who is missing.
measure_snapshot = Table(
    "measure_snapshot",
    metadata,
    Column("measure", Plain, primary_key=True),
    Column("system_id", Plain, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("unplaced", Integer, nullable=False),
    Column("problem", Text),
    Column("simulated", Text),  # the seed that made this row; production holds none
    Index("ix_measure_snapshot_taken_at", "taken_at"),
    Index("ix_measure_snapshot_day", "day"),
)
