"""Divisions of the city and the mark of the deployment."""

from sqlalchemy import Boolean, Column, DateTime, Integer, Table, Text

from portal.store.base import RegionCode, metadata

division = Table(
    "division",
    metadata,
    Column("code", RegionCode, primary_key=True),
    Column("parent_code", RegionCode, index=True),
    Column("level", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("population", Integer),
    Column("statistics_only", Boolean, nullable=False),
)

deployment = Table(
    "deployment",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # demo | production
    Column("pack", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
