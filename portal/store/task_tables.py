"""Tasks of other systems as we last saw them, and the commands that are on their way there.

The other system is the master: a row of ``task`` mirrors its state, an ``outbox`` row is what one
of us decided and what became of it. The identity number of whom a task is about is not kept.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

task = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("system_id", Text, nullable=False),
    Column("foreign_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),  # names in it are masked
    Column("person", Text),  # masked
    Column("subject_id", Uuid),  # no foreign key: the index is rebuilt without asking us
    Column("subject_hash", Text),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text),
    Column("post_id", Uuid),  # the post that last acted on it
    Column("due_on", Date),
    Column("state", Text, nullable=False),  # 待办 | 待阅 | 已办
    Column("waiting", Uuid),  # the outbox entry that the other system has not confirmed yet
    Column("handler", Text),
    Column("result", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("source_changed_at", Moment, nullable=False),
    Column("synced_at", Moment, nullable=False),
    Column("simulated", Text),
    Column("gone_at", Moment),  # when its system was found not to list it any more
    UniqueConstraint("system_id", "foreign_id", name="uq_task_system_id_foreign_id"),
    Index("ix_task_region_code_state", "region_code", "state"),
    Index(
        "ix_task_open_of_system",
        "system_id",
        "synced_at",
        postgresql_where=text("state <> '已办'"),
    ),
    Index("ix_task_unit_id", "unit_id"),
    Index("ix_task_post_id", "post_id"),
    Index("ix_task_subject_hash", "subject_hash"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),  # goes out with every attempt as the key
    Column("task_id", Uuid, ForeignKey("task.id"), nullable=False),
    Column("task_version", Integer, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),  # of who decided
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("form", Text, nullable=False),  # encrypted
    Column("state", Text, nullable=False),  # 待发送 发送中 已送达 被拒绝 滞留 已撤回
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),  # of this round of attempts
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("error", Text),
    Column("sent_at", Moment),
    Column("seen_at", Moment),  # when the actor saw a refusal
    Index("ix_outbox_task_id", "task_id"),
    Index("ix_outbox_actor_created_at", "actor", "created_at"),
    Index(
        "ix_outbox_due",
        "system_id",
        "next_at",
        postgresql_where=text("state IN ('待发送', '发送中')"),
    ),
    # The one that makes two desks one: a task has at most one command under way.
    Index(
        "uq_outbox_live",
        "task_id",
        unique=True,
        postgresql_where=text("state IN ('待发送', '发送中', '滞留')"),
    ),
)

task_history = Table(
    "task_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("task_id", Uuid, ForeignKey("task.id"), nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),  # 平台 | 对方系统
    Column("actor", Text),
    Column("words", Text, nullable=False),
    Index("ix_task_history_task_id", "task_id"),
)

task_source = Table(
    "task_source",
    metadata,
    Column("system_id", Text, primary_key=True),
    Column("newest_at", Moment),  # the newest change seen: the next walk begins shortly before
    Column("as_of", Moment),
    Column("walked_at", Moment),
    Column("whole_at", Moment),  # the last walk through everything
    Column("unreadable", Integer, nullable=False, server_default=text("0")),
    Column("problem", Text),
)
