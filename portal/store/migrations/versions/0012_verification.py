"""Batches of persons to be verified with a state per row, and families' authorisations

A batch is seen by who asked, by the unit and by the level above, who release it; its rows only by
who asked and by the service that works them off. An
authorisation is seen in the scope it lies in; whether there is one, a service asks for whoever was
admitted to the person. Policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
MY_UNIT = "(unit_id = (SELECT nullif(current_setting('app.unit', true), '')))"
MINE = "(owner = (SELECT nullif(current_setting('app.actor', true), '')))"
SERVICE = "(SELECT current_setting('app.actor', true) = 'service:verify')"
PAPERS = "(SELECT current_setting('app.actor', true) = 'service:authorisations')"
SEEN = f"{MINE} OR {MY_UNIT} OR {IN_SCOPE} OR {SERVICE}"
OWN = f"{MINE} OR {SERVICE}"

# reading, adding, changing, removing
POLICIES = {
    "verify_job": (SEEN, MINE, SEEN, "false"),
    "verify_row": (OWN, MINE, SERVICE, OWN),
    "family_authorisation": (f"{IN_SCOPE} OR {MY_UNIT} OR {PAPERS}", MY_UNIT,
                             f"{IN_SCOPE} OR {MY_UNIT}", "false"),
}  # fmt: skip


def _jobs() -> None:
    op.create_table(
        "verify_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid()),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("factors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verify_job")),
        sa.UniqueConstraint("number", name=op.f("uq_verify_job_number")),
    )
    for column in ("owner", "unit_id", "region_code", "state"):
        op.create_index(f"ix_verify_job_{column}", "verify_job", [column])


def _rows() -> None:
    op.create_table(
        "verify_row",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("outcome", sa.Text()),
        sa.Column("answers", sa.Text()),
        sa.Column("done_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["verify_job.id"],
            name=op.f("fk_verify_row_job_id_verify_job"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_verify_row")),
    )
    op.create_index("ix_verify_row_state", "verify_row", ["job_id", "state"])


def _authorisations() -> None:
    op.create_table(
        "family_authorisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("systems", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("signers", sa.Integer(), nullable=False),
        sa.Column("paper_number", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_name", sa.Text()),
        sa.Column("revoked_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_authorisation")),
    )
    for column in ("subject_hash", "region_code", "unit_id"):
        op.create_index(f"ix_family_authorisation_{column}", "family_authorisation", [column])


def upgrade() -> None:
    _jobs()
    _rows()
    _authorisations()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON verify_job, family_authorisation TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON verify_row TO {APP}")
    for table, (reading, adding, changing, removing) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({changing}) WITH CHECK ({changing})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({removing})")


def downgrade() -> None:
    op.drop_table("family_authorisation")
    op.drop_table("verify_row")
    op.drop_table("verify_job")
