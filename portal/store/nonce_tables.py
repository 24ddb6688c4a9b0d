"""Numbers that were used once by who signs requests."""

from sqlalchemy import Column, DateTime, Index, Table, Text

from portal.store.base import metadata

# Kept only for as long as a request with that number could still be in time.
spent_nonce = Table(
    "spent_nonce",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
    Index("ix_spent_nonce_until", "until"),
)
