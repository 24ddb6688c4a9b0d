"""What is stored of forms, of the answers to them, of what answers leave behind."""

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

form = Table(
    "form",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Plain, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),  # 本地 | 省级一表通
    Column("valid_until", Date),
    Column("issuer_unit", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),  # of whom it is sent to, and the issuer's
    Column("content", JSONB, nullable=False),
    Column("overlaps", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_since", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("simulated", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index("ix_form_region_code", "region_code"),
    Index("ix_form_issuer_unit", "issuer_unit"),
)


def _events(name: str, column: str, other: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column(column, Uuid, ForeignKey(f"{other}.id"), nullable=False, index=True),
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


form_event = _events("form_event", "form_id", "form")

form_answer = Table(
    "form_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("form_id", Uuid, ForeignKey("form.id"), nullable=False),
    Column("issuer_unit", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("paper_no", Plain, nullable=False),  # on the paper, so that it finds its row
    Column("period_from", Date, nullable=False),
    Column("period_to", Date, nullable=False),  # the first day after it
    Column("due_on", Date, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("offline", Boolean, nullable=False),  # without network: no lateness is counted
    Column("payload", Text, nullable=False),  # the cells, encrypted as one text
    Column("rows", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("auto", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("typed", Integer, nullable=False),
    Column("filled_at", Moment),  # when the system filled it
    Column("handed_at", Moment),
    Column("filled_by", Text),  # the town that filled it in for the unit
    Column("state", Text, nullable=False),
    Column("state_since", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("form_id", "unit_id", "period_from", name="uq_form_answer_form_unit_period"),
    UniqueConstraint("paper_no", name="uq_form_answer_paper_no"),
    Index("ix_form_answer_region_code", "region_code"),
    Index("ix_form_answer_issuer_unit", "issuer_unit"),
    Index("ix_form_answer_empty", "form_id", postgresql_where=text("filled_at IS NULL")),
)

form_answer_event = _events("form_answer_event", "answer_id", "form_answer")

# What a locked answer leaves behind. Added to, never changed: the greatest version that is in no
# hard conflict counts, and a conflict stays visible until a later word settles it.
form_fact = Table(
    "form_fact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("name", Plain, nullable=False),
    Column("value", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("base", Integer, nullable=False),  # the version that the answer was filled from
    Column("conflict", Text),  # soft | hard
    Column("form_id", Uuid, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_form_fact_region_code", "region_code", "name", "version"),
)

# The same of one person, from a locked list; the subject is the index's number of the person.
form_person_fact = Table(
    "form_person_fact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Plain, nullable=False),
    Column("region_code", RegionCode, nullable=False),  # of the unit that said it
    Column("name", Plain, nullable=False),
    Column("value", Text, nullable=False),  # encrypted
    Column("version", Integer, nullable=False),
    Column("base", Integer, nullable=False),
    Column("conflict", Text),
    Column("form_id", Uuid, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("subject", "name", "version", name="uq_form_person_fact_subject_name_version"),
)

form_refusal = Table(
    "form_refusal",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("issuer_unit", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("form_title", Text, nullable=False),
    Column("field_title", Text, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint(
        "issuer_unit", "form_title", "field_title", name="uq_form_refusal_issuer_form_field"
    ),
)
