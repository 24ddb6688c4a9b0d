"""Dispatch: lists by version, what was suggested and chosen, consultations about who is in charge

The lists hold no persons: whoever is signed in may read them, who runs a region's desk writes
drafts, and what is published is never changed. What belongs to an order is seen by who sees the
order; consultations are seen by the units that are asked as well. Policies fail closed like 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
TABLES = (
    "dispatch_version",
    "dispatch_entry",
    "order_advice",
    "order_dispute",
    "order_dispute_answer",
)


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


def _in_scope(column: str) -> str:
    ranges = (f"({column} >= {_slot(n)} AND {column} < {_slot(n)} || ':')" for n in (1, 2, 3, 4))
    return f"({' OR '.join(ranges)})"


UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
SIGNED_IN = "((SELECT nullif(current_setting('app.actor', true), '')) IS NOT NULL)"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:dispatch')"
OF_A_SEEN_ORDER = "EXISTS (SELECT 1 FROM work_order o WHERE o.id = order_id)"
ASKED = f"(asked_units @> ARRAY[{UNIT}])"
_DRAFT = "SELECT 1 FROM dispatch_version v WHERE v.id = version_id AND v.state = '草稿'"
OF_A_DRAFT = f"EXISTS ({_DRAFT} AND ({_in_scope('v.region_code')} OR {SERVICE}))"
OF_A_SEEN_DISPUTE = "EXISTS (SELECT 1 FROM order_dispute d WHERE d.id = dispute_id)"
MINE = f"({_in_scope('region_code')} OR {SERVICE})"
ANSWERING = f"(unit_id = {UNIT} AND {OF_A_SEEN_DISPUTE})"

# reading, adding, changing, removing
POLICIES = {
    "dispatch_version": (SIGNED_IN, MINE, MINE, "false"),
    "dispatch_entry": (SIGNED_IN, OF_A_DRAFT, "false", "false"),
    "order_advice": (
        f"{OF_A_SEEN_ORDER} OR {SERVICE}",
        f"(by_unit = {UNIT} AND {OF_A_SEEN_ORDER})",
        "false",
        "false",
    ),
    "order_dispute": (
        f"{OF_A_SEEN_ORDER} OR {ASKED} OR {SERVICE}",
        f"(opened_by_unit = {UNIT} AND {OF_A_SEEN_ORDER})",
        f"{OF_A_SEEN_ORDER} OR {SERVICE}",
        "false",
    ),
    "order_dispute_answer": (f"{OF_A_SEEN_DISPUTE} OR {SERVICE}", ANSWERING, ANSWERING, "false"),
}
GRANTS = {
    "dispatch_version": "SELECT, INSERT, UPDATE",
    "dispatch_entry": "SELECT, INSERT",
    "order_advice": "SELECT, INSERT",
    "order_dispute": "SELECT, INSERT, UPDATE",
    "order_dispute_answer": "SELECT, INSERT, UPDATE",
}


def _lists() -> None:
    op.create_table(
        "dispatch_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("published_by_name", sa.Text()),
        sa.Column("published_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_version")),
        sa.UniqueConstraint(
            "kind",
            "region_code",
            "number",
            name=op.f("uq_dispatch_version_kind_region_code_number"),
        ),
    )
    op.create_table(
        "dispatch_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", PLAIN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["dispatch_version.id"],
            name=op.f("fk_dispatch_entry_version_id_dispatch_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_entry")),
    )
    op.create_index("ix_dispatch_entry_version_id", "dispatch_entry", ["version_id", "place"])


def _advice() -> None:
    op.create_table(
        "order_advice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("version_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("suggested", sa.Text()),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger()),
        sa.Column("shown", postgresql.JSONB(), nullable=False),
        sa.Column("catalogue_entry", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_advice")),
    )
    op.create_index("ix_order_advice_order_id", "order_advice", ["order_id"])
    # What like orders were finally handled by, place by place, the newest first.
    op.create_index(
        "ix_work_order_handled",
        "work_order",
        ["category", "region_code", sa.text("closed_at DESC")],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )


def _disputes() -> None:
    op.create_table(
        "order_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by_unit", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_by_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_units", TEXTS, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_unit", sa.Text()),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_name", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("fallback", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_dispute")),
    )
    op.create_index("ix_order_dispute_order_id", "order_dispute", ["order_id"])
    op.create_index(
        "ix_order_dispute_asked_units", "order_dispute", ["asked_units"], postgresql_using="gin"
    )
    op.create_index(
        "uq_order_dispute_open",
        "order_dispute",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state = '会商中'"),
    )
    op.create_table(
        "order_dispute_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("suggested_unit", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"],
            ["order_dispute.id"],
            name=op.f("fk_order_dispute_answer_dispute_id_order_dispute"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_dispute_answer")),
        sa.UniqueConstraint(
            "dispute_id", "unit_id", name=op.f("uq_order_dispute_answer_dispute_id_unit_id")
        ),
    )


def upgrade() -> None:
    _lists()
    _advice()
    _disputes()
    for table, (reading, adding, changing, removing) in POLICIES.items():
        op.execute(f"GRANT {GRANTS[table]} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({changing}) WITH CHECK ({changing})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({removing})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("ix_work_order_handled", "work_order")
