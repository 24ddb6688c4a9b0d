"""Correction requests, and tasks of the platform's own affairs for the unit they are for alone

A request is seen in the scope of the person's place, by the units that asked and by the unit that
answers; its values are encrypted. Policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("correction", "correction_asker", "correction_event")


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


def _service(name: str) -> str:
    return f"(current_setting('app.actor', true) = 'service:{name}')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
MY_UNIT = f"(unit_id = {UNIT})"
ASKED = f"(asked_units @> ARRAY[{UNIT}])"
SERVICE = _service("corrections")
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM correction c WHERE c.id = correction_id)"

# reading, adding, changing
POLICIES = {
    "correction": (f"{IN_SCOPE} OR {MY_UNIT} OR {ASKED} OR {SERVICE}", f"{ASKED} OR {SERVICE}",
                   f"{MY_UNIT} OR {ASKED} OR {SERVICE}"),
    "correction_asker": (OF_A_SEEN_ONE, f"{MY_UNIT} OR {SERVICE}", f"{MY_UNIT} OR {SERVICE}"),
    "correction_event": (OF_A_SEEN_ONE, OF_A_SEEN_ONE, "false"),
}  # fmt: skip

# What an affair of ours asks of a unit is nobody else's to see or do, wherever it lies.
OURS_IS_THE_UNITS = (
    f"left(system_id, 9) <> 'platform:' OR {MY_UNIT} OR (SELECT {_service('tasks')})"
)


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("system_name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("asked_units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("simulated", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("number", name=op.f("uq_correction_number")),
    )
    for column in ("region_code", "unit_id", "subject_id"):
        op.create_index(f"ix_correction_{column}", "correction", [column])
    op.create_index(
        "ix_correction_asked_units", "correction", ["asked_units"], postgresql_using="gin"
    )
    op.create_index(
        "uq_correction_open",
        "correction",
        ["subject_id", "system_id", "field"],
        unique=True,
        postgresql_where=sa.text("state IN ('已提出', '受理中', '超期')"),
    )


def _beside() -> None:
    op.create_table(
        "correction_asker",
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.id"],
            name=op.f("fk_correction_asker_correction_id_correction"),
        ),
        sa.PrimaryKeyConstraint("correction_id", "unit_id", name=op.f("pk_correction_asker")),
    )
    op.create_table(
        "correction_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text()),
        sa.Column("actor_name", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.id"],
            name=op.f("fk_correction_event_correction_id_correction"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_event")),
    )
    op.create_index("ix_correction_event_correction_id", "correction_event", ["correction_id"])


def upgrade() -> None:
    _correction()
    _beside()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON correction, correction_asker TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON correction_event TO {APP}")
    for table, (reading, adding, changing) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({changing}) WITH CHECK ({changing})"
        )
    op.execute(
        f"CREATE POLICY of_the_unit ON task AS RESTRICTIVE TO {APP}"
        f" USING ({OURS_IS_THE_UNITS}) WITH CHECK ({OURS_IS_THE_UNITS})"
    )


def downgrade() -> None:
    op.execute("DROP POLICY of_the_unit ON task")
    for table in reversed(TABLES):
        op.drop_table(table)
