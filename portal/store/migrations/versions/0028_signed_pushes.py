"""Numbers of signed requests, each good once; class codes of other systems that are not mapped yet

The numbers name nobody: only that a program used this one, until it would be too late anyway. The
codes name no order and nobody either; every unit may read them, only the orders' service writes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None

APP = "portal_app"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:orders')"
IN_A_UNIT = "((SELECT nullif(current_setting('app.unit', true), '')) IS NOT NULL)"


def upgrade() -> None:
    op.create_table(
        "spent_nonce",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", "nonce", name=op.f("pk_spent_nonce")),
    )
    op.create_index("ix_spent_nonce_until", "spent_nonce", ["until"])
    op.execute(f"GRANT SELECT, INSERT, DELETE ON spent_nonce TO {APP}")
    _gaps()


def _gaps() -> None:
    op.create_table(
        "order_class_gap",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "code", name=op.f("pk_order_class_gap")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON order_class_gap TO {APP}")
    op.execute("ALTER TABLE order_class_gap ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY reading ON order_class_gap FOR SELECT TO {APP}"
        f" USING ({SERVICE} OR {IN_A_UNIT})"
    )
    op.execute(
        f"CREATE POLICY adding ON order_class_gap FOR INSERT TO {APP} WITH CHECK ({SERVICE})"
    )
    op.execute(
        f"CREATE POLICY changing ON order_class_gap FOR UPDATE TO {APP}"
        f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
    )


def downgrade() -> None:
    op.drop_table("order_class_gap")
    op.drop_table("spent_nonce")
