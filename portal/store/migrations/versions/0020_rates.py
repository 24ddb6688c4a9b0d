"""Evaluation schemes, closed months with the standings of units, and published cases

Tables of comparison hold units and no person: whoever has a post reads them, one service writes
them, and nobody changes or removes a row. A case is seen by all once it is published; before that
in the scope of its place and by the unit that proposes it. Policies fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("rate_scheme", "rate_month", "rate_standing", "showcase", "showcase_event")


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
IN_A_POST = (
    f"({UNIT} IS NOT NULL OR (SELECT nullif(current_setting('app.scope', true), '')) IS NOT NULL)"
)
SERVICE = "(SELECT current_setting('app.actor', true) = 'service:rates')"
MY_UNIT = f"(unit_id = {UNIT})"
OUT = f"(state = '已发布' AND {IN_A_POST})"
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM showcase s WHERE s.id = showcase_id)"

# reading, adding; what is written down once stays as it is
KEPT = ("rate_scheme", "rate_month", "rate_standing")
POLICIES = {
    **{table: (f"{IN_A_POST} OR {SERVICE}", SERVICE) for table in KEPT},
    "showcase": (f"{OUT} OR {IN_SCOPE} OR {MY_UNIT} OR {SERVICE}", MY_UNIT),
    "showcase_event": (OF_A_SEEN_ONE, OF_A_SEEN_ONE),
}


def _schemes() -> None:
    op.create_table(
        "rate_scheme",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rate_scheme")),
    )
    op.create_table(
        "rate_month",
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("scheme_version", sa.Integer(), nullable=False),
        sa.Column("scheme", postgresql.JSONB(), nullable=False),
        sa.Column("as_of", MOMENT),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("starts", name=op.f("pk_rate_month")),
    )


def _standings() -> None:
    op.create_table(
        "rate_standing",
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("league", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("population", sa.Integer()),
        sa.Column("received_before", sa.Integer()),
        sa.Column("received_last_year", sa.Integer()),
        sa.Column("score", sa.Numeric(5, 2)),
        sa.Column("place", sa.Integer()),
        sa.Column("zone", sa.Text()),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "league IN ('district', 'street', 'city_department', 'district_department')",
            name=op.f("ck_rate_standing_units"),
        ),
        sa.ForeignKeyConstraint(
            ["starts"], ["rate_month.starts"], name=op.f("fk_rate_standing_starts_rate_month")
        ),
        sa.PrimaryKeyConstraint("starts", "league", "unit_id", name=op.f("pk_rate_standing")),
    )
    op.create_index("ix_rate_standing_unit_id", "rate_standing", ["unit_id", "starts"])


def _cases() -> None:
    op.create_table(
        "showcase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("proposers", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("proposed_name", sa.Text(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_name", sa.Text()),
        sa.Column("decided_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.Column("simulated", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showcase")),
    )
    op.create_index("ix_showcase_region_code", "showcase", ["region_code", "day"])
    op.create_index(
        "uq_showcase_order_id",
        "showcase",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('待审核', '已发布')"),
    )
    op.create_table(
        "showcase_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("showcase_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["showcase_id"], ["showcase.id"], name=op.f("fk_showcase_event_showcase_id_showcase")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showcase_event")),
    )
    op.create_index("ix_showcase_event_showcase_id", "showcase_event", ["showcase_id"])


def upgrade() -> None:
    _schemes()
    _standings()
    _cases()
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(TABLES)} TO {APP}")
    op.execute(f"GRANT UPDATE ON showcase TO {APP}")
    for table, (reading, adding) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({adding})")
    changing = f"{IN_SCOPE} OR {MY_UNIT}"
    op.execute(
        f"CREATE POLICY changing ON showcase FOR UPDATE TO {APP}"
        f" USING ({changing}) WITH CHECK ({changing})"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
