"""What a district sees is one value, and what is closed is read in its order

A range of codes has to be sorted whole before its first fifty are known; streets had their own
column already. The newest orders are the open ones: a list of closed ones would step over them all.
"""

from alembic import op

revision = "0027"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        'ALTER TABLE work_order ADD district_code text COLLATE "C"'
        " GENERATED ALWAYS AS (left(region_code, 6)) STORED"
    )
    op.create_index("ix_work_order_district_code", "work_order", ["district_code", "received_at"])
    op.execute(
        "CREATE INDEX ix_work_order_open_district_code ON work_order (district_code, deadline_at)"
        " WHERE closed_at IS NULL"
    )
    for name, columns in (
        ("closed", "received_at, id"),
        ("closed_district_code", "district_code, received_at"),
    ):
        op.execute(
            f"CREATE INDEX ix_work_order_{name} ON work_order ({columns})"
            " WHERE closed_at IS NOT NULL"
        )


def downgrade() -> None:
    op.execute("DROP INDEX ix_work_order_closed")
    op.execute("ALTER TABLE work_order DROP district_code")
