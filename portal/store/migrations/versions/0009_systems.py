"""What is decided and noticed about the connected systems, and an index for their figures

Decisions, checklist, alarms and samples are read by posts of the whole city and by the service
that reads the modes for every process. Nobody below the city sees a row; the policies fail closed.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
SERVICE = "(current_setting('app.actor', true) = 'service:systems')"
EITHER = f"{IN_SCOPE} OR {SERVICE}"

# reading, adding, changing, removing; a right that a table's policy denies is not granted either
POLICIES = {
    "system_switch": (EITHER, IN_SCOPE, "false", "false"),
    "system_step": (EITHER, IN_SCOPE, "false", "false"),
    "system_watch": (EITHER, SERVICE, SERVICE, "false"),
    "system_alarm": (EITHER, SERVICE, EITHER, "false"),
    "system_sample": (EITHER, SERVICE, "false", SERVICE),
}
RIGHTS = {
    "system_switch": "SELECT, INSERT",
    "system_step": "SELECT, INSERT",
    "system_watch": "SELECT, INSERT, UPDATE",
    "system_alarm": "SELECT, INSERT, UPDATE",
    "system_sample": "SELECT, INSERT, DELETE",
}


def _create(table: str, *columns: sa.schema.SchemaItem, numbered: bool = True) -> None:
    key = "id" if numbered else "system_id"
    first = [sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)]
    op.create_table(
        table,
        *(first if numbered else []),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _at() -> sa.Column[datetime]:
    return sa.Column("at", MOMENT, nullable=False)


def _index(table: str) -> None:
    op.create_index(f"ix_{table}_system_id_id", table, ["system_id", "id"], unique=False)


def upgrade() -> None:
    switch = _words("before", "mode", "reason", "actor", "actor_name")
    _create("system_switch", *switch, _at())
    _create(
        "system_step",
        *_words("item", "evidence"),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("manifest_version", sa.Integer(), nullable=False),
        *_words("actor", "actor_name"),
        _at(),
    )
    _create(
        "system_watch",
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("alarmed", sa.Integer(), nullable=False),
        sa.Column("heard_at", MOMENT, nullable=True),
        numbered=False,
    )
    _create(
        "system_alarm",
        *_words("kind"),
        sa.Column("since", MOMENT, nullable=False),
        _at(),
        *_words("fault"),
        sa.Column("seen_by", sa.Text(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.UniqueConstraint(
            "system_id", "kind", "since", name="uq_system_alarm_system_id_kind_since"
        ),
    )
    _create("system_sample", *_words("call", "why", "shape"), _at())
    for table in ("system_switch", "system_step", "system_sample"):
        _index(table)
    op.create_index(
        "ix_call_record_asked_at",
        "call_record",
        ["asked_at"],
        unique=False,
        postgresql_include=[
            "system_id", "capability", "outcome", "fault", "cached", "sent_at", "returned_at",
            "delivered_at",
        ],
    )  # fmt: skip
    for table, (reading, adding, changing, removing) in POLICIES.items():
        op.execute(f"GRANT {RIGHTS[table]} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({changing}) WITH CHECK ({changing})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({removing})")


def downgrade() -> None:
    op.drop_index("ix_call_record_asked_at", "call_record")
    for table in reversed(POLICIES):
        op.drop_table(table)
