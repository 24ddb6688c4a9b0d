"""The landing schema: files that systems put out, and the rows of the newest whole one of each.

A row's values are encrypted as one text; what can be asked is its place and a keyed hash of its
key.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from portal.store.base import RegionCode, metadata

SCHEMA = "landing"

drop_file = Table(
    "drop_file",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("system_id", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),  # seconds, by the other side's clock
    Column("sha256", Text, nullable=False),  # empty: it was not read
    Column("period", Date, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),  # 已入库 | 重复 | 不完整 | 被拒 | 迟到
    Column("message", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("simulated", Text),
    Index("ix_drop_file_system_id_received_at", "system_id", "received_at"),
    Index("uq_drop_file_current", "system_id", unique=True, postgresql_where=text("current")),
    schema=SCHEMA,
)


def _row_columns() -> tuple[Column[Any], ...]:
    return (
        Column("file_id", Uuid, nullable=False),  # no foreign key: it would be checked row by row
        Column("key_hash", Text(collation="C"), nullable=False),
        Column("system_id", Text(collation="C"), nullable=False),
        Column("region_code", RegionCode, nullable=False),
        Column("payload", Text, nullable=False),
        Column("number", Integer, nullable=False),
    )


# What is read, changed and removed, under its policies.
drop_row = Table(
    "drop_row",
    metadata,
    *_row_columns(),
    Index("ix_drop_row_region_code", "region_code"),
    schema=SCHEMA,
)

# Its one partition: COPY puts rows in, only for who lands files; nobody reads it by this name.
drop_row_all = Table(
    "drop_row_all",
    metadata,
    *_row_columns(),
    Index("ix_drop_row_all_region_code", "region_code"),
    UniqueConstraint(
        "file_id",
        "key_hash",
        name="uq_drop_row_all_key",
        deferrable=True,
        initially="DEFERRED",
    ),
    schema=SCHEMA,
)
