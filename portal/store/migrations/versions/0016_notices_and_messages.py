"""Notices with receipts, outgoing messages, digests, and what tells an open inbox that it moved

A notice is seen by the unit that sent it and by the units it is for; a receipt is a unit's.
Messages are seen in the scope of their task, digests by whose they are. Of a task that changed, one
line per place says so: lines are only ever added, so that no two writers wait for each other.
Policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("notice", "notice_file", "notice_receipt", "notice_reminder", "notice_event",
          "message", "digest", "task_stir")  # fmt: skip


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


def _service(name: str) -> str:
    return f"(SELECT current_setting('app.actor', true) = 'service:{name}')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
ACTOR = "(SELECT nullif(current_setting('app.actor', true), ''))"
MY_UNIT = f"(unit_id = {UNIT})"
I_SENT = f"(sender_id = {UNIT})"
NOTICES, TASKS, DIGESTS = (_service(one) for one in ("notices", "tasks", "digests"))
# A receipt's policy names no other table, so that a notice's may look at the receipts it sees.
FOR_ME = (
    "EXISTS (SELECT 1 FROM notice_receipt r WHERE r.notice_id = notice.id AND r.unit_id = $unit)"
).replace("$unit", UNIT)
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM notice n WHERE n.id = notice_id)"
OF_MINE = ("EXISTS (SELECT 1 FROM notice n WHERE n.id = notice_id AND n.unit_id = $unit)").replace(
    "$unit", UNIT
)
MINE = f"(login = {ACTOR})"

# reading, adding, changing
POLICIES = {
    "notice": (f"{MY_UNIT} OR {FOR_ME} OR {NOTICES}",
               MY_UNIT, f"{MY_UNIT} OR {NOTICES}"),
    "notice_file": (OF_A_SEEN_ONE, OF_MINE, "false"),
    "notice_receipt": (f"{MY_UNIT} OR {I_SENT} OR {NOTICES}", I_SENT,
                       f"{MY_UNIT} OR {I_SENT} OR {NOTICES}"),
    "notice_reminder": (f"{OF_MINE} OR {NOTICES}", OF_MINE, "false"),
    "notice_event": (OF_A_SEEN_ONE, f"{OF_MINE} OR {NOTICES}", "false"),
    "message": (f"{IN_SCOPE} OR {MY_UNIT} OR {TASKS} OR {DIGESTS}", f"{TASKS} OR {DIGESTS}",
                f"{IN_SCOPE} OR {MY_UNIT} OR {TASKS}"),
    "digest": (f"{MINE} OR {DIGESTS}", DIGESTS, MINE),
    "task_stir": (f"{IN_SCOPE} OR {MY_UNIT} OR {TASKS}", "false", "false"),
}  # fmt: skip

# Runs as the owner: who changes a task need not be able to write what tells others of it.
STIR = """
CREATE FUNCTION task_stirred() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO task_stir (region_code, unit_id)
        SELECT DISTINCT CASE WHEN left(system_id, 9) = 'platform:' THEN '' ELSE region_code END,
            unit_id FROM fresh;
    ELSE
        INSERT INTO task_stir (region_code, unit_id)
        VALUES (CASE WHEN left(NEW.system_id, 9) = 'platform:' THEN '' ELSE NEW.region_code END,
            NEW.unit_id);
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGERS = """
CREATE TRIGGER stirred_by_adding AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION task_stirred();
CREATE TRIGGER stirred_by_changing AFTER UPDATE ON {table}
    FOR EACH ROW WHEN (OLD.{what} IS DISTINCT FROM NEW.{what}) EXECUTE FUNCTION task_stirred();
"""
# Numbers of notices run through the whole city, while a unit sees only its own.
NOTICES_SINCE = """
CREATE FUNCTION notices_since(start text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT count(*) FROM notice WHERE starts_with(number, start) $$
"""


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("number", name=op.f("uq_notice_number")),
    )
    op.create_index("ix_notice_unit_id_sent_at", "notice", ["unit_id", "sent_at"])
    op.create_table(
        "notice_file",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        _of_notice("notice_file"),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice_file")),
    )
    op.create_table(
        "notice_receipt",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("read_by", sa.Text(), nullable=True),
        _of_notice("notice_receipt"),
        sa.PrimaryKeyConstraint("notice_id", "unit_id", name=op.f("pk_notice_receipt")),
    )
    op.create_index("ix_notice_receipt_unit_id", "notice_receipt", ["unit_id"])
    op.create_table(
        "notice_reminder",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("half_day", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of_notice("notice_reminder"),
        sa.PrimaryKeyConstraint("notice_id", "half_day", name=op.f("pk_notice_reminder")),
    )
    op.create_table(
        "notice_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        _of_notice("notice_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_event")),
    )
    op.create_index("ix_notice_event_notice_id", "notice_event", ["notice_id"])


def _of_notice(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_notice_id_notice")
    return sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=name)


def _messages() -> None:
    op.add_column("account", sa.Column("phone", sa.Text(), nullable=True))
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at_night", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("foreign_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_message_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("task_id", "step", name=op.f("uq_message_task_id_step")),
    )
    op.create_index(
        "ix_message_due",
        "message",
        ["next_at"],
        postgresql_where=sa.text("state IN ('待发送', '发送中', '已提交')"),
    )
    for column in ("region_code", "unit_id"):
        op.create_index(f"ix_message_{column}", "message", [column])
    op.create_table(
        "digest",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("half_day", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "half_day", name=op.f("pk_digest")),
    )


def _stirs() -> None:
    op.create_table(
        "task_stir",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_stir")),
    )
    for column in ("region_code", "unit_id", "at"):
        op.create_index(f"ix_task_stir_{column}", "task_stir", [column])
    op.execute(STIR)
    op.execute(TRIGGERS.format(table="task", what="version"))
    op.execute(TRIGGERS.format(table="outbox", what="state"))


def upgrade() -> None:
    _notices()
    _messages()
    _stirs()
    op.execute(NOTICES_SINCE)
    op.execute("REVOKE ALL ON FUNCTION notices_since(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION notices_since(text) TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON notice, notice_receipt, message, digest TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON notice_file, notice_reminder, notice_event TO {APP}")
    op.execute(f"GRANT SELECT, DELETE ON task_stir TO {APP}")
    for table, (reading, adding, changing) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({changing}) WITH CHECK ({changing})"
        )
    op.execute(f"GRANT DELETE ON digest TO {APP}")
    op.execute(f"CREATE POLICY removing ON digest FOR DELETE TO {APP} USING ({DIGESTS})")
    op.execute(f"CREATE POLICY removing ON task_stir FOR DELETE TO {APP} USING ({TASKS})")


def downgrade() -> None:
    for table in ("outbox", "task"):
        for name in ("stirred_by_adding", "stirred_by_changing"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION task_stirred")
    op.execute("DROP POLICY reading ON notice")  # it looks at the receipts
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION notices_since(text)")
    op.drop_column("account", "phone")
