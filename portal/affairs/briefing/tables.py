"""The morning papers as they were made: one per post and day, kept for a while."""

from sqlalchemy import Column, Date, DateTime, LargeBinary, Table, Text, Uuid

from portal.store.base import RegionCode, metadata

# The key is the promise: at most one per post and day. Without a file ``why`` says why.
morning_paper = Table(
    "morning_paper",
    metadata,
    Column("post_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("login", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", LargeBinary),
    Column("why", Text),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
