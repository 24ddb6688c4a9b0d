"""Forms of the province: the editions that came, what goes back, how fetching went

An edition is seen in the scope of its place and by whoever sees the form that was made of it; what
goes back in the scope of its place. Only the service of 一表通 writes. The policies fail closed
like those of 0002.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()
FORM, RETURN, FETCH = "province_form", "province_return", "province_fetch"


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
SOMEWHERE = f"({_slot(1)} IS NOT NULL)"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:forms')"
OF_A_SEEN_FORM = "EXISTS (SELECT 1 FROM form f WHERE f.id = form_id)"
READING = {
    FORM: f"{IN_SCOPE} OR {SERVICE} OR {OF_A_SEEN_FORM}",
    RETURN: f"{IN_SCOPE} OR {SERVICE}",
    FETCH: f"{SOMEWHERE} OR {SERVICE}",
}


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _forms() -> None:
    op.create_table(
        FORM,
        _column("id", sa.Uuid()),
        _column("number", PLAIN),
        _column("edition", sa.Integer()),
        _column("title", sa.Text()),
        _column("changed", PLAIN),
        _column("state", sa.Text()),
        _column("form_id", sa.Uuid(), null=True),
        _column("region_code", PLAIN),
        _column("back", sa.Text()),
        *(_column(name, JSON) for name in ("codes", "faults", "notes")),
        _column("digest", PLAIN),
        _column("fetched_at", MOMENT),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f(f"fk_{FORM}_form_id_form")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FORM}")),
        sa.UniqueConstraint("number", "edition", name=op.f(f"uq_{FORM}_number_edition")),
    )
    op.create_index(f"ix_{FORM}_form_id", FORM, ["form_id"])


def _returns() -> None:
    op.create_table(
        RETURN,
        _column("id", sa.Uuid()),
        _column("province_form_id", sa.Uuid()),
        _column("kind", sa.Text()),
        _column("answer_id", sa.Uuid(), null=True),
        _column("region_code", PLAIN),
        _column("period_from", sa.Date(), null=True),
        _column("turn", sa.Integer()),
        _column("payload", sa.Text()),
        _column("state", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        *(_column(name, MOMENT) for name in ("created_at", "since", "next_at")),
        *(_column(name, MOMENT, null=True) for name in ("lease_until", "sent_at")),
        *(_column(name, sa.Text(), null=True) for name in ("receipt", "error")),
        sa.ForeignKeyConstraint(
            ["province_form_id"], [f"{FORM}.id"], name=op.f(f"fk_{RETURN}_province_form_id_{FORM}")
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["form_answer.id"], name=op.f(f"fk_{RETURN}_answer_id_form_answer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{RETURN}")),
        sa.UniqueConstraint(
            "province_form_id",
            "kind",
            "region_code",
            "period_from",
            "turn",
            name=op.f(f"uq_{RETURN}_form_kind_place_period_turn"),
        ),
    )
    op.create_index(f"ix_{RETURN}_region_code", RETURN, ["region_code"])
    op.create_index(f"ix_{RETURN}_answer_id", RETURN, ["answer_id"])
    op.create_index(
        f"ix_{RETURN}_due",
        RETURN,
        ["next_at"],
        postgresql_where=sa.text("state IN ('待发送', '发送中')"),
    )


def upgrade() -> None:
    _forms()
    _returns()
    op.create_table(
        FETCH,
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _column("mark", PLAIN),
        _column("fetched_at", MOMENT, null=True),
        _column("tried_at", MOMENT, null=True),
        _column("problem", sa.Text(), null=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FETCH}")),
    )
    for table, reading in READING.items():
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reading})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
        )


def downgrade() -> None:
    for table in (FETCH, RETURN, FORM):
        op.drop_table(table)
