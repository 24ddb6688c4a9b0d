"""The landing schema: files that systems put out, and the encrypted rows of the newest of each

One service principal writes. Rows are seen by the scope of their region; that a file came, and what
became of it, by everybody who has any scope. The policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP = "portal_app"
SCHEMA = "landing"
PLAIN = sa.Text(collation="C")


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
WRITER = "(current_setting('app.actor', true) = 'service:drops')"
ANYBODY = "(nullif(current_setting('app.scope', true), '') IS NOT NULL)"
READING = {
    "drop_file": f"{ANYBODY} OR {WRITER}",
    "drop_row": f"{IN_SCOPE} OR {WRITER}",
}


def _create() -> None:
    op.create_table(
        "drop_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_file")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_drop_file_system_id_received_at",
        "drop_file",
        ["system_id", "received_at"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "uq_drop_file_current",
        "drop_file",
        ["system_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "drop_row",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", PLAIN, nullable=False),
        sa.Column("system_id", PLAIN, nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "key_hash", name=op.f("pk_drop_row")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_drop_row_region_code", "drop_row", ["region_code"], unique=False, schema=SCHEMA
    )


def upgrade() -> None:
    op.execute(f"CREATE SCHEMA {SCHEMA}")
    _create()
    op.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}")
    # Rows are copied into a table of the transaction first: row-level security takes no COPY.
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO "
        f"{APP}', current_database()); END $$"
    )
    for name, reading in READING.items():
        table = f"{SCHEMA}.{name}"
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
    op.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
