"""What is stored about a correction request: values are encrypted, the person is masked."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

correction = Table(
    "correction",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("subject_id", Uuid, nullable=False),  # no foreign key: the index is rebuilt at will
    Column("subject_hash", Text, nullable=False),
    Column("person", Text, nullable=False),  # masked
    Column("region_code", RegionCode, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("system_name", Text, nullable=False),
    Column("owner", Text, nullable=False),  # as the city names it
    Column("unit_id", Text, nullable=False),  # the unit that answers
    Column("unit_name", Text, nullable=False),
    Column("asked_units", ARRAY(Text), nullable=False),
    Column("field", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("seen", Text, nullable=False),  # encrypted
    Column("proposed", Text, nullable=False),  # encrypted
    Column("shown", Text, nullable=False),  # both as they may be shown, encrypted
    Column("source", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("remark", Text),  # encrypted
    Column("state", Text, nullable=False),
    Column("working_days", Integer, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    Column("reason", Text),  # encrypted
    Column("simulated", Text),
    Index("ix_correction_region_code", "region_code"),
    Index("ix_correction_unit_id", "unit_id"),
    Index("ix_correction_asked_units", "asked_units", postgresql_using="gin"),
    Index("ix_correction_subject_id", "subject_id"),
    # One value of one person is asked about once at a time.
    Index(
        "uq_correction_open",
        "subject_id",
        "system_id",
        "field",
        unique=True,
        postgresql_where=text("state IN ('已提出', '受理中', '超期')"),
    ),
)

correction_asker = Table(
    "correction_asker",
    metadata,
    Column("correction_id", Uuid, ForeignKey("correction.id"), primary_key=True),
    Column("unit_id", Text, primary_key=True),
    Column("unit_name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
)

correction_event = Table(
    "correction_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("correction_id", Uuid, ForeignKey("correction.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("unit_name", Text),
    Column("actor_name", Text),
    Column("words", Text, nullable=False),
    Index("ix_correction_event_correction_id", "correction_id"),
)
