"""What is stored about a finding, its photos, its history, the meetings and the daily reports."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
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

Moment = DateTime(timezone=True)
Plain = Text(collation="C")

finding = Table(
    "finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Plain, nullable=False, unique=True),
    Column("source", Text, nullable=False),  # 社区发现 | 网格员递交 | 居民反映 | 同类诉求
    Column("form_no", Plain, nullable=False, unique=True),  # sent twice, a form is one finding
    Column("cluster", Plain),  # the kind of demand that it takes up
    Column("class", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("lng", Numeric(9, 6)),
    Column("lat", Numeric(8, 6)),
    Column("region_code", RegionCode, nullable=False),
    Column("grid_code", RegionCode),
    Column("stage", Text, nullable=False),  # 试点 | 推开, on the day it was found
    Column("finder_unit", Text, nullable=False),
    Column("finder_name", Text, nullable=False),  # of the staff; a resident is not named
    Column("unit_id", Text, nullable=False),  # whose turn it is
    Column("lead_unit", Text),
    Column("help_units", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("seat_units", ARRAY(Text), nullable=False),  # who sees it, whatever their places
    Column("way", Text),  # 自办 | 协办 | 联办
    Column("state", Text, nullable=False),
    Column("prior_state", Text),
    Column("state_since", Moment, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("reported_at", Moment),
    Column("due_on", Date),
    Column("replied_at", Moment),
    Column("reply", Text),
    Column("closed_at", Moment),
    Column("order_id", Uuid),
    Column("order_no", Plain),
    Column("simulated", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index("ix_finding_region_code", "region_code", "found_at"),
    Index("ix_finding_unit_id", "unit_id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_finding_seat_units", "seat_units", postgresql_using="gin"),
    Index("ix_finding_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
    Index(
        "uq_finding_cluster_open",
        "cluster",
        unique=True,
        postgresql_where=text("cluster IS NOT NULL AND closed_at IS NULL"),
    ),
)

finding_event = Table(
    "finding_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("finding_id", Uuid, ForeignKey("finding.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
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

finding_photo = Table(
    "finding_photo",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("finding_id", Uuid, ForeignKey("finding.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),  # as its content says
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False),  # encrypted
    Column("added_by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

finding_meeting = Table(
    "finding_meeting",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("region_code", RegionCode, nullable=False, index=True),
    Column("unit_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("place", Text, nullable=False),
    Column("attending", Text, nullable=False),
    Column("state", Text, nullable=False),  # 筹备中 | 已结束
    Column("called_by", Text, nullable=False),
    Column("called_at", Moment, nullable=False),
    Column("closed_at", Moment),
)

finding_meeting_item = Table(
    "finding_meeting_item",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("meeting_id", Uuid, ForeignKey("finding_meeting.id"), nullable=False),
    Column("finding_id", Uuid, ForeignKey("finding.id"), nullable=False, index=True),
    Column("place", SmallInteger, nullable=False),
    Column("outcome", Text),  # 议定办理 | 转为工单 | 提请市级联动 ; none yet: not decided
    Column("decision", Text),
    Column("lead_unit", Text),
    Column("help_units", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("until", Date),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    UniqueConstraint("meeting_id", "finding_id", name="uq_finding_meeting_item_meeting_finding"),
)

# One a day and unit at most, and none for a day on which nothing happened.
finding_daily = Table(
    "finding_daily",
    metadata,
    Column("unit_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("region_code", RegionCode, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("content", JSONB, nullable=False),
)

# What was said of a measure; the last word of a region is its state.
finding_measure = Table(
    "finding_measure",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("measure", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_finding_measure_region_code", "region_code", "measure", "id"),
)
