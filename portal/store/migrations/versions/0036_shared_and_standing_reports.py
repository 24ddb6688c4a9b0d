"""Own templates shared by level, reports that come by the clock, and their delivered files

A shared template is read by the level it was shared with: posts of the same place, or those of the
places below too. It is written by who acts for that place. A delivery is its receiver's alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0032"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
SHARED, STANDING, DELIVERY = "report_shared", "report_standing", "report_delivery"


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


SLOTS = tuple(_slot(n) for n in (1, 2, 3, 4))
MY_LEVEL = "(" + " OR ".join(f"region_code = {slot}" for slot in SLOTS) + ")"
# The place itself and whoever acts below it; a region code holds digits only.
AT_OR_BELOW = "(" + " OR ".join(f"starts_with({slot}, region_code)" for slot in SLOTS) + ")"
MINE = "(login = (SELECT nullif(current_setting('app.actor', true), '')))"
SERVICE = "(SELECT current_setting('app.actor', true) = 'service:reports')"


def _policy(table: str, name: str, command: str, condition: str) -> None:
    clause = "WITH CHECK" if command == "INSERT" else "USING"
    op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {APP} {clause} ({condition})")


def _open(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def upgrade() -> None:
    op.create_table(
        SHARED,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reaches", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("shared_at", MOMENT, nullable=False),
        sa.CheckConstraint("reaches IN ('level', 'below')", name=op.f(f"ck_{SHARED}_reaches")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SHARED}")),
        sa.UniqueConstraint("region_code", "name", name=op.f(f"uq_{SHARED}_region_code_name")),
    )
    _open(SHARED)
    _policy(SHARED, "reading", "SELECT", f"{MY_LEVEL} OR (reaches = 'below' AND {AT_OR_BELOW})")
    _policy(SHARED, "adding", "INSERT", f"{MINE} AND {MY_LEVEL}")
    _policy(SHARED, "removing", "DELETE", MY_LEVEL)

    op.create_table(
        STANDING,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("goes_to", sa.Text(), nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.CheckConstraint("every IN ('week', 'month')", name=op.f(f"ck_{STANDING}_every")),
        sa.CheckConstraint(
            "goes_to IN ('me', 'level', 'below')", name=op.f(f"ck_{STANDING}_goes_to")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{STANDING}")),
    )
    op.create_index(f"ix_{STANDING}_login", STANDING, ["login"])
    _open(STANDING)
    _policy(STANDING, "reading", "SELECT", f"{MINE} OR {SERVICE}")
    _policy(STANDING, "adding", "INSERT", f"{MINE} AND {MY_LEVEL}")
    _policy(STANDING, "removing", "DELETE", f"{MINE} OR {SERVICE}")

    op.create_table(
        DELIVERY,
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("standing_id", sa.Uuid(), nullable=False),
        sa.Column("period", PLAIN, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "standing_id", "period", name=op.f(f"pk_{DELIVERY}")),
    )
    _open(DELIVERY)
    _policy(DELIVERY, "reading", "SELECT", f"{MINE} OR {SERVICE}")
    _policy(DELIVERY, "adding", "INSERT", SERVICE)
    _policy(DELIVERY, "removing", "DELETE", SERVICE)


def downgrade() -> None:
    for table in (DELIVERY, STANDING, SHARED):
        op.drop_table(table)
