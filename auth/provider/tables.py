"""What the embedded identity provider stores: nothing it needs is in a process's memory."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import metadata

Moment = DateTime(timezone=True)

# How an account proves itself. The account (name, status) lives in ``account``.
idp_credential = Table(
    "idp_credential",
    metadata,
    Column("login", Text, ForeignKey("account.login", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", Text, nullable=False),  # argon2id, with its parameters
    Column("totp_secret", Text),  # encrypted
    Column("totp_last_step", BigInteger),  # the newest time step used: an older one is a replay
    Column("must_enrol", Boolean, nullable=False, server_default=text("false")),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("expires_at", Moment),  # an initial password that nobody used by then opens nothing
    Column("changed_at", Moment, nullable=False),
)

# Signing keys. A retired key signs no more but still verifies what it signed.
idp_key = Table(
    "idp_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_key", Text, nullable=False),  # JWK, encrypted
    Column("created_at", Moment, nullable=False),
    Column("retired_at", Moment),
)

# One row per authorization request, named by its nonce: a request yields one usable code only.
idp_code = Table(
    "idp_code",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("login", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("auth_time", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("consumed_at", Moment),
)

# A sign-in that happened: for userinfo and sign-out. No browser cookie leads to it.
idp_session = Table(
    "idp_session",
    metadata,
    Column("id_hash", Text, primary_key=True),  # keyed hash of the sid claim
    Column("login", Text, nullable=False, index=True),
    Column("amr", ARRAY(Text), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment),
    Column("access_hash", Text, unique=True),  # keyed hash of the access token
    Column("access_expires_at", Moment),
)

# Failed attempts per login and per source address, under keyed hashes: what was typed may be a
# password, and a row must not tell whether the login exists.
idp_login_attempt = Table(
    "idp_login_attempt",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # login | address
    Column("failures", Integer, nullable=False),
    Column("window_started_at", Moment, nullable=False),
    Column("locked_until", Moment),
    Index("ix_idp_login_attempt_window", "window_started_at"),
)
