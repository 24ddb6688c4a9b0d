"""Own templates that were shared, reports that come by the clock, and the files delivered."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

report_shared = Table(
    "report_shared",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("reaches", Text, nullable=False),  # level | below
    Column("login", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("shared_at", Moment, nullable=False),
    CheckConstraint("reaches IN ('level', 'below')", name="reaches"),
    UniqueConstraint("region_code", "name"),
)

# Either ``template`` names one of the library or ``content`` holds what was put together.
report_standing = Table(
    "report_standing",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("name", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("every", Text, nullable=False),  # week | month
    Column("goes_to", Text, nullable=False),  # me | level | below
    Column("ordered_at", Moment, nullable=False),
    CheckConstraint("every IN ('week', 'month')", name="every"),
    CheckConstraint("goes_to IN ('me', 'level', 'below')", name="goes_to"),
    Index("ix_report_standing_login", "login"),
)

# The key is the promise: one file per receiver, order and period. Without a file ``why`` says why.
report_delivery = Table(
    "report_delivery",
    metadata,
    Column("post_id", Uuid, primary_key=True),
    Column("standing_id", Uuid, primary_key=True),
    Column("period", Text(collation="C"), primary_key=True),
    Column("login", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("title", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("content", LargeBinary),
    Column("why", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)
