"""一表通: forms, what units answer to them, the facts answers leave behind, what was refused

A form is seen by its issuer, in the scope of its place and by whom it was sent to; an answer in the
scope of its place, by its own unit and by the issuer. Only the affair's own service writes;
history, facts and refusals are added to, never changed. The policies fail closed like those of
0002.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0027"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
OF_AN_ANSWER = "EXISTS (SELECT 1 FROM form_answer a WHERE a.form_id = form.id)"
OF_A_SEEN_FORM = "EXISTS (SELECT 1 FROM form f WHERE f.id = form_id)"
OF_A_SEEN_ANSWER = "EXISTS (SELECT 1 FROM form_answer a WHERE a.id = answer_id)"
UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
SERVICE = "((SELECT current_setting('app.actor', true)) = 'service:forms')"
READING = {
    "form_answer": f"{IN_SCOPE} OR unit_id = {UNIT} OR issuer_unit = {UNIT} OR {SERVICE}",
    "form": f"{IN_SCOPE} OR issuer_unit = {UNIT} OR {SERVICE} OR {OF_AN_ANSWER}",
    "form_event": f"{SERVICE} OR {OF_A_SEEN_FORM}",
    "form_answer_event": f"{SERVICE} OR {OF_A_SEEN_ANSWER}",
    "form_fact": f"{IN_SCOPE} OR {SERVICE}",
    "form_refusal": f"{IN_SCOPE} OR issuer_unit = {UNIT} OR {SERVICE}",
}
CHANGED = frozenset({"form", "form_answer"})


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _form() -> None:
    op.create_table(
        "form",
        _column("id", sa.Uuid()),
        _column("number", PLAIN),
        _column("title", sa.Text()),
        _column("source", sa.Text()),
        _column("valid_until", sa.Date(), null=True),
        _column("issuer_unit", sa.Text()),
        _column("region_code", PLAIN),
        _column("content", JSON),
        _column("overlaps", JSON),
        _column("state", sa.Text()),
        _column("state_since", MOMENT),
        _column("made_at", MOMENT),
        _column("simulated", sa.Text(), null=True),
        _version(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
    )
    op.create_index("ix_form_region_code", "form", ["region_code"])
    op.create_index("ix_form_issuer_unit", "form", ["issuer_unit"])


def _answer() -> None:
    texts = ("issuer_unit", "unit_id", "payload", "state")
    counts = ("rows", "asked", "auto", "changed", "typed")
    op.create_table(
        "form_answer",
        _column("id", sa.Uuid()),
        _column("form_id", sa.Uuid()),
        *(_column(name, sa.Text()) for name in texts),
        _column("region_code", PLAIN),
        _column("paper_no", PLAIN),
        *(_column(name, sa.Date()) for name in ("period_from", "period_to", "due_on")),
        _column("offline", sa.Boolean()),
        *(_column(name, sa.Integer()) for name in counts),
        _column("filled_at", MOMENT, null=True),
        _column("handed_at", MOMENT, null=True),
        _column("filled_by", sa.Text(), null=True),
        _column("state_since", MOMENT),
        _version(),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_answer_form_id_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_answer")),
        sa.UniqueConstraint(
            "form_id", "unit_id", "period_from", name=op.f("uq_form_answer_form_unit_period")
        ),
        sa.UniqueConstraint("paper_no", name=op.f("uq_form_answer_paper_no")),
    )
    op.create_index("ix_form_answer_region_code", "form_answer", ["region_code"])
    op.create_index("ix_form_answer_issuer_unit", "form_answer", ["issuer_unit"])
    op.create_index(
        "ix_form_answer_empty",
        "form_answer",
        ["form_id"],
        postgresql_where=sa.text("filled_at IS NULL"),
    )
    op.execute("CREATE SEQUENCE form_paper MINVALUE 1")
    op.execute(f"GRANT USAGE ON SEQUENCE form_paper TO {APP}")


def _events(table: str, column: str, other: str) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _column(column, sa.Uuid()),
        _column("at", MOMENT),
        *(_column(name, sa.Text()) for name in ("move", "from_state", "to_state")),
        *(_column(name, sa.Text(), null=True) for name in ("unit_id", "unit_name")),
        *(_column(name, sa.Text()) for name in ("actor", "actor_name", "words")),
        _column("detail", JSON),
        sa.ForeignKeyConstraint(
            [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{column}", table, [column])


def _left_behind() -> None:
    op.create_table(
        "form_fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _column("region_code", PLAIN),
        _column("name", PLAIN),
        _column("value", sa.Text()),
        _column("version", sa.Integer()),
        _column("base", sa.Integer()),
        _column("conflict", sa.Text(), null=True),
        _column("form_id", sa.Uuid()),
        _column("as_of", sa.Date()),
        _column("at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_fact")),
    )
    op.create_index("ix_form_fact_region_code", "form_fact", ["region_code", "name", "version"])
    op.create_table(
        "form_refusal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _column("issuer_unit", sa.Text()),
        _column("region_code", PLAIN),
        *(_column(name, sa.Text()) for name in ("form_title", "field_title", "held_by")),
        _column("at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_refusal")),
        sa.UniqueConstraint(
            "issuer_unit",
            "form_title",
            "field_title",
            name=op.f("uq_form_refusal_issuer_form_field"),
        ),
    )


def upgrade() -> None:
    _form()
    _answer()
    _events("form_event", "form_id", "form")
    _events("form_answer_event", "answer_id", "form_answer")
    _left_behind()
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
    for table in ("form_event", "form", "form_answer_event", "form_answer"):
        op.execute(f"DROP POLICY reading ON {table}")
    for table in ("form_refusal", "form_fact", "form_answer_event", "form_event"):
        op.drop_table(table)
    for table in ("form_answer", "form"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE form_paper")
