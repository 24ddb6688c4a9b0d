"""Look-ups of the last while, forgotten after it; alarms about look-ups in bulk, which stay."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, Table, Text, Uuid

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

lookup_use = Table(
    "lookup_use",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),  # search | open | unmask
    Column("place", RegionCode),  # the community that was looked into
    Column("at", Moment, nullable=False),
    Index("ix_lookup_use_account_at", "account_id", "at"),
)

bulk_alarm = Table(
    "bulk_alarm",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("post_title", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("kind", Text, nullable=False),  # search | open | unmask | places
    Column("used", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("seen_by", Text),
    Column("seen_at", Moment),
    Column("reason", Text),
    Index("ix_bulk_alarm_region_code", "region_code"),
    Index("ix_bulk_alarm_account_kind_at", "account_id", "kind", "at"),
)
