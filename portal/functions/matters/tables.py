"""What is stored of an application: which matter, what was sent where, and how far it is there."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, text

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

# One row per case that was opened here for a resident. Where the system takes applications the
# row is its own outbox entry too: the case's id goes out with every attempt as the key.
matter_application = Table(
    "matter_application",
    metadata,
    Column("case_id", Uuid, ForeignKey("matter_case.id", ondelete="CASCADE"), primary_key=True),
    Column("matter_id", Text, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("subject_hash", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("form", Text),  # encrypted; gone once the system has it, or when it is handled there
    Column("state", Text, nullable=False),  # 转对方办理 待发送 发送中 已受理 被拒绝 滞留 已办结
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("error", Text),
    Column("foreign_number", Text),
    Column("progress", Text),
    Column("progress_at", Moment),
    Index("ix_matter_application_region_code", "region_code"),
    Index("ix_matter_application_unit_id", "unit_id"),
    Index(
        "ix_matter_application_due",
        "system_id",
        "next_at",
        postgresql_where=text("state IN ('待发送', '发送中', '已受理')"),
    ),
)
