"""Rows of a drop are copied straight into where they stay

COPY is refused by a table with row-level security, so rows went through a table of the
transaction and an INSERT, on one core, after everything else. Now ``drop_row`` is a partitioned
table with the policies, and all its rows are in one partition that takes COPY and nothing else:
the application may add to it, only as the service that lands files, and read it in no way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

APP = "portal_app"
WHOLE, ROWS = "landing.drop_row", "landing.drop_row_all"
PLAIN = sa.Text(collation="C")
WRITER = "(current_setting('app.actor', true) = 'service:drops')"


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
ONLY_THE_SERVICE = f"""
CREATE FUNCTION landing.only_who_lands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {WRITER} IS NOT TRUE THEN
    RAISE insufficient_privilege USING MESSAGE = 'rows of a drop are added by service:drops';
  END IF;
  RETURN NULL;
END $$
"""


def _policies(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({IN_SCOPE} OR {WRITER})"
    )
    op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({WRITER})")
    op.execute(
        f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
        f" USING ({WRITER}) WITH CHECK ({WRITER})"
    )
    op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({WRITER})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")


def upgrade() -> None:
    for policy in ("reading", "adding", "changing", "removing"):
        op.execute(f"DROP POLICY {policy} ON {WHOLE}")
    op.execute(f"ALTER TABLE {WHOLE} DISABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {WHOLE} RENAME TO drop_row_all")
    op.execute("ALTER INDEX landing.ix_drop_row_region_code RENAME TO ix_drop_row_all_region_code")
    op.execute(f"REVOKE ALL ON {ROWS} FROM {APP}")
    op.execute(f"GRANT INSERT ON {ROWS} TO {APP}")
    op.add_column(
        "drop_row_all",
        sa.Column("number", sa.Integer(), nullable=False, server_default="0"),
        schema="landing",
    )
    op.execute(f"ALTER TABLE {ROWS} ALTER number DROP DEFAULT, DROP CONSTRAINT pk_drop_row")
    # Checked when all are in, so that both of two rows with one key can be named.
    op.execute(
        f"ALTER TABLE {ROWS} ADD CONSTRAINT uq_drop_row_all_key UNIQUE (file_id, key_hash)"
        " DEFERRABLE INITIALLY DEFERRED"
    )
    op.execute(
        f"CREATE TABLE {WHOLE} (LIKE {ROWS} INCLUDING DEFAULTS) PARTITION BY LIST (system_id)"
    )
    op.execute(f"ALTER TABLE {WHOLE} ATTACH PARTITION {ROWS} DEFAULT")
    op.create_index("ix_drop_row_region_code", "drop_row", ["region_code"], schema="landing")
    _policies(WHOLE)
    op.execute(ONLY_THE_SERVICE)
    op.execute(
        f"CREATE TRIGGER only_who_lands BEFORE INSERT ON {ROWS}"
        " FOR EACH STATEMENT EXECUTE FUNCTION landing.only_who_lands()"
    )


def downgrade() -> None:
    op.execute(f"ALTER TABLE {WHOLE} DETACH PARTITION {ROWS}")
    op.execute(f"DROP TABLE {WHOLE}")
    op.execute(f"DROP TRIGGER only_who_lands ON {ROWS}")
    op.execute("DROP FUNCTION landing.only_who_lands()")
    op.execute(f"ALTER TABLE {ROWS} RENAME TO drop_row")
    op.execute("ALTER INDEX landing.ix_drop_row_all_region_code RENAME TO ix_drop_row_region_code")
    op.execute(f"ALTER TABLE {WHOLE} DROP CONSTRAINT uq_drop_row_all_key, DROP number")
    op.execute(f"ALTER TABLE {WHOLE} ADD CONSTRAINT pk_drop_row PRIMARY KEY (file_id, key_hash)")
    _policies(WHOLE)
