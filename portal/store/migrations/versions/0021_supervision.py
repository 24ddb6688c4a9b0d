"""Supervision and evaluation: warnings, 督办单, return visits, appeals, marks on demands

A warning is read by the unit it is for and by who sees the order; it is written once by the
service of the orders. What a unit proposes or appeals it writes itself; what comes of it is written
by the service after the function has looked. No table holds anything of a caller. Policies fail
closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
TABLES = ("order_warning", "supervision_sheet", "order_visit", "order_appeal", "demand_mark")

UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:orders')"
OF_A_SEEN_ORDER = "EXISTS (SELECT 1 FROM work_order o WHERE o.id = order_id)"


def _mine(*columns: str) -> str:
    return " OR ".join(f"{one} = {UNIT}" for one in columns)


# reading, adding, changing: by whose unit; the service may all three
POLICIES = {
    "order_warning": (f"{_mine('unit_id')} OR {OF_A_SEEN_ORDER}", "false", "false"),
    "supervision_sheet": (
        f"{_mine('to_unit', 'from_unit')} OR {OF_A_SEEN_ORDER}",
        f"({_mine('from_unit')}) AND {OF_A_SEEN_ORDER}",
        _mine("to_unit", "from_unit"),
    ),
    "order_visit": (f"{_mine('unit_id')} OR {OF_A_SEEN_ORDER}", "false", "false"),
    "order_appeal": (
        f"{_mine('unit_id', 'to_unit')} OR {OF_A_SEEN_ORDER}",
        f"({_mine('unit_id')}) AND {OF_A_SEEN_ORDER}",
        _mine("to_unit"),
    ),
    # A mark is looked up by its demand and in no other way.
    "demand_mark": (
        OF_A_SEEN_ORDER,
        f"({_mine('unit_id')}) AND {OF_A_SEEN_ORDER}",
        OF_A_SEEN_ORDER,
    ),
}
GRANTS = {
    "order_warning": "SELECT, INSERT",
    "supervision_sheet": "SELECT, INSERT, UPDATE",
    "order_visit": "SELECT, INSERT, UPDATE",
    "order_appeal": "SELECT, INSERT, UPDATE",
    "demand_mark": "SELECT, INSERT, UPDATE",
}


def _order_warning() -> None:
    op.create_table(
        "order_warning",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("deadline_at", MOMENT, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_warning")),
        sa.UniqueConstraint(
            "order_id",
            "deadline_at",
            "stage",
            "unit_id",
            name=op.f("uq_order_warning_order_id_deadline_at_stage_unit_id"),
        ),
    )
    op.create_index("ix_order_warning_unit_id", "order_warning", ["unit_id", "at"])


def _supervision_sheet() -> None:
    op.create_table(
        "supervision_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("stage", sa.Text()),
        sa.Column("from_unit", sa.Text(), nullable=False),
        sa.Column("to_unit", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("demands", TEXTS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT),
        sa.Column("issued_by_name", sa.Text()),
        sa.Column("answer_due_at", MOMENT),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by_name", sa.Text()),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_name", sa.Text()),
        sa.Column("ending", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_sheet")),
        sa.UniqueConstraint("number", name=op.f("uq_supervision_sheet_number")),
    )
    op.create_index("ix_supervision_sheet_from_unit", "supervision_sheet", ["from_unit", "state"])
    op.create_index("ix_supervision_sheet_to_unit", "supervision_sheet", ["to_unit", "state"])
    op.create_index(
        "uq_supervision_sheet_open",
        "supervision_sheet",
        ["order_id", "from_unit"],
        unique=True,
        postgresql_where=sa.text("state IN ('拟发', '已签发', '已反馈')"),
    )


def _order_visit() -> None:
    op.create_table(
        "order_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.Text(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("done_by_name", sa.Text()),
        sa.Column("resolved", sa.Text()),
        sa.Column("satisfied", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_visit")),
        sa.UniqueConstraint("order_id", "round", name=op.f("uq_order_visit_order_id_round")),
    )
    op.create_index(
        "ix_order_visit_waiting",
        "order_visit",
        ["unit_id", "due_at"],
        postgresql_where=sa.text("state = '待回访'"),
    )


def _order_appeal() -> None:
    op.create_table(
        "order_appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("to_unit", sa.Text(), nullable=False),
        sa.Column("rates", TEXTS, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_name", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_appeal")),
    )
    op.create_index("ix_order_appeal_order_id", "order_appeal", ["order_id"])
    op.create_index("ix_order_appeal_to_unit", "order_appeal", ["to_unit", "state"])
    op.create_index(
        "uq_order_appeal_open",
        "order_appeal",
        ["order_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("state = '待审核'"),
    )


def _demand_mark() -> None:
    op.create_table(
        "demand_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_by_name", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_by_name", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("until", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_mark")),
    )
    op.create_index("ix_demand_mark_order_id", "demand_mark", ["order_id"])
    op.create_index(
        "uq_demand_mark_open",
        "demand_mark",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('待复核', '已认定')"),
    )


def upgrade() -> None:
    _order_warning()
    _supervision_sheet()
    _order_visit()
    _order_appeal()
    _demand_mark()
    op.execute("CREATE SEQUENCE supervision_sheet_number MINVALUE 1 MAXVALUE 99999 CYCLE")
    op.execute(f"GRANT USAGE ON SEQUENCE supervision_sheet_number TO {APP}")
    for table, (reading, adding, changing) in POLICIES.items():
        op.execute(f"GRANT {GRANTS[table]} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({SERVICE} OR {reading})"
        )
        op.execute(
            f"CREATE POLICY adding ON {table} FOR INSERT TO {APP}"
            f" WITH CHECK ({SERVICE} OR ({adding}))"
        )
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({SERVICE} OR {changing}) WITH CHECK ({SERVICE} OR {changing})"
        )


def downgrade() -> None:
    op.execute("DROP SEQUENCE supervision_sheet_number")
    for table in reversed(TABLES):
        op.drop_table(table)
