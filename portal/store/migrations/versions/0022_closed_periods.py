"""Closed periods of the measure store, what waits for their reopening, and roll-ups by period

A closing says nothing about persons: whoever has a scope may know of it. What waits is seen like
the numbers themselves; only the measuring service writes either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
WRITER = "(current_setting('app.actor', true) = 'service:measures')"
ANYBODY = "(nullif(current_setting('app.scope', true), '') IS NOT NULL)"
READING = {
    "measure_period_lock": f"{ANYBODY} OR {WRITER}",
    "measure_pending": f"{IN_SCOPE} OR {WRITER}",
}


def _create() -> None:
    op.create_table(
        "measure_period_lock",
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("grain", PLAIN, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.Column("reopened_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "region_code", "grain", "starts", "version", name=op.f("pk_measure_period_lock")
        ),
    )
    op.create_table(
        "measure_pending",
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("measure", PLAIN, nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("slice", PLAIN, nullable=False),
        sa.Column("grain", PLAIN, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            *("region_code", "measure", "system_id", "slice", "grain", "starts", "until"),
            name=op.f("pk_measure_pending"),
        ),
    )
    op.create_index(
        "ix_measure_pending_measure_system_id",
        "measure_pending",
        ["measure", "system_id"],
        unique=False,
    )


def _key_of_rollups(*columns: str) -> None:
    op.drop_constraint("pk_measure_rollup", "measure_rollup", type_="primary")
    op.create_primary_key("pk_measure_rollup", "measure_rollup", list(columns))


def upgrade() -> None:
    _create()
    # A table reads few periods of many regions: the period comes before the region.
    _key_of_rollups("measure", "level", "grain", "starts", "region_code", "system_id", "slice")
    for column in ("taken_at", "day"):  # how new the store is, and how old: asked at every click
        op.create_index(f"ix_measure_snapshot_{column}", "measure_snapshot", [column], unique=False)
    for table, reading in READING.items():
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({WRITER})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({WRITER}) WITH CHECK ({WRITER})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({WRITER})")


def downgrade() -> None:
    for column in ("taken_at", "day"):
        op.drop_index(f"ix_measure_snapshot_{column}", "measure_snapshot")
    _key_of_rollups("measure", "level", "region_code", "grain", "starts", "system_id", "slice")
    op.drop_table("measure_pending")
    op.drop_table("measure_period_lock")
