"""What is stored of evaluation: return visits, appeals, and marks on demands (never on callers)."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

order_visit = Table(
    "order_visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("round", SmallInteger, nullable=False),  # after each time the order was done again
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),  # who rings back
    Column("handled_by", Text, nullable=False),  # whose handling is asked about
    Column("sampled", Boolean, nullable=False),
    Column("rule", Text, nullable=False),  # why it was taken or left out
    Column("state", Text, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("made_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("done_by_name", Text),
    Column("resolved", Text),
    Column("satisfied", Text),
    UniqueConstraint("order_id", "round"),
    Index("ix_order_visit_waiting", "unit_id", "due_at", postgresql_where=text("state = '待回访'")),
)

order_appeal = Table(
    "order_appeal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),  # who appeals: it handled the order
    Column("to_unit", Text, nullable=False),  # who decides: the one that dispatched it
    Column("rates", ARRAY(Text), nullable=False),
    Column("ground", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_name", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by_name", Text),
    Column("reason", Text),
    Index("ix_order_appeal_to_unit", "to_unit", "state"),
    Index("ix_order_appeal_order_id", "order_id"),
    Index(
        "uq_order_appeal_open",
        "order_id",
        "unit_id",
        unique=True,
        postgresql_where=text("state = '待审核'"),
    ),
)

demand_mark = Table(
    "demand_mark",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),  # who proposes it
    Column("ground", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_by_name", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    Column("decided_by_name", Text),
    Column("decision", Text),
    Column("until", Date),
    Index("ix_demand_mark_order_id", "order_id"),
    Index(
        "uq_demand_mark_open",
        "order_id",
        unique=True,
        postgresql_where=text("state IN ('待复核', '已认定')"),
    ),
)
