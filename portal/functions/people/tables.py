"""What is stored about handing over and about grants that wait; the two views administrators read.

The views show the rows of the transaction's scope and nothing else, whatever a query asks.
"""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

handover = Table(
    "handover",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # 调动 | 离任
    Column("unit_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("position_id", Text, ForeignKey("position.id"), nullable=False, index=True),
    Column("from_post", Uuid, ForeignKey("post.id"), nullable=False),
    Column("to_post", Uuid, ForeignKey("post.id")),  # empty while nobody has taken over
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("words", JSONB, nullable=False),  # names as they were, and what moved
)

grant_request = Table(
    "grant_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position_id", Text, ForeignKey("position.id"), nullable=False, index=True),
    Column("unit_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("prefixes", ARRAY(Text), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("decision", Text),  # 同意 | 退回; empty while it waits
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("reason", Text),
)

_views = MetaData()  # made by the migration; no tables of ours

_UNIT = ("unit_id", "unit_name", "kind", "level")

staff_position = Table(
    "staff_position",
    _views,
    Column("id", Text, primary_key=True),
    *(Column(name, Text) for name in (*_UNIT, "title", "status")),
    Column("region_code", RegionCode),
    Column("roles", ARRAY(Text)),
    Column("prefixes", ARRAY(Text)),
    Column("quota", Integer),
)

staff_member = Table(
    "staff_member",
    _views,
    Column("post_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    *(Column(name, Text) for name in (*_UNIT, "title", "position_id", "position_status")),
    *(Column(name, Text) for name in ("login", "name", "account_status")),
    Column("region_code", RegionCode),
    Column("roles", ARRAY(Text)),
    Column("prefixes", ARRAY(Text)),
    Column("is_main", Integer),
    Column("starts", Date),
    Column("ends", Date),
    Column("ended_at", Moment),
)
