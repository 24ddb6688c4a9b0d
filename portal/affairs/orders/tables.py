"""What is stored about a work order. The caller lies apart, behind a stricter policy."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata
from portal.store.measure_notes import order_tally as order_tally  # every affair notes there

Moment = DateTime(timezone=True)
Plain = Text(collation="C")
OPEN, CLOSED = text("closed_at IS NULL"), text("closed_at IS NOT NULL")
LATE = text("closed_late")

work_order = Table(
    "work_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_no", Plain, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("source_no", Plain, nullable=False),
    Column("source_system", Text),  # the other side's system, where it is joined
    Column("source_digest", Text),  # of what the other side said last: a changed order is noticed
    Column("master", Text, nullable=False),  # 对方为主 | 本平台为主
    Column("kind", Text, nullable=False),
    Column("category", Plain, nullable=False),  # dotted code of the classification; '': not yet
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("lng", Numeric(9, 6)),
    Column("lat", Numeric(8, 6)),
    Column("region_code", RegionCode, nullable=False),
    # What a district or a street sees is then one value, which an index serves in order.
    Column("district_code", RegionCode, Computed("left(region_code, 6)", persisted=True)),
    Column("street_code", RegionCode, Computed("left(region_code, 9)", persisted=True)),
    Column("grid_code", RegionCode),
    Column("urgency", SmallInteger, nullable=False),
    Column("confidential", Boolean, nullable=False, server_default=text("false")),
    Column("against_unit", Text),  # never sees the order
    Column("unit_id", Text, nullable=False),  # holds it now
    Column("lead_unit", Text),
    Column("dispatch_unit", Text),
    Column("seat_units", ARRAY(Text), nullable=False),  # kept in step with order_seat
    Column("parent_id", Uuid),
    Column("merged_into", Uuid),
    Column("state", Text, nullable=False),
    Column("prior_state", Text),  # where an examination goes back to
    Column("state_since", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("dispatched_at", Moment),
    Column("signed_at", Moment),
    Column("contacted_at", Moment),
    Column("respond_due_at", Moment),
    Column("asked_unit", Text),  # whose answer counts as in time or late, and since when
    Column("asked_at", Moment),
    Column("limit_from", Moment),  # when the limit began
    Column("due_at", Moment),
    Column("extended_due_at", Moment),
    Column("deadline_at", Moment, Computed("coalesce(extended_due_at, due_at)", persisted=True)),
    # The deadline that was missed. In no index: to mark a hundred thousand must cost no index.
    Column("overdue_at", Moment),
    Column("overdue_unit", Text),  # and by whom
    # What may be indexed of it: marking an open order leaves this as it was.
    Column(
        "closed_late",
        Boolean,
        Computed("closed_at IS NOT NULL AND overdue_at IS NOT NULL", persisted=True),
    ),
    Column("replied_at", Moment),
    Column("reply", Text),  # the last answer that was given
    Column("closed_at", Moment),
    Column("day_rule", Text, nullable=False),  # 工作日 | 日历日
    Column("return_count", SmallInteger, nullable=False, server_default=text("0")),
    Column("redo_count", SmallInteger, nullable=False, server_default=text("0")),
    Column("extend_count", SmallInteger, nullable=False, server_default=text("0")),
    Column("supervise_level", SmallInteger, nullable=False, server_default=text("0")),
    Column("resolved", Text),  # 已解决 | 部分解决 | 未解决
    Column("satisfied", Text),  # 满意 | 基本满意 | 不满意
    Column("excluded_from", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("on_account", Boolean, nullable=False, server_default=text("false")),
    Column("simulated", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("source", "source_no", name="uq_work_order_source_source_no"),
    # What like orders were finally handled by, place by place, the newest first (一派到位).
    Index(
        "ix_work_order_handled",
        "category",
        "region_code",
        text("closed_at DESC"),
        postgresql_where=CLOSED,
    ),
    Index("ix_work_order_open_deadline", "deadline_at", "id", postgresql_where=OPEN),
    *(
        Index(f"ix_work_order_open_{column}", column, "deadline_at", postgresql_where=OPEN)
        for column in (
            *("region_code", "district_code", "street_code", "unit_id", "dispatch_unit", "state"),
        )
    ),
    *(
        Index(f"ix_work_order_{column}", column, "received_at")
        for column in (
            *("region_code", "district_code", "street_code", "unit_id", "dispatch_unit"),
            "category",
        )
    ),
    Index("ix_work_order_received_at", "received_at", "id"),
    # The newest are the open ones: a list of closed orders does not step over them.
    Index("ix_work_order_closed", "received_at", "id", postgresql_where=CLOSED),
    Index(
        "ix_work_order_closed_district_code",
        *("district_code", "received_at"),
        postgresql_where=CLOSED,
    ),
    Index(
        "ix_work_order_open_extended",
        *("received_at", "id"),
        postgresql_where=text("closed_at IS NULL AND extended_due_at IS NOT NULL"),
    ),
    Index("ix_work_order_closed_late", "received_at", "id", postgresql_where=LATE),
    *(
        Index(f"ix_work_order_closed_late_{column}", column, "received_at", postgresql_where=LATE)
        for column in ("district_code", "unit_id", "dispatch_unit")
    ),
    Index("ix_work_order_seat_units", "seat_units", postgresql_using="gin"),
    Index("ix_work_order_place", text("text_pairs(place)"), postgresql_using="gin"),
    Index("ix_work_order_parent_id", "parent_id"),
    Index("ix_work_order_merged_into", "merged_into"),
)

# Who called: the numbers encrypted. ``caller_units`` may read it although it is confidential.
order_caller = Table(
    "order_caller",
    metadata,
    Column("order_id", Uuid, ForeignKey("work_order.id"), primary_key=True),
    Column("name_cipher", Text),
    Column("phone_cipher", Text),
    Column("phone_hash", Text, index=True),
    Column("id_hash", Text),
    Column("wants_secret", Boolean, nullable=False),
    Column("caller_units", ARRAY(Text), nullable=False),
)

order_seat = Table(
    "order_seat",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("unit_id", Text, nullable=False, index=True),
    Column("part", Text, nullable=False),  # 主办 | 协办 | 派单 | 回访 | 督办
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("state", Text, nullable=False),  # 在办 | 已反馈 | 已结束
    Index(
        "uq_order_seat_now",
        "order_id",
        "unit_id",
        "part",
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
)

order_event = Table(
    "order_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("move", Text, nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("unit_id", Text),
    Column("unit_name", Text),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
)

order_attachment = Table(
    "order_attachment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),  # as its content says
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False),  # encrypted
    Column("added_by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
