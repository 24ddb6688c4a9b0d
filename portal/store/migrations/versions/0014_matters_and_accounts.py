"""Applications for residents, accounts in other systems, and doors remembered per post

An application is seen like the case it belongs to, and by the one service that sends it. An account
over there is its own person's; the administrators of the unit see it as they see the unit's people.
A proof under way is its person's alone. The policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("matter_application", "account_link", "link_attempt")


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
MY_UNIT = "(unit_id = nullif(current_setting('app.unit', true), ''))"
MINE = "(login = nullif(current_setting('app.actor', true), ''))"
SENDER = "(current_setting('app.actor', true) = 'service:applications')"
LINKS = "(current_setting('app.actor', true) = 'service:links')"
AS_THE_CASE = f"{IN_SCOPE} OR {MY_UNIT} OR {SENDER}"
AS_THE_PEOPLE = f"{MINE} OR {IN_SCOPE} OR {MY_UNIT} OR {LINKS}"
POLICIES = {
    "matter_application": AS_THE_CASE,
    "account_link": AS_THE_PEOPLE,
    "link_attempt": MINE,
}

# Numbers of cases run through the whole city, while a scope shows only its own rows.
CASES_SINCE = """
CREATE FUNCTION matter_cases_since(start text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT count(*) FROM matter_case WHERE starts_with(number, start) $$
"""
# An account over there belongs to one person here; whose it is stays that person's business.
LINK_TAKEN = """
CREATE FUNCTION account_link_taken(system text, account_there text, but text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT EXISTS (SELECT 1 FROM account_link WHERE system_id = system
   AND foreign_account = account_there AND login <> but AND ended_at IS NULL) $$
"""
FUNCTIONS = ("matter_cases_since(text)", "account_link_taken(text, text, text)")


def _applications() -> None:
    op.create_table(
        "matter_application",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Text(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("foreign_number", sa.Text(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("progress_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["matter_case.id"],
            name=op.f("fk_matter_application_case_id_matter_case"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_matter_application")),
    )
    for column in ("region_code", "unit_id"):
        op.create_index(f"ix_matter_application_{column}", "matter_application", [column])
    op.create_index(
        "ix_matter_application_due",
        "matter_application",
        ["system_id", "next_at"],
        postgresql_where=sa.text("state IN ('待发送', '发送中', '已受理')"),
    )


def _links() -> None:
    op.create_table(
        "account_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("foreign_account", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_link_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_account_link_standing",
        "account_link",
        ["account_id", "system_id"],
        unique=True,
        postgresql_where=standing,
    )
    op.create_index(
        "uq_account_link_there",
        "account_link",
        ["system_id", "foreign_account"],
        unique=True,
        postgresql_where=standing,
    )
    for column in ("login", "unit_id", "region_code"):
        op.create_index(f"ix_account_link_{column}", "account_link", [column])
    op.create_table(
        "link_attempt",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_link_attempt")),
    )
    op.create_index("ix_link_attempt_login", "link_attempt", ["login"])
    op.add_column("jump_ticket", sa.Column("foreign_account", sa.Text(), nullable=True))


def _doors() -> None:
    """Which door was used last is remembered per post; what was remembered per person goes."""
    op.execute("DELETE FROM door_use")
    op.add_column("door_use", sa.Column("post_id", sa.Uuid(), nullable=False))
    op.drop_constraint("pk_door_use", "door_use")
    op.create_primary_key("pk_door_use", "door_use", ["login", "post_id", "system_id"])


def upgrade() -> None:
    _applications()
    _links()
    _doors()
    op.execute(CASES_SINCE)
    op.execute(LINK_TAKEN)
    for name in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON matter_application, account_link TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON link_attempt TO {APP}")
    for table, rule in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({rule})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({rule})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({rule}) WITH CHECK ({rule})"
        )
    op.execute(f"CREATE POLICY removing ON link_attempt FOR DELETE TO {APP} USING ({MINE})")


def downgrade() -> None:
    op.execute("DELETE FROM door_use")
    op.drop_constraint("pk_door_use", "door_use")
    op.drop_column("door_use", "post_id")
    op.create_primary_key("pk_door_use", "door_use", ["login", "system_id"])
    op.drop_column("jump_ticket", "foreign_account")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    for table in reversed(TABLES):
        op.drop_table(table)
