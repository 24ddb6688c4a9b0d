"""Closed periods of places, and what came for them afterwards and waits for them to be reopened."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, Integer, Table, Text

from portal.store.base import RegionCode, metadata

Plain = Text(collation="C")

# One row for each time that a place closed a period: who, when, and whether it was reopened.
measure_period_lock = Table(
    "measure_period_lock",
    metadata,
    Column("region_code", RegionCode, primary_key=True),
    Column("grain", Plain, primary_key=True),  # month | quarter | year
    Column("starts", Date, primary_key=True),
    Column("version", Integer, primary_key=True),  # 1 for the first closing, 2 after a reopening …
    Column("ends", Date, nullable=False),  # the first day after it
    Column("closed_by", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    Column("reopened_by", Text),
    Column("reopened_at", DateTime(timezone=True)),
    Column("reason", Text),
)

# By how much a number of a closed period would move, from a day on until another.
measure_pending = Table(
    "measure_pending",
    metadata,
    Column("region_code", RegionCode, primary_key=True),
    Column("measure", Plain, primary_key=True),
    Column("system_id", Plain, primary_key=True),
    Column("slice", Plain, primary_key=True),
    Column("grain", Plain, primary_key=True),  # day; for a distinct count that of its period
    Column("starts", Date, primary_key=True),
    Column("until", Date, primary_key=True),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Index("ix_measure_pending_measure_system_id", "measure", "system_id"),
)

# The figures that a version of a closed period had. The one that stands is what the store holds;
# the others are kept when they are reopened, and never change again.
measure_signed = Table(
    "measure_signed",
    metadata,
    Column("region_code", RegionCode, primary_key=True),  # the place that had closed the period
    Column("grain", Plain, primary_key=True),
    Column("starts", Date, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("place", RegionCode, primary_key=True),
    Column("measure", Plain, primary_key=True),
    Column("system_id", Plain, primary_key=True),
    Column("slice", Plain, primary_key=True),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
)
