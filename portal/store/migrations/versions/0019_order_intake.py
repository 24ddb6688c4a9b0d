"""Intake of orders: commands to the systems that are masters, answers kept ready, likeness of texts

Commands are seen by whoever sees their order; only the orders' service writes them. Answers are
read by everybody in a unit and added, version by version, by the service. Texts of orders get a
trigram index, so that an order like this one is found while it is typed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0020"
branch_labels = None
depends_on = None

APP = "portal_app"
MOMENT = sa.DateTime(timezone=True)
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:orders')"
IN_A_UNIT = "((SELECT nullif(current_setting('app.unit', true), '')) IS NOT NULL)"
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM work_order o WHERE o.id = order_id)"
READING = {
    "order_command": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "order_foreign": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "order_knowledge": f"{SERVICE} OR {IN_A_UNIT}",
}
GRANTS = {
    "order_command": "SELECT, INSERT, UPDATE",
    "order_foreign": "SELECT, INSERT, UPDATE",
    "order_knowledge": "SELECT, INSERT",
}


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def _commands() -> None:
    texts = ("system_id", "foreign_id", "move", "action", "label", "form", "unit_id", "unit_name",
             "actor", "actor_name", "state")  # fmt: skip
    op.create_table(
        "order_command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        *(_text(name) for name in texts),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("created_at"),
        _moment("since"),
        _moment("next_at"),
        _moment("lease_until", nullable=True),
        _moment("sent_at", nullable=True),
        _text("error", nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_order.id"], name=op.f("fk_order_command_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_command")),
    )
    op.create_index("ix_order_command_order_id", "order_command", ["order_id"])
    op.create_index(
        "ix_order_command_due",
        "order_command",
        ["system_id", "next_at"],
        postgresql_where=sa.text("state IN ('待发送', '发送中')"),
    )
    op.create_index(
        "uq_order_command_live",
        "order_command",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('待发送', '发送中', '滞留')"),
    )


def _foreign() -> None:
    op.create_table(
        "order_foreign",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        _text("system_id"),
        _text("state"),
        _moment("due_at", nullable=True),
        _moment("changed_at"),
        _moment("seen_at"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_order.id"], name=op.f("fk_order_foreign_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_foreign")),
    )


def _knowledge() -> None:
    op.create_table(
        "order_knowledge",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("code"),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("question", "answer", "basis", "department")),
        sa.Column("valid_until", sa.Date(), nullable=False),
        _text("withdrawn", nullable=True),
        _text("made_by"),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_knowledge")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_order_knowledge_code_version")),
    )
    op.create_index(
        "ix_order_knowledge_question",
        "order_knowledge",
        ["question"],
        postgresql_using="gin",
        postgresql_ops={"question": "gin_trgm_ops"},
    )


def upgrade() -> None:
    _commands()
    _foreign()
    _knowledge()
    for table in GRANTS:
        op.execute(f"GRANT {GRANTS[table]} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({READING[table]})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
        )


def downgrade() -> None:
    op.drop_table("order_knowledge")
    op.drop_table("order_foreign")
    op.drop_table("order_command")
