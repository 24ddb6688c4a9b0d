"""The measure store: definitions, changes, roll-ups and snapshots, read by scope

One service principal writes; everybody else sees the numbers of the regions in scope. The policies
fail closed like those of 0002, and compare the region code as a range for the same reason.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
TABLES = ("measure", "measure_change", "measure_rollup", "measure_snapshot")


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
WRITER_RANGE = (
    "(region_code >= CASE WHEN current_setting('app.actor', true) = 'service:measures' THEN '0' END"
    " AND region_code < ':')"
)
# Definitions and snapshots say nothing about a region; who has no scope at all sees none of them.
ANYBODY = "(nullif(current_setting('app.scope', true), '') IS NOT NULL)"
READING = {
    "measure": f"{ANYBODY} OR {WRITER}",
    "measure_change": f"{IN_SCOPE} OR {WRITER_RANGE}",
    "measure_rollup": f"{IN_SCOPE} OR {WRITER_RANGE}",
    "measure_snapshot": f"{ANYBODY} OR {WRITER}",
}


def _numbers() -> list[sa.Column[int]]:
    return [
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
    ]


def _create() -> None:
    op.create_table(
        "measure",
        sa.Column("id", PLAIN, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_table(
        "measure_change",
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("measure", PLAIN, nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("slice", PLAIN, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_numbers(),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "region_code", "measure", "system_id", "slice", "day", name=op.f("pk_measure_change")
        ),
    )
    op.create_index(
        "ix_measure_change_measure_system_id_day",
        "measure_change",
        ["measure", "system_id", "day"],
        unique=False,
    )
    op.create_table(
        "measure_rollup",
        sa.Column("measure", PLAIN, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("grain", PLAIN, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("slice", PLAIN, nullable=False),
        *_numbers(),
        sa.PrimaryKeyConstraint(
            "measure",
            "level",
            "region_code",
            "grain",
            "starts",
            "system_id",
            "slice",
            name=op.f("pk_measure_rollup"),
        ),
    )
    op.create_table(
        "measure_snapshot",
        sa.Column("measure", PLAIN, nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("simulated", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("measure", "system_id", "day", name=op.f("pk_measure_snapshot")),
    )


def upgrade() -> None:
    _create()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO {APP}")
    version = op.get_bind().dialect.server_version_info
    if version is not None and version >= (17,):
        op.execute(f"GRANT MAINTAIN ON measure_change, measure_rollup TO {APP}")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({READING[table]})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({WRITER})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({WRITER}) WITH CHECK ({WRITER})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({WRITER})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
