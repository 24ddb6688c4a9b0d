"""诉求工单: lists of late orders with the closed ones go down an index

``overdue_at`` itself stays in no index, for marking a hundred thousand open orders must cost none.
The new column changes only when a late order is closed. Adding it writes the table anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLE = "work_order"
COLUMNS = ("district_code", "unit_id", "dispatch_unit")


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column(
            "closed_late",
            sa.Boolean(),
            sa.Computed("closed_at IS NOT NULL AND overdue_at IS NOT NULL", persisted=True),
        ),
    )
    late = sa.text("closed_late")
    op.create_index(
        "ix_work_order_closed_late", TABLE, ["received_at", "id"], postgresql_where=late
    )
    op.create_index(
        "ix_work_order_open_extended",
        TABLE,
        ["received_at", "id"],
        postgresql_where=sa.text("closed_at IS NULL AND extended_due_at IS NOT NULL"),
    )
    for column in COLUMNS:
        op.create_index(
            f"ix_work_order_closed_late_{column}",
            TABLE,
            [column, "received_at"],
            postgresql_where=late,
        )


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_work_order_closed_late_{column}", TABLE)
    op.drop_index("ix_work_order_closed_late", TABLE)
    op.drop_index("ix_work_order_open_extended", TABLE)
    op.drop_column(TABLE, "closed_late")
