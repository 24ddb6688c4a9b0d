"""What a closed period had, kept when it is reopened: the figures of every earlier version

Rows are added by the measuring service and never changed or removed. They are read like the
numbers themselves: by the scope of the place that each row is about.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0026"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
TABLE = "measure_signed"


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(f"(place >= {_slot(n)} AND place < {_slot(n)} || ':')" for n in (1, 2, 3, 4))
    + ")"
)
WRITER = "(SELECT current_setting('app.actor', true) = 'service:measures')"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("grain", PLAIN, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", PLAIN, nullable=False),
        sa.Column("measure", PLAIN, nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("slice", PLAIN, nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("region_code", "grain", "starts", "version"),
            *("place", "measure", "system_id", "slice"),
            name=op.f(f"pk_{TABLE}"),
        ),
    )
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY reading ON {TABLE} FOR SELECT TO {APP} USING ({IN_SCOPE} OR {WRITER})"
    )
    op.execute(f"CREATE POLICY adding ON {TABLE} FOR INSERT TO {APP} WITH CHECK ({WRITER})")


def downgrade() -> None:
    op.drop_table(TABLE)
