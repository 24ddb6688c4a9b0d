"""Work orders: what is demanded, who called, who has a seat in it, what happened

An order is seen in the scope of its place and by the units that have a seat in it, and never by
the unit that it complains about. Only the desk's own service writes; events are added and never
changed. The caller of a confidential order is seen by the units named for it alone. The policies
fail closed like those of 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0013"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
OPEN = sa.text("closed_at IS NULL")
TABLES = (
    "work_order",
    "order_caller",
    "order_seat",
    "order_event",
    "order_attachment",
    "order_tally",
)


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


def _service(*names: str) -> str:
    known = ", ".join(f"'service:{name}'" for name in names)
    return f"((SELECT current_setting('app.actor', true)) IN ({known}))"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
UNIT = "(SELECT nullif(current_setting('app.unit', true), ''))"
SEATED = f"(seat_units @> ARRAY[{UNIT}])"
SERVICE = _service("orders")
# Without a unit nobody can tell whether the order is about them: then it is not shown.
NOT_AGAINST_ME = f"(against_unit IS NULL OR against_unit <> {UNIT} OR {SERVICE})"
OF_A_SEEN_ONE = "EXISTS (SELECT 1 FROM work_order o WHERE o.id = order_id)"
CALLER = f"({OF_A_SEEN_ONE} AND (NOT wants_secret OR caller_units @> ARRAY[{UNIT}]))"

# reading; adding and changing are the service's alone
READING = {
    # A check and not a way in: the reading side names its places itself, so that each list comes in
    # the order of an index. Written as OR the planner takes the check for the way, and is mistaken.
    "work_order": f"CASE WHEN {IN_SCOPE} THEN true WHEN {SEATED} THEN true ELSE {SERVICE} END",
    "order_caller": f"{SERVICE} OR {CALLER}",
    "order_seat": f"{SERVICE} OR unit_id = {UNIT} OR {OF_A_SEEN_ONE}",
    "order_event": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "order_attachment": f"{SERVICE} OR {OF_A_SEEN_ONE}",
    "order_tally": SERVICE,
}
# What a text contains is asked of an index of its pairs of characters. Row-level security lets no
# such index be used, so the function applies the same rule itself and gives ids, nothing else.
PAIRS = """
CREATE FUNCTION text_pairs(given text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT coalesce(array_agg(DISTINCT substr(s, n, 2)), '{}')
      FROM (SELECT replace(given, ' ', '')) AS plain (s),
           generate_series(1, greatest(length(s) - 1, 0)) AS n $$
"""
MOST_FOUND = 2000
PLACES = f"""
CREATE FUNCTION order_places(needle text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT id FROM work_order
       WHERE text_pairs(place) @> text_pairs(needle)
         AND strpos(replace(place, ' ', ''), needle) > 0
         AND ({IN_SCOPE} OR {SEATED} OR {SERVICE})
         AND {NOT_AGAINST_ME}
       ORDER BY received_at DESC LIMIT {MOST_FOUND} $$
"""  # noqa: S608
FUNCTIONS = ("order_places(text)", "text_pairs(text)")
GRANTS = {
    "work_order": "SELECT, INSERT, UPDATE",
    "order_caller": "SELECT, INSERT, UPDATE",
    "order_seat": "SELECT, INSERT, UPDATE",
    "order_event": "SELECT, INSERT",
    "order_attachment": "SELECT, INSERT",
    "order_tally": "SELECT, INSERT, UPDATE, DELETE",
}


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False)


def _orders() -> None:
    op.create_table(
        "work_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_no", PLAIN, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_no", PLAIN, nullable=False),
        sa.Column("source_system", sa.Text()),
        sa.Column("source_digest", sa.Text()),
        sa.Column("master", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", PLAIN, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("lng", sa.Numeric(9, 6)),
        sa.Column("lat", sa.Numeric(8, 6)),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("street_code", PLAIN, sa.Computed("left(region_code, 9)", persisted=True)),
        sa.Column("grid_code", PLAIN),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("confidential", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("against_unit", sa.Text()),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("lead_unit", sa.Text()),
        sa.Column("dispatch_unit", sa.Text()),
        sa.Column("seat_units", TEXTS, nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prior_state", sa.Text()),
        sa.Column("state_since", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("dispatched_at", MOMENT),
        sa.Column("signed_at", MOMENT),
        sa.Column("contacted_at", MOMENT),
        sa.Column("respond_due_at", MOMENT),
        sa.Column("asked_unit", sa.Text()),
        sa.Column("asked_at", MOMENT),
        sa.Column("limit_from", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("extended_due_at", MOMENT),
        sa.Column(
            "deadline_at", MOMENT, sa.Computed("coalesce(extended_due_at, due_at)", persisted=True)
        ),
        sa.Column("overdue_at", MOMENT),
        sa.Column("overdue_unit", sa.Text()),
        sa.Column("replied_at", MOMENT),
        sa.Column("reply", sa.Text()),
        sa.Column("closed_at", MOMENT),
        sa.Column("day_rule", sa.Text(), nullable=False),
        _count("return_count"),
        _count("redo_count"),
        _count("extend_count"),
        _count("supervise_level"),
        sa.Column("resolved", sa.Text()),
        sa.Column("satisfied", sa.Text()),
        sa.Column("excluded_from", TEXTS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("on_account", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("simulated", sa.Text()),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("tags", TEXTS, server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_work_order_order_no")),
        sa.UniqueConstraint("source", "source_no", name=op.f("uq_work_order_source_source_no")),
    )
    # What changes without an index changing stays on its page, where there is room for it.
    op.execute("ALTER TABLE work_order SET (fillfactor = 75)")
    _lists()
    op.create_index(
        "ix_work_order_seat_units", "work_order", ["seat_units"], postgresql_using="gin"
    )
    for column in ("parent_id", "merged_into"):
        op.create_index(f"ix_work_order_{column}", "work_order", [column])
    op.execute(PAIRS)
    op.execute("CREATE INDEX ix_work_order_place ON work_order USING gin (text_pairs(place))")
    op.execute(PLACES)
    for name in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APP}")
    # Numbers come without waiting for one another; a gap in them means nothing.
    op.execute("CREATE SEQUENCE work_order_number MINVALUE 1 MAXVALUE 9999999 CYCLE")
    op.execute(f"GRANT USAGE ON SEQUENCE work_order_number TO {APP}")


def _lists() -> None:
    """Each list is read in its order: what is open by deadline, what was by when it came."""
    for name, columns in (
        ("deadline", ["deadline_at", "id"]),
        ("region_code", ["region_code", "deadline_at"]),
        ("street_code", ["street_code", "deadline_at"]),
        ("unit_id", ["unit_id", "deadline_at"]),
        ("dispatch_unit", ["dispatch_unit", "deadline_at"]),
        ("state", ["state", "deadline_at"]),
    ):
        op.create_index(f"ix_work_order_open_{name}", "work_order", columns, postgresql_where=OPEN)
    for column in ("region_code", "street_code", "unit_id", "dispatch_unit", "category"):
        op.create_index(f"ix_work_order_{column}", "work_order", [column, "received_at"])
    op.create_index("ix_work_order_received_at", "work_order", ["received_at", "id"])


def _beside() -> None:
    op.create_table(
        "order_caller",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("name_cipher", sa.Text()),
        sa.Column("phone_cipher", sa.Text()),
        sa.Column("phone_hash", sa.Text()),
        sa.Column("id_hash", sa.Text()),
        sa.Column("wants_secret", sa.Boolean(), nullable=False),
        sa.Column("caller_units", TEXTS, nullable=False),
        _of_an_order("order_caller"),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_caller")),
    )
    op.create_index("ix_order_caller_phone_hash", "order_caller", ["phone_hash"])
    op.create_table(
        "order_seat",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("state", sa.Text(), nullable=False),
        _of_an_order("order_seat"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_seat")),
    )
    for column in ("order_id", "unit_id"):
        op.create_index(f"ix_order_seat_{column}", "order_seat", [column])
    op.create_index(
        "uq_order_seat_now",
        "order_seat",
        ["order_id", "unit_id", "part"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )


def _of_an_order(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_order_id_work_order")
    return sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=name)


def _after() -> None:
    op.create_table(
        "order_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
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
        _of_an_order("order_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    op.create_index("ix_order_event_order_id", "order_event", ["order_id"])
    op.create_table(
        "order_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of_an_order("order_attachment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_attachment")),
    )
    op.create_index("ix_order_attachment_order_id", "order_attachment", ["order_id"])
    op.create_table(
        "order_tally",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_tally")),
    )


def upgrade() -> None:
    _orders()
    _beside()
    _after()
    for table in TABLES:
        op.execute(f"GRANT {GRANTS[table]} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({READING[table]})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({SERVICE})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({SERVICE}) WITH CHECK ({SERVICE})"
        )
    op.execute(f"CREATE POLICY removing ON order_tally FOR DELETE TO {APP} USING ({SERVICE})")
    op.execute(
        f"CREATE POLICY not_of_oneself ON work_order AS RESTRICTIVE TO {APP}"
        f" USING ({NOT_AGAINST_ME})"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION order_places(text)")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP SEQUENCE work_order_number")
    op.execute("DROP FUNCTION text_pairs(text)")
