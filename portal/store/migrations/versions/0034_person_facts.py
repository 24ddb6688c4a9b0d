"""一表通: what locked lists leave behind of persons, for the next list

Added to, never changed; read and added by the affair's own service alone. The policies fail closed
like those of 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0036"
branch_labels = None
depends_on = None

APP = "portal_app"
TABLE = "form_person_fact"
PLAIN = sa.Text(collation="C")
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:forms')"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subject", PLAIN, nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("conflict", sa.Text(), nullable=True),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_person_fact")),
        sa.UniqueConstraint(
            "subject", "name", "version", name="uq_form_person_fact_subject_name_version"
        ),
    )
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reading ON {TABLE} FOR SELECT TO {APP} USING ({SERVICE})")
    op.execute(f"CREATE POLICY adding ON {TABLE} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")


def downgrade() -> None:
    op.drop_table(TABLE)
