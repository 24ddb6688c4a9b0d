"""The call record: who asked which system about whom, why, when, and how it ended.

Rows are only ever inserted. `subject_hash` is a keyed hash; nothing a system answered is kept.
States and faults are stored as English identifiers; their Chinese words live in the contract.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from portal.store.base import metadata

call_record = Table(
    "call_record",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("trace_id", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("case_id", Text),
    Column("subject_hash", String(64)),
    Column("system_id", Text, nullable=False),
    Column("capability", Text, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("returned_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("size_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("calls", Integer, nullable=False, server_default=text("0")),
    Column("cached", Boolean, nullable=False, server_default=text("false")),
    Column("outcome", Text, nullable=False),
    Column("fault", Text),
    Index("ix_call_record_trace_id", "trace_id"),
    Index("ix_call_record_system_id_asked_at", "system_id", "asked_at"),
    Index("ix_call_record_subject_hash_asked_at", "subject_hash", "asked_at"),
    Index("ix_call_record_actor_asked_at", "actor", "asked_at"),
    Index(  # the operator's figures over all systems are read from the index alone
        "ix_call_record_asked_at",
        "asked_at",
        postgresql_include=[
            "system_id",
            "capability",
            "outcome",
            "fault",
            "cached",
            "sent_at",
            "returned_at",
            "delivered_at",
        ],
    ),
)
