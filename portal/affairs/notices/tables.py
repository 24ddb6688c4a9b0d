"""What is stored about a notice: its text, whom it is for, and one receipt per unit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
)

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

notice = Table(
    "notice",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("unit_id", Text, nullable=False),  # the unit that sent it
    Column("unit_name", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),  # encrypted
    Column("receipt", Boolean, nullable=False),
    Column("due_on", Date),
    Column("state", Text, nullable=False),  # 已发送 | 已撤回
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("leaves_on", Date),  # when it leaves the inboxes by itself; never with a receipt
    Column("withdrawn_at", Moment),
    Column("withdrawn_why", Text),
    Index("ix_notice_unit_id_sent_at", "unit_id", "sent_at"),
)

notice_file = Table(
    "notice_file",
    metadata,
    Column("notice_id", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", Text, nullable=False),  # encrypted
)

# Of a unit: who pressed the button stands here for that unit, and nothing is counted per person.
notice_receipt = Table(
    "notice_receipt",
    metadata,
    Column("notice_id", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("unit_id", Text, primary_key=True),
    Column("unit_name", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("sender_id", Text, nullable=False),  # the unit that sent it
    Column("read_at", Moment),
    Column("read_by", Text),
    Index("ix_notice_receipt_unit_id", "unit_id"),
)

# The key is what keeps a notice from being reminded of twice in half a day.
notice_reminder = Table(
    "notice_reminder",
    metadata,
    Column("notice_id", Uuid, ForeignKey("notice.id"), primary_key=True),
    Column("half_day", Text, primary_key=True),
    Column("at", Moment, nullable=False),
)

notice_event = Table(
    "notice_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("notice_id", Uuid, ForeignKey("notice.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_name", Text),
    Column("words", Text, nullable=False),
    Index("ix_notice_event_notice_id", "notice_id"),
)
