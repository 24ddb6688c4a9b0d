"""What the doors remember: the keys and the tickets of jumps, and which door one used last."""

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid

from portal.store.base import metadata

Moment = DateTime(timezone=True)

jump_key = Table(
    "jump_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_key", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("retired_at", Moment),
)

# A ticket is known by a keyed hash of its number: who reads the table cannot make one.
jump_ticket = Table(
    "jump_ticket",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_jump_ticket_login_issued_at", "login", "issued_at"),
)

# The last time only, so that nobody can count how often a door was used.
door_use = Table(
    "door_use",
    metadata,
    Column("login", Text, primary_key=True),
    Column("system_id", Text, primary_key=True),
    Column("last_at", Moment, nullable=False),
)
