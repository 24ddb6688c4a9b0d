"""Morning papers: each is its holder's alone; the clock makes them and drops old ones"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

APP = "portal_app"
TABLE = "morning_paper"
MINE = "(login = (SELECT nullif(current_setting('app.actor', true), '')))"
SERVICE = "(SELECT current_setting('app.actor', true) = 'service:briefing')"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "day", name=op.f(f"pk_{TABLE}")),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reading ON {TABLE} FOR SELECT TO {APP} USING ({MINE} OR {SERVICE})")
    op.execute(f"CREATE POLICY adding ON {TABLE} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
    op.execute(f"CREATE POLICY removing ON {TABLE} FOR DELETE TO {APP} USING ({SERVICE})")


def downgrade() -> None:
    op.drop_table(TABLE)
