"""Commands on their way to the system that is the master of an order, and answers kept ready.

A command is what one of us decided about an order whose master is another system. Its id goes out
with every attempt, so that it is carried out once.
"""

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from portal.store.base import metadata

Moment = DateTime(timezone=True)
LIVE = text("state IN ('待发送', '发送中', '滞留')")

order_command = Table(
    "order_command",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("work_order.id"), nullable=False),
    Column("system_id", Text, nullable=False),
    Column("foreign_id", Text, nullable=False),
    Column("move", Text, nullable=False),  # of the orders' flow
    Column("action", Text, nullable=False),  # the other system's own word
    Column("label", Text, nullable=False),
    Column("form", Text, nullable=False),  # encrypted
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("state", Text, nullable=False),  # 待发送 发送中 已送达 被拒绝 滞留 已撤回
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),  # of this round of attempts
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("error", Text),
    Index("ix_order_command_order_id", "order_id"),
    Index(
        "ix_order_command_due",
        "system_id",
        "next_at",
        postgresql_where=text("state IN ('待发送', '发送中')"),
    ),
    # The one that makes two desks one: an order has at most one command under way.
    Index("uq_order_command_live", "order_id", unique=True, postgresql_where=LIVE),
)

# What the system that is the master said last; only what is new in it changes our order.
order_foreign = Table(
    "order_foreign",
    metadata,
    Column("order_id", Uuid, ForeignKey("work_order.id"), primary_key=True),
    Column("system_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Moment),
    Column("changed_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# Codes of other systems that stand for no class of ours yet, each once, with how many bore it.
order_class_gap = Table(
    "order_class_gap",
    metadata,
    Column("source", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("orders", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)

# One row per version; the newest of a code is the answer, until it is withdrawn or out of date.
order_knowledge = Table(
    "order_knowledge",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("withdrawn", Text),  # why, in the last version of an answer that is given no more
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("code", "version", name="uq_order_knowledge_code_version"),
    Index(
        "ix_order_knowledge_question",
        "question",
        postgresql_using="gin",
        postgresql_ops={"question": "gin_trgm_ops"},
    ),
)
