"""Divisions of the city and the mark of the deployment."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
    false,
)

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
    Column("since", Date),  # nothing: as long as anybody can say
    Column("until", Date),  # the first day on which it is no more
    Column("by_change", Boolean, nullable=False, server_default=false()),  # no longer as the pack
)

# Changes of divisions as they were decided, and what each does to one place.
division_change = Table(
    "division_change",
    metadata,
    Column("id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("applied_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
)

division_step = Table(
    "division_step",
    metadata,
    Column("change_id", Text, ForeignKey("division_change.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("old_code", RegionCode),
    Column("new_code", RegionCode),
    Column("new_name", Text),
    Column("share", Text),  # of what the old place had: 3/5; nothing: it is not shared out
)

division_name = Table(
    "division_name",
    metadata,
    Column("code", RegionCode, primary_key=True),
    Column("until", Date, primary_key=True),
    Column("name", Text, nullable=False),
)

# Whose numbers of old are read by whom: the codes that are gone, by the heir that answers for them.
division_sight = Table(
    "division_sight",
    metadata,
    Column("old_code", RegionCode, primary_key=True),
    Column("heir_code", RegionCode, primary_key=True),
)

deployment = Table(
    "deployment",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # demo | production
    Column("pack", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
