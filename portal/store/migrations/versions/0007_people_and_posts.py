"""Posts that exist without a person, deputies, handovers and grants that wait for approval

A *position* is the established post (岗位): unit, title, roles, scope and how many may hold it. A
*post* becomes one person's dated holding of a position. Sign-in must read both before anybody has a
scope, so they carry no row-level security; administrators read them through two views that show the
rows of the transaction's scope only, whatever the query asks.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


def _in_scope(region: str, unit: str) -> str:
    ranges = " OR ".join(
        f"({region} >= {_slot(n)} AND {region} < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    return f"({ranges} OR {unit} = nullif(current_setting('app.unit', true), ''))"


SCOPED = ("handover", "grant_request")
STAFF_POSITION = f"""
CREATE VIEW staff_position AS
SELECT p.id, p.unit_id, p.title, p.roles, p.prefixes, p.quota, p.status,
       u.name AS unit_name, u.kind, u.level, u.region_code
  FROM position p JOIN unit u ON u.id = p.unit_id
 WHERE p.status <> 'service' AND {_in_scope("u.region_code", "u.id")}
"""  # noqa: S608 -- no value from outside
STAFF_MEMBER = f"""
CREATE VIEW staff_member AS
SELECT h.id AS post_id, h.position_id, h.is_main, h.starts, h.ends, h.ended_at,
       a.id AS account_id, a.login, a.name, a.status AS account_status,
       p.title, p.roles, p.prefixes, p.status AS position_status,
       u.id AS unit_id, u.name AS unit_name, u.kind, u.level, u.region_code
  FROM post h JOIN account a ON a.id = h.account_id
  JOIN position p ON p.id = h.position_id JOIN unit u ON u.id = p.unit_id
 WHERE p.status <> 'service' AND {_in_scope("u.region_code", "u.id")}
"""  # noqa: S608 -- no value from outside

# Positions of status "service" belong to tokens of the HTTP API, not to persons.
# Numbers of 交接单 run through the whole city, while a scope shows only its own rows.
HANDOVERS_SINCE = """
CREATE FUNCTION handovers_since(start text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT count(*) FROM handover WHERE starts_with(number, start) $$
"""


def _create() -> None:
    op.create_table(
        "position",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("prefixes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("quota", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_position_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
    )
    op.create_index(op.f("ix_position_unit_id"), "position", ["unit_id"], unique=False)
    op.create_table(
        "deputy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_deputy_post_id_post")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_deputy_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
    )
    op.create_index(op.f("ix_deputy_account_id"), "deputy", ["account_id"], unique=False)
    op.create_index(op.f("ix_deputy_post_id"), "deputy", ["post_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("position_id", sa.Text(), nullable=False),
        sa.Column("from_post", sa.Uuid(), nullable=False),
        sa.Column("to_post", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_handover_position_id_position")
        ),
        sa.ForeignKeyConstraint(
            ["from_post"], ["post.id"], name=op.f("fk_handover_from_post_post")
        ),
        sa.ForeignKeyConstraint(["to_post"], ["post.id"], name=op.f("fk_handover_to_post_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("number", name=op.f("uq_handover_number")),
    )
    op.create_index(op.f("ix_handover_position_id"), "handover", ["position_id"], unique=False)
    op.create_table(
        "grant_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("prefixes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_grant_request_position_id_position")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_request")),
    )
    op.create_index(
        op.f("ix_grant_request_position_id"), "grant_request", ["position_id"], unique=False
    )


def _split_posts() -> None:
    """Each post that somebody holds becomes a position and that person's holding of it."""
    op.add_column("post", sa.Column("position_id", sa.Text(), nullable=True))
    op.add_column("post", sa.Column("ended_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE post SET position_id = n.id FROM (SELECT id AS post_id, unit_id || '-' ||"
        " lpad((row_number() OVER (PARTITION BY unit_id ORDER BY starts, id))::text, 2, '0') AS id"
        " FROM post) n WHERE n.post_id = post.id"
    )
    op.execute(
        "INSERT INTO position (id, unit_id, title, roles, prefixes, status)"
        " SELECT h.position_id, h.unit_id, h.title, h.roles, h.prefixes,"
        " CASE a.status WHEN 'service' THEN 'service' ELSE 'active' END"
        " FROM post h JOIN account a ON a.id = h.account_id"
    )
    op.alter_column("post", "position_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_post_position_id_position"), "post", "position", ["position_id"], ["id"]
    )
    op.create_index(op.f("ix_post_position_id"), "post", ["position_id"], unique=False)
    for name in ("unit_id", "title", "roles", "prefixes"):
        op.drop_column("post", name)


def upgrade() -> None:
    _create_status()
    _create()
    _split_posts()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON position TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON deputy, handover, grant_request TO {APP}")
    for table in SCOPED:
        rule = _in_scope("region_code", "unit_id")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING {rule}")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK {rule}")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP} USING {rule} WITH CHECK {rule}"
        )
    op.execute(HANDOVERS_SINCE)
    op.execute("REVOKE ALL ON FUNCTION handovers_since(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION handovers_since(text) TO {APP}")
    op.execute(STAFF_POSITION)
    op.execute(STAFF_MEMBER)
    op.execute(f"GRANT SELECT ON staff_position, staff_member TO {APP}")


def _create_status() -> None:
    op.add_column("unit", sa.Column("status", sa.Text(), server_default="active", nullable=False))
    op.add_column(
        "idp_credential",
        sa.Column("must_change", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("idp_credential", sa.Column("expires_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.execute("DROP VIEW staff_member")
    op.execute("DROP VIEW staff_position")
    op.execute("DROP FUNCTION handovers_since(text)")
    for name, kind in (
        ("unit_id", sa.Text()),
        ("title", sa.Text()),
        ("roles", postgresql.ARRAY(sa.Text())),
        ("prefixes", postgresql.ARRAY(sa.Text())),
    ):
        op.add_column("post", sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE post SET unit_id = p.unit_id, title = p.title, roles = p.roles,"
        " prefixes = p.prefixes FROM position p WHERE p.id = post.position_id"
    )
    for name in ("unit_id", "title", "roles", "prefixes"):
        op.alter_column("post", name, nullable=False)
    op.create_foreign_key(op.f("fk_post_unit_id_unit"), "post", "unit", ["unit_id"], ["id"])
    for table in ("grant_request", "handover", "deputy"):
        op.drop_table(table)
    op.drop_column("post", "position_id")
    op.drop_column("post", "ended_at")
    op.drop_table("position")
    op.drop_column("idp_credential", "expires_at")
    op.drop_column("idp_credential", "must_change")
    op.drop_column("unit", "status")
