"""What is stored of the exchange with the province: its forms, what goes back, how it went."""

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
from sqlalchemy.dialects.postgresql import JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)
Plain = Text(collation="C")

# One row for each edition of a form, whether it could be registered here or not.
province_form = Table(
    "province_form",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Plain, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("changed", Plain, nullable=False),  # the province's own mark
    Column("state", Text, nullable=False),  # 待处理 | 已登记 | 已换版 | 已退表
    Column("form_id", Uuid, ForeignKey("form.id")),
    Column("region_code", RegionCode, nullable=False),
    Column("back", Text, nullable=False),  # 单位 | 市: who sends answers back
    Column("codes", JSONB, nullable=False),  # a field's name -> its code over there
    Column("faults", JSONB, nullable=False),
    Column("notes", JSONB, nullable=False),
    Column("digest", Plain, nullable=False),  # of what was issued, to tell a silent change
    Column("fetched_at", Moment, nullable=False),
    UniqueConstraint("number", "edition", name="uq_province_form_number_edition"),
    Index("ix_province_form_form_id", "form_id"),
)

# What goes to the province: an acknowledgement, a refusal, answers. The id never leaves.
province_return = Table(
    "province_return",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("province_form_id", Uuid, ForeignKey("province_form.id"), nullable=False),
    Column("kind", Text, nullable=False),  # 收表 | 退表 | 回传
    Column("answer_id", Uuid, ForeignKey("form_answer.id")),
    Column("region_code", RegionCode, nullable=False),
    Column("period_from", Date),
    Column("turn", Integer, nullable=False),
    Column("payload", Text, nullable=False),  # encrypted: lists hold persons
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("receipt", Text),
    Column("error", Text),
    UniqueConstraint(
        "province_form_id", "kind", "region_code", "period_from", "turn",
        name="uq_province_return_form_kind_place_period_turn",
    ),
    Index("ix_province_return_region_code", "region_code"),
    Index("ix_province_return_answer_id", "answer_id"),
    Index(
        "ix_province_return_due", "next_at",
        postgresql_where=text("state IN ('待发送', '发送中')"),
    ),
)  # fmt: skip

# One row: from where on to ask, and how the last time went.
province_fetch = Table(
    "province_fetch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mark", Plain, nullable=False),
    Column("fetched_at", Moment),
    Column("tried_at", Moment),
    Column("problem", Text),
)
