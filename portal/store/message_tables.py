"""Messages that leave for a phone, reminder digests, and the marks that say an inbox moved.

A message's text is made from a template without anything personal; the number it goes to is read
from the account when it is sent and is not kept here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

message = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),  # goes out with every attempt as the key
    Column("kind", Text, nullable=False),  # 紧急任务 | 定时提醒
    Column("step", Text, nullable=False),  # 承办人 | 代理人; of a digest its half day
    Column("task_id", Uuid, ForeignKey("task.id")),
    Column("account_id", Uuid, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("person", Text, nullable=False),  # the cadre it goes to
    Column("unit_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("channel", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("at_night", Boolean, nullable=False),  # quiet hours do not hold it up
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),  # of this round of attempts
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("told_at", Moment),  # when the channel said what became of it
    Column("foreign_id", Text),
    Column("error", Text),
    # Sent once per task and person in the chain; a digest has no task and a key of its own.
    UniqueConstraint("task_id", "step", name="uq_message_task_id_step"),
    Index(
        "ix_message_due",
        "next_at",
        postgresql_where=text("state IN ('待发送', '发送中', '已提交')"),
    ),
    Index("ix_message_region_code", "region_code"),
    Index("ix_message_unit_id", "unit_id"),
)

# The key is the promise: at most one per person and half day.
digest = Table(
    "digest",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("half_day", Text, primary_key=True),  # 2026-11-23 上午
    Column("login", Text, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("lines", JSONB, nullable=False),  # kinds and numbers
    Column("seen_at", Moment),
)

# One line per place whose tasks changed, kept for minutes; written by a trigger.
task_stir = Table(
    "task_stir",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    Index("ix_task_stir_region_code", "region_code"),
    Index("ix_task_stir_unit_id", "unit_id"),
    Index("ix_task_stir_at", "at"),
)
