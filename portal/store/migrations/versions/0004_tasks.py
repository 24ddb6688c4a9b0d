"""Tasks of other systems, the outbox of commands to them, and their history

A person sees the tasks of the own regions and those assigned to the own unit; one service principal
synchronises and sends. The policies fail closed like those of 0002. Each setting stands in a
sub-select: read once per statement, not once per row, since an inbox counts all it may see.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
TABLES = ("task", "outbox", "task_history", "task_source")


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
MINE = "(actor = (SELECT nullif(current_setting('app.actor', true), '')))"
SERVICE = "(current_setting('app.actor', true) = 'service:tasks')"
SERVICE_RANGE = (
    "(region_code >= (SELECT CASE WHEN current_setting('app.actor', true) = 'service:tasks'"
    " THEN '0' END) AND region_code < ':')"
)
ANYBODY = (
    "(nullif(current_setting('app.scope', true), '') IS NOT NULL"
    " OR nullif(current_setting('app.unit', true), '') IS NOT NULL)"
)
SEEN = f"{IN_SCOPE} OR {MY_UNIT} OR {SERVICE_RANGE}"
POLICIES = {
    "task": (SEEN, SEEN),
    "outbox": (f"{SEEN} OR {MINE}", f"{SEEN} OR {MINE}"),
    "task_history": (SEEN, SEEN),
    "task_source": (f"{ANYBODY} OR {SERVICE}", SERVICE),
}


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("foreign_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("subject_hash", sa.Text()),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text()),
        sa.Column("post_id", sa.Uuid()),
        sa.Column("due_on", sa.Date()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Uuid()),
        sa.Column("handler", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("source_changed_at", nullable=False),
        _moment("synced_at", nullable=False),
        sa.Column("simulated", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("system_id", "foreign_id", name=op.f("uq_task_system_id_foreign_id")),
    )
    op.create_index("ix_task_region_code_state", "task", ["region_code", "state"])
    for column in ("unit_id", "post_id", "subject_hash"):
        op.create_index(f"ix_task_{column}", "task", [column])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("task_version", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        _moment("created_at", nullable=False),
        _moment("since", nullable=False),
        _moment("next_at", nullable=False),
        _moment("lease_until"),
        sa.Column("error", sa.Text()),
        _moment("sent_at"),
        _moment("seen_at"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_outbox_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_task_id", "outbox", ["task_id"])
    op.create_index("ix_outbox_actor_created_at", "outbox", ["actor", "created_at"])
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["system_id", "next_at"],
        postgresql_where=sa.text("state IN ('待发送', '发送中')"),
    )
    op.create_index(
        "uq_outbox_live",
        "outbox",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('待发送', '发送中', '滞留')"),
    )


def _others() -> None:
    op.create_table(
        "task_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text()),
        _moment("at", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_history_task_id_task")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_history")),
    )
    op.create_index("ix_task_history_task_id", "task_history", ["task_id"])
    op.create_table(
        "task_source",
        sa.Column("system_id", sa.Text(), nullable=False),
        _moment("newest_at"),
        _moment("as_of"),
        _moment("walked_at"),
        sa.Column("unreadable", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text()),
        sa.PrimaryKeyConstraint("system_id", name=op.f("pk_task_source")),
    )


def upgrade() -> None:
    _task()
    _outbox()
    _others()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON task, outbox, task_source TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON task_history TO {APP}")
    for table, (reading, writing) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({writing})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({writing}) WITH CHECK ({writing})"
        )


def downgrade() -> None:
    for table in ("task_source", "task_history", "outbox", "task"):
        op.drop_table(table)
