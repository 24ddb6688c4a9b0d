"""What is stored of dispatch: the lists by version, what was suggested, and the consultations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)
Code = Text(collation="C")

dispatch_version = Table(
    "dispatch_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),  # whose list it is: city, district, street
    Column("number", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("source", Text, nullable=False),  # the file it was read from
    Column("state", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),  # the first day on which it no longer counts
    Column("rows", Integer, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_by_name", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("published_by_name", Text),
    Column("published_at", Moment),
    UniqueConstraint("kind", "region_code", "number"),
)

dispatch_entry = Table(
    "dispatch_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("version_id", Uuid, ForeignKey("dispatch_version.id"), nullable=False),
    Column("place", Integer, nullable=False),  # its order within the list
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Index("ix_dispatch_entry_version_id", "version_id", "place"),
)

order_advice = Table(
    "order_advice",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by_unit", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("version_ids", ARRAY(Uuid), nullable=False),  # the lists that were asked
    Column("suggested", Text),  # the first of the units suggested
    Column("chosen", Text, nullable=False),
    Column("rank", SmallInteger),  # where the chosen one stood; nothing: it was not suggested
    Column("shown", JSONB, nullable=False),  # the suggestion with its reasons
    Column("catalogue_entry", BigInteger),
    Index("ix_order_advice_order_id", "order_id"),
)

order_dispute = Table(
    "order_dispute",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by_unit", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_by_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_units", ARRAY(Text), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_unit", Text),
    Column("decided_at", Moment),
    Column("decided_by_name", Text),
    Column("decision", Text),
    Column("fallback", Boolean, nullable=False, server_default=text("false")),
    Index("ix_order_dispute_order_id", "order_id"),
    Index("ix_order_dispute_asked_units", "asked_units", postgresql_using="gin"),
    Index(
        "uq_order_dispute_open",
        "order_id",
        unique=True,
        postgresql_where=text("state = '会商中'"),
    ),
)

order_dispute_answer = Table(
    "order_dispute_answer",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("dispute_id", Uuid, ForeignKey("order_dispute.id"), nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("answer", Text, nullable=False),
    Column("suggested_unit", Text),
    Column("words", Text, nullable=False),
    UniqueConstraint("dispute_id", "unit_id"),
)
