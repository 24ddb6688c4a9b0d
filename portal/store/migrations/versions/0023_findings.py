"""Findings (未诉先办): what was found, its photos and history, meetings, daily reports, measures

A finding is seen in the scope of its place and by the units that have a seat in it. Only the
affair's own service writes; history and measures are added to and never changed. The policies fail
closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0024"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
NO_TEXTS = sa.text("'{}'")


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:findings')"
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM finding f WHERE f.id = finding_id)"
OF_A_SEEN_MEETING = "EXISTS (SELECT 1 FROM finding_meeting m WHERE m.id = meeting_id)"
READING = {
    "finding": f"{IN_SCOPE} OR seat_units @> ARRAY[{UNIT}] OR {SERVICE}",
    "finding_event": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "finding_photo": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "finding_meeting": f"{IN_SCOPE} OR unit_id = {UNIT} OR {SERVICE}",
    "finding_meeting_item": f"{SERVICE} OR {OF_A_SEEN_MEETING}",
    "finding_daily": f"{IN_SCOPE} OR unit_id = {UNIT} OR {SERVICE}",
    "finding_measure": f"{IN_SCOPE} OR unit_id = {UNIT} OR {SERVICE}",
}
CHANGED = frozenset({"finding", "finding_meeting", "finding_meeting_item"})


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", PLAIN, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("form_no", PLAIN, nullable=False),
        sa.Column("cluster", PLAIN),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("lng", sa.Numeric(9, 6)),
        sa.Column("lat", sa.Numeric(8, 6)),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("grid_code", PLAIN),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("finder_unit", sa.Text(), nullable=False),
        sa.Column("finder_name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("lead_unit", sa.Text()),
        sa.Column("help_units", TEXTS, server_default=NO_TEXTS, nullable=False),
        sa.Column("seat_units", TEXTS, nullable=False),
        sa.Column("way", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prior_state", sa.Text()),
        sa.Column("state_since", MOMENT, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("reported_at", MOMENT),
        sa.Column("due_on", sa.Date()),
        sa.Column("replied_at", MOMENT),
        sa.Column("reply", sa.Text()),
        sa.Column("closed_at", MOMENT),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("order_no", PLAIN),
        sa.Column("simulated", sa.Text()),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("number", name=op.f("uq_finding_number")),
        sa.UniqueConstraint("form_no", name=op.f("uq_finding_form_no")),
    )
    op.create_index("ix_finding_region_code", "finding", ["region_code", "found_at"])
    op.create_index(
        "ix_finding_unit_id", "finding", ["unit_id"], postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("ix_finding_seat_units", "finding", ["seat_units"], postgresql_using="gin")
    op.create_index(
        "ix_finding_order_id",
        "finding",
        ["order_id"],
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    # A kind of demand is taken up by one open finding at a time.
    op.create_index(
        "uq_finding_cluster_open",
        "finding",
        ["cluster"],
        unique=True,
        postgresql_where=sa.text("cluster IS NOT NULL AND closed_at IS NULL"),
    )
    op.execute("CREATE SEQUENCE finding_number MINVALUE 1 MAXVALUE 999999 CYCLE")
    op.execute(f"GRANT USAGE ON SEQUENCE finding_number TO {APP}")


def _beside() -> None:
    op.create_table(
        "finding_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text()),
        sa.Column("unit_name", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        _of("finding_event", "finding_id", "finding"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_event")),
    )
    for column in ("finding_id", "at"):
        op.create_index(f"ix_finding_event_{column}", "finding_event", [column])
    op.create_table(
        "finding_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of("finding_photo", "finding_id", "finding"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_photo")),
    )
    op.create_index("ix_finding_photo_finding_id", "finding_photo", ["finding_id"])


def _meetings() -> None:
    op.create_table(
        "finding_meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("attending", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("called_by", sa.Text(), nullable=False),
        sa.Column("called_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_meeting")),
    )
    op.create_index("ix_finding_meeting_region_code", "finding_meeting", ["region_code"])
    table = "finding_meeting_item"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("lead_unit", sa.Text()),
        sa.Column("help_units", TEXTS, server_default=NO_TEXTS, nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", MOMENT),
        _of(table, "meeting_id", "finding_meeting"),
        _of(table, "finding_id", "finding"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("meeting_id", "finding_id", name=op.f(f"uq_{table}_meeting_finding")),
    )
    op.create_index(f"ix_{table}_finding_id", table, ["finding_id"])


def _reports() -> None:
    op.create_table(
        "finding_daily",
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "day", name=op.f("pk_finding_daily")),
    )
    op.create_index("ix_finding_daily_region_code", "finding_daily", ["region_code"])
    op.create_table(
        "finding_measure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_measure")),
    )
    op.create_index(
        "ix_finding_measure_region_code", "finding_measure", ["region_code", "measure", "id"]
    )


def upgrade() -> None:
    _finding()
    _beside()
    _meetings()
    _reports()
    for table, reading in READING.items():
        changed = table in CHANGED
        op.execute(f"GRANT SELECT, INSERT{', UPDATE' if changed else ''} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
        if changed:
            op.execute(
                f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
                f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
            )


def downgrade() -> None:
    for table in reversed(READING):
        op.drop_table(table)
    op.execute("DROP SEQUENCE finding_number")
