"""What is stored about people, posts, sessions and the audit."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

unit = Table(
    "unit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # government | department | community
    Column("level", Text, nullable=False),  # city | district | street | community
    Column("region_code", RegionCode, nullable=False),
    Column("line", Text),  # the department's own field of work (条线)
    Column("status", Text, nullable=False, server_default="active"),  # active | closed | service
)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),  # active | disabled
    Column("demo", Text),  # the pack's demo account, refused in production
    Column("phone", Text),  # encrypted; only for messages to the holder
)

# The established post (岗位): it is there whether somebody holds it or not.
position = Table(
    "position",
    metadata,
    Column("id", Text, primary_key=True),
    Column("unit_id", Text, ForeignKey("unit.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),  # approved ones only
    Column("prefixes", ARRAY(Text), nullable=False),
    Column("quota", Integer, nullable=False, server_default="1"),  # how many may hold it at once
    Column("status", Text, nullable=False, server_default="active"),  # active | closed
)

# One person's holding of a position. ``ends`` is a planned day, ``ended_at`` the moment it ended.
post = Table(
    "post",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("position_id", Text, ForeignKey("position.id"), nullable=False, index=True),
    Column("is_main", Integer, nullable=False, server_default="0"),
    Column("starts", Date, nullable=False),
    Column("ends", Date),
    Column("ended_at", Moment),
)

# Somebody who acts for the holder of a post, in some matters, for a while (AB角、委托).
deputy = Table(
    "deputy",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("post_id", Uuid, ForeignKey("post.id"), nullable=False, index=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("items", ARRAY(Text), nullable=False),  # permissions
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", Text),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),  # hash of the verified sign-in claims
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("post_id", Uuid, ForeignKey("post.id")),
    Column("issued_at", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("factors", ARRAY(Text), nullable=False),
    Column("idp_session", Text, index=True),
    Column("revoked_at", Moment),
    Column("revoked_why", Text),
)

# The chain: each row's mac covers the row and the mac before it. The application role may add rows
# and read them, never change or remove one.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("unit_id", Text),
    Column("region_code", RegionCode),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subject_hash", Text, index=True),
    Column("purpose", Text),
    Column("case_id", Text),
    Column("detail", JSONB, nullable=False),
    Column("mac", Text, nullable=False),
    Index("ix_audit_entry_at", text("at DESC")),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("mac", Text, nullable=False),
)

# A program of a department: it acts as an account of its own, in a post like anybody's.
api_client = Table(
    "api_client",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Uuid, ForeignKey("api_client.id"), nullable=False, index=True),
    Column("post_id", Uuid, ForeignKey("post.id"), nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("prefixes", ARRAY(Text), nullable=False),
    Column("purposes", ARRAY(Text), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

# One row per program: how much of the running minute it has used. No history is kept.
api_window = Table(
    "api_window",
    metadata,
    Column("client_id", Uuid, ForeignKey("api_client.id"), primary_key=True),
    Column("starts", Moment, nullable=False),
    Column("used", Integer, nullable=False),
)
