"""What is stored of evaluation: schemes, closed months with their standings, published cases.

Schemes and closed months are only ever added to. A standing is a unit's: a constraint keeps every
other kind of name out, persons and communities before all.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

rate_scheme = Table(
    "rate_scheme",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("starts", Date, nullable=False),  # the first month it holds for
    Column("body", JSONB, nullable=False),
    Column("words", Text, nullable=False),  # what was changed and why
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
)

rate_month = Table(
    "rate_month",
    metadata,
    Column("starts", Date, primary_key=True),
    Column("scheme_version", Integer, nullable=False),  # 0: the city pack's own
    Column("scheme", JSONB, nullable=False),  # whole: it must read the same in ten years
    Column("as_of", Moment),
    Column("closed_at", Moment, nullable=False),
)

rate_standing = Table(
    "rate_standing",
    metadata,
    Column("starts", Date, ForeignKey("rate_month.starts"), primary_key=True),
    Column("league", Text, primary_key=True),
    Column("unit_id", Text, primary_key=True),
    Column("unit_name", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("population", Integer),
    Column("received_before", Integer),
    Column("received_last_year", Integer),
    Column("score", Numeric(5, 2)),
    Column("place", Integer),
    Column("zone", Text),
    Column("flag", Text, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    CheckConstraint(
        "league IN ('district', 'street', 'city_department', 'district_department')", name="units"
    ),
    Index("ix_rate_standing_unit_id", "unit_id", "starts"),
)

showcase = Table(
    "showcase",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("region_code", RegionCode, nullable=False),  # of a street at the lowest
    Column("category", Text, nullable=False),
    Column("title", Text, nullable=False),  # masked, like all that follows
    Column("story", Text, nullable=False),
    Column("unit_name", Text, nullable=False),  # who solved it
    Column("state", Text, nullable=False),
    Column("day", Date, nullable=False),  # on which the order was closed
    Column("unit_id", Text, nullable=False),  # who proposes
    Column("proposers", ARRAY(Uuid), nullable=False),  # who, and for whom they stood in
    Column("proposed_name", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_by", Text),
    Column("decided_name", Text),
    Column("decided_at", Moment),
    Column("reason", Text),
    Column("simulated", Text),
    Index("ix_showcase_region_code", "region_code", "day"),
    Index(
        "uq_showcase_order_id",
        "order_id",
        unique=True,
        postgresql_where=text("state IN ('待审核', '已发布')"),
    ),
)

showcase_event = Table(
    "showcase_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("showcase_id", Uuid, ForeignKey("showcase.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("words", Text, nullable=False),
    Index("ix_showcase_event_showcase_id", "showcase_id"),
)
