"""Row-level security and the rights of the application role.

The policies fail closed: a setting that is missing or empty compares with NULL and shows no row.
They compare the region code as a range, which the index on the "C"-collated column can answer.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP = "portal_app"


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
# The subject index is written by one service principal, which sees all of it.
INDEXER = "(current_setting('app.actor', true) = 'service:index')"
# The same as a range over every code: a bare condition beside the ranges would cost the index.
INDEXER_RANGE = (
    "(region_code >= CASE WHEN current_setting('app.actor', true) = 'service:index' THEN '0' END"
    " AND region_code < ':')"
)
KNOWN_HERE = (
    "EXISTS (SELECT 1 FROM subject_relation r WHERE r.subject_id = subject.id"
    " AND (r.ends IS NULL OR r.ends > current_date))"
)
IN_MY_CASE = (
    "EXISTS (SELECT 1 FROM matter_case c WHERE c.subject_id = subject.id AND c.state = '办理中')"
)

POLICIES = {
    "address": {"read": f"{IN_SCOPE} OR {INDEXER_RANGE}", "write": INDEXER},
    "subject_relation": {"read": f"{IN_SCOPE} OR {INDEXER_RANGE}", "write": INDEXER},
    "subject": {"read": f"{INDEXER} OR {KNOWN_HERE} OR {IN_MY_CASE}", "write": INDEXER},
    "matter_case": {"read": f"{IN_SCOPE} OR {MY_UNIT}", "write": f"{IN_SCOPE} OR {MY_UNIT}"},
}

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
GRANTS = {
    EVERYTHING: (
        "account",
        "address",
        "deployment",
        "division",
        "idp_code",
        "idp_credential",
        "idp_key",
        "idp_login_attempt",
        "idp_session",
        "post",
        "search_use",
        "session",
        "subject",
        "subject_relation",
        "unit",
    ),
    "SELECT, INSERT, UPDATE": ("audit_head", "matter_case"),
    "SELECT, INSERT": ("audit_entry", "call_record"),
    "SELECT": ("alembic_version",),
}


def upgrade() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    for rights, tables in GRANTS.items():
        op.execute(f"GRANT {rights} ON {', '.join(tables)} TO {APP}")
    # After a bulk load the indexing service brings the planner's statistics up to date. Before
    # version 17 only the owner may do that, and autovacuum does it a minute later.
    version = op.get_bind().dialect.server_version_info
    if version is not None and version >= (17,):
        op.execute(f"GRANT MAINTAIN ON address, subject, subject_relation TO {APP}")
    for table, rule in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({rule['read']})")
        op.execute(
            f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({rule['write']})"
        )
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({rule['write']}) WITH CHECK ({rule['write']})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({rule['write']})")


def downgrade() -> None:
    for table in POLICIES:
        for policy in ("reading", "adding", "changing", "removing"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for rights, tables in GRANTS.items():
        op.execute(f"REVOKE {rights} ON {', '.join(tables)} FROM {APP}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {APP}")
