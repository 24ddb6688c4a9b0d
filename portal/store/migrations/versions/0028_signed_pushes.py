"""Numbers of signed requests, each good once

They name nobody: only that a program used this number, until it would be too late anyway.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0023"
branch_labels = None
depends_on = None

APP = "portal_app"


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


def downgrade() -> None:
    op.drop_table("spent_nonce")
