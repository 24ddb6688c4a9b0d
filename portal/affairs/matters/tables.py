"""What is stored about a case: its matter, its subject, its place and the unit that handles it."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Table, Text, Uuid

from portal.store.base import RegionCode, metadata

matter_case = Table(
    "matter_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("matter", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject_id", Uuid, ForeignKey("subject.id"), nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # 办理中 | 已办结
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("due_on", Date),
    Column("overdue_on", Date),  # the first day past its limit, once it was open on it
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text),
    Column("result", Text),
    Column("simulated", Text),
    Index("ix_matter_case_unit_state", "unit_id", "state"),
    Index("ix_matter_case_region_code", "region_code"),
    Index("ix_matter_case_subject_id", "subject_id"),
)
