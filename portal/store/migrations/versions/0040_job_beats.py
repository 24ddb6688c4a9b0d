"""Signs of life of the processes that run the recurring jobs: which job had its turn, and when

Written by the service that looks after the systems; read by it and by posts of the whole city.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APP = "portal_app"
TABLE = "job_beat"
SERVICE = "(SELECT current_setting('app.actor', true) = 'service:systems')"


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = " OR ".join(
    f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
)


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("beat_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("turns", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f(f"pk_{TABLE}")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY reading ON {TABLE} FOR SELECT TO {APP} USING ({IN_SCOPE} OR {SERVICE})"
    )
    op.execute(f"CREATE POLICY adding ON {TABLE} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
    op.execute(
        f"CREATE POLICY changing ON {TABLE} FOR UPDATE TO {APP}"
        f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
    )
    op.execute(f"CREATE POLICY removing ON {TABLE} FOR DELETE TO {APP} USING ({SERVICE})")


def downgrade() -> None:
    op.drop_table(TABLE)
