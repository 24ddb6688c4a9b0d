"""The desk: drafts, feedback, and what the systems changed about open cases

A draft and a last look are their owner's alone; feedback is its sender's and the answering unit's;
what concerns a case is seen by whoever sees the case. The policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("draft", "feedback", "case_watch", "case_change", "case_look", "case_round")


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


def _service(name: str) -> str:
    return f"(current_setting('app.actor', true) = 'service:{name}')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
MY_UNIT = "(unit_id = nullif(current_setting('app.unit', true), ''))"
MINE = "(owner = nullif(current_setting('app.actor', true), ''))"
# The services that carry drafts to a successor and drop old ones; neither can read what they hold
# without the deployment's key.
DRAFT_SERVICES = f"({_service('handover')} OR {_service('drafts')})"
# Colleagues' looks are nobody's business; when a case is closed, the service takes them all away.
MINE_OR_SWEPT = f"({MINE} OR {_service('changes')})"
MY_CASE = "EXISTS (SELECT 1 FROM matter_case c WHERE c.id = case_look.case_id)"
AS_THE_CASE = f"({IN_SCOPE} OR {MY_UNIT})"

# reading, adding, changing, removing
POLICIES = {
    "draft": (f"{MINE} OR {DRAFT_SERVICES}", f"{MINE} OR {_service('handover')}",
              f"{MINE} OR {_service('handover')}", f"{MINE} OR {DRAFT_SERVICES}"),
    "feedback": (f"{MINE} OR {MY_UNIT}", MINE, MY_UNIT, "false"),
    "case_watch": (AS_THE_CASE,) * 4,
    "case_change": (AS_THE_CASE,) * 4,
    "case_look": (MINE_OR_SWEPT, f"{MINE} AND {MY_CASE}", MINE, MINE_OR_SWEPT),
    "case_round": (AS_THE_CASE,) * 4,
}  # fmt: skip


def _of_a_case() -> list[sa.Column[str]]:
    return [
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
    ]


def _case_key(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["matter_case.id"],
            name=op.f(f"fk_{table}_case_id_matter_case"),
            ondelete="CASCADE",
        ),
    ]


def _create_drafts() -> None:
    op.create_table(
        "draft",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_draft_account_id_account")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_draft_post_id_post")),
        sa.PrimaryKeyConstraint("account_id", "post_id", "place", "key", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_saved_at", "draft", ["saved_at"], unique=False)


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("from_unit", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_unit_state", "feedback", ["unit_id", "state"], unique=False)
    op.create_index("ix_feedback_owner", "feedback", ["owner"], unique=False)


def _create_changes() -> None:
    op.create_table(
        "case_watch",
        *_case_key("case_watch"),
        sa.Column("system_id", sa.Text(), nullable=False),
        *_of_a_case(),
        sa.Column("digests", postgresql.JSONB(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "system_id", name=op.f("pk_case_watch")),
    )
    op.create_table(
        "case_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_case_key("case_change"),
        sa.Column("system_id", sa.Text(), nullable=False),
        *_of_a_case(),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("labels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_change")),
    )
    op.create_table(
        "case_look",
        *_case_key("case_look"),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "owner", name=op.f("pk_case_look")),
    )
    op.create_table(
        "case_round",
        *_case_key("case_round"),
        *_of_a_case(),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_round")),
    )
    op.create_index("ix_case_change_case_id", "case_change", ["case_id"], unique=False)
    op.create_index("ix_case_change_unit_id", "case_change", ["unit_id"], unique=False)
    for table in ("case_watch", "case_change", "case_round"):
        op.create_index(f"ix_{table}_region_code", table, ["region_code"], unique=False)


def upgrade() -> None:
    _create_drafts()
    _create_feedback()
    _create_changes()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO {APP}")
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
    for table in reversed(TABLES):
        op.drop_table(table)
