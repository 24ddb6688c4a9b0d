"""What the doors remember: keys and tickets of jumps, doors used last, accounts over there."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, text

from portal.store.base import RegionCode, metadata

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
    Column("foreign_account", Text),  # whom the system knows the person as
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_jump_ticket_login_issued_at", "login", "issued_at"),
)

# The last time only, so that nobody can count how often a door was used; each post has its own.
door_use = Table(
    "door_use",
    metadata,
    Column("login", Text, primary_key=True),
    Column("post_id", Uuid, primary_key=True),
    Column("system_id", Text, primary_key=True),
    Column("last_at", Moment, nullable=False),
)

# Which account over there is this person's. Ended rows stay: the audit of a jump speaks of them.
account_link = Table(
    "account_link",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("login", Text, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("foreign_account", Text, nullable=False),
    Column("expires_on", Date),  # of the credential over there, as far as it is known
    Column("source", Text, nullable=False),  # 导入 | 本人授权
    Column("unit_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("checked_at", Moment),  # when the person last proved it
    Column("ended_at", Moment),
    Column("ended_why", Text),
    Index("ix_account_link_login", "login"),
    Index("ix_account_link_unit_id", "unit_id"),
    Index("ix_account_link_region_code", "region_code"),
    Index(
        "uq_account_link_standing",
        "account_id",
        "system_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "uq_account_link_there",
        "system_id",
        "foreign_account",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
)

# A proof that somebody has begun: good once, for minutes, in the session it was begun in.
link_attempt = Table(
    "link_attempt",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # 登录 | 口令
    Column("challenge", Text),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("begun_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_link_attempt_login", "login"),
)
