"""What is stored of supervision: each warning once, and the 督办单."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

order_warning = Table(
    "order_warning",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("deadline_at", Moment, nullable=False),  # another limit warns anew
    Column("stage", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("urgent", Boolean, nullable=False),  # told at once, not in the half day's digest
    Column("told", Boolean, nullable=False),  # no: a later stage had come as well and was told
    UniqueConstraint("order_id", "deadline_at", "stage", "unit_id"),
    Index("ix_order_warning_unit_id", "unit_id", "at"),
)

supervision_sheet = Table(
    "supervision_sheet",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, unique=True),  # given when it is issued
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("stage", Text),  # the rule that proposed it; nothing: a person did
    Column("from_unit", Text, nullable=False),
    Column("to_unit", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("demands", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("issued_at", Moment),
    Column("issued_by_name", Text),
    Column("answer_due_at", Moment),
    Column("answer", Text),
    Column("answered_at", Moment),
    Column("answered_by_name", Text),
    Column("ended_at", Moment),
    Column("ended_by_name", Text),
    Column("ending", Text),
    Index("ix_supervision_sheet_from_unit", "from_unit", "state"),
    Index("ix_supervision_sheet_to_unit", "to_unit", "state"),
    Index(
        "uq_supervision_sheet_open",
        "order_id",
        "from_unit",
        unique=True,
        postgresql_where=text("state IN ('拟发', '已签发', '已反馈')"),
    ),
)
