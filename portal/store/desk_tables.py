"""What is stored for the person at the desk: drafts, feedback, changes about open cases."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

draft = Table(
    "draft",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("post_id", Uuid, ForeignKey("post.id"), primary_key=True),
    Column("place", Text, primary_key=True),  # which form
    Column("key", Text, primary_key=True),  # about what: a case, or nothing
    Column("owner", Text, nullable=False),  # the account's login, as the policies read it
    Column("payload", Text, nullable=False),  # encrypted JSON: title and fields
    Column("saved_at", Moment, nullable=False),
    Index("ix_draft_saved_at", "saved_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", Text, nullable=False),  # for the sender's own view, and nobody else's
    Column("from_unit", Text, nullable=False),
    Column("unit_id", Text, nullable=False),  # the unit that answers
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # encrypted
    Column("page", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("state", Text, nullable=False),  # 待处理 | 已答复 | 已关闭
    Column("sent_at", Moment, nullable=False),
    Column("answer", Text),  # encrypted
    Column("answered_at", Moment),
    Column("closed_at", Moment),
    Index("ix_feedback_unit_state", "unit_id", "state"),
    Index("ix_feedback_owner", "owner"),
)

# What a system last said about an open case's resident: keyed digests, never a value.
case_watch = Table(
    "case_watch",
    metadata,
    Column("case_id", Uuid, ForeignKey("matter_case.id", ondelete="CASCADE"), primary_key=True),
    Column("system_id", Text, primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("digests", JSONB, nullable=False),  # per record its title and, by field, a digest
    Column("checked_at", Moment, nullable=False),
    Index("ix_case_watch_region_code", "region_code"),
)

case_change = Table(
    "case_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("matter_case.id", ondelete="CASCADE"), nullable=False),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("title", Text, nullable=False),  # of the record
    Column("fields", ARRAY(Text), nullable=False),  # names, so that a reader sees only their own
    Column("labels", ARRAY(Text), nullable=False),
    Column("found_at", Moment, nullable=False),
    Index("ix_case_change_case_id", "case_id"),
    Index("ix_case_change_unit_id", "unit_id"),
    Index("ix_case_change_region_code", "region_code"),
)

case_look = Table(
    "case_look",
    metadata,
    Column("case_id", Uuid, ForeignKey("matter_case.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("looked_at", Moment, nullable=False),
)

# One row per case and night, so that of several processes one asks.
case_round = Table(
    "case_round",
    metadata,
    Column("case_id", Uuid, ForeignKey("matter_case.id", ondelete="CASCADE"), primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Index("ix_case_round_region_code", "region_code"),
)
