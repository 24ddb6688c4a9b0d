"""Households, houses and enterprises in the subject index; alarms about look-ups in bulk

A thing is seen where it lies, by the rule of 0002; only the indexing service writes. What somebody
has looked up lately is counted and forgotten after the longest window; the alarm that may come of
it stays. Both are written by one service; whoever looks things up reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)


def _slot(number: int) -> str:
    return f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')"


IN_SCOPE = (
    "("
    + " OR ".join(
        f"(region_code >= {_slot(n)} AND region_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
    )
    + ")"
)
INDEXER = "(current_setting('app.actor', true) = 'service:index')"
# As a range over every code: a bare condition beside the ranges would cost the index.
INDEXER_RANGE = (
    "(region_code >= CASE WHEN current_setting('app.actor', true) = 'service:index' THEN '0' END"
    " AND region_code < ':')"
)
COUNTER = "(current_setting('app.actor', true) = 'service:lookups')"
POLICIES = {
    "thing": (f"{IN_SCOPE} OR {INDEXER_RANGE}", INDEXER),
    "thing_known": (f"{IN_SCOPE} OR {INDEXER_RANGE}", INDEXER),
    "lookup_use": (COUNTER, COUNTER),
    "bulk_alarm": (f"{IN_SCOPE} OR {COUNTER}", f"{IN_SCOPE} OR {COUNTER}"),
}
GRANTS = {
    "thing": "SELECT, INSERT, UPDATE, DELETE",
    "thing_known": "SELECT, INSERT, UPDATE, DELETE",
    "lookup_use": "SELECT, INSERT, DELETE",
    "bulk_alarm": "SELECT, INSERT, UPDATE",
}


def _things() -> None:
    op.create_table(
        "thing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("place_key", sa.Text(), nullable=True),
        sa.Column("code_cipher", sa.Text(), nullable=True),
        sa.Column("simulated", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thing")),
    )
    op.create_index("uq_thing_kind_key_hash", "thing", ["kind", "key_hash"], unique=True)
    op.create_index("ix_thing_region_code", "thing", ["region_code"], unique=False)
    op.create_index("ix_thing_place_key", "thing", ["place_key"], unique=False)
    op.create_table(
        "thing_known",
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("number_hash", sa.Text(), nullable=False),
        sa.Column("number_cipher", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.ForeignKeyConstraint(
            ["thing_id"],
            ["thing.id"],
            name=op.f("fk_thing_known_thing_id_thing"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "thing_id", "system_id", "number_hash", name=op.f("pk_thing_known")
        ),
    )
    op.create_index("ix_thing_known_system_id", "thing_known", ["system_id"], unique=False)
    op.create_index("ix_thing_known_region_code", "thing_known", ["region_code"], unique=False)
    op.add_column("address", sa.Column("place_key", sa.Text(), nullable=True))
    op.create_index("ix_address_place_key", "address", ["place_key"], unique=False)
    op.add_column(
        "subject_relation",
        sa.Column("head", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_subject_relation_household_no", "subject_relation", ["household_no"], unique=False
    )


def _bulk_use() -> None:
    op.drop_index("ix_search_use_account_at", table_name="search_use")
    op.drop_table("search_use")
    op.create_table(
        "lookup_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", PLAIN, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_use")),
    )
    op.create_index("ix_lookup_use_account_at", "lookup_use", ["account_id", "at"], unique=False)
    op.create_table(
        "bulk_alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("post_title", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("region_code", PLAIN, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_alarm")),
    )
    op.create_index("ix_bulk_alarm_region_code", "bulk_alarm", ["region_code"], unique=False)
    op.create_index(
        "ix_bulk_alarm_account_kind_at", "bulk_alarm", ["account_id", "kind", "at"], unique=False
    )


def upgrade() -> None:
    _things()
    _bulk_use()
    for table, rights in GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {APP}")
    version = op.get_bind().dialect.server_version_info
    if version is not None and version >= (17,):
        op.execute(f"GRANT MAINTAIN ON thing, thing_known TO {APP}")
    for table, (reads, writes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING ({reads})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({writes})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({writes}) WITH CHECK ({writes})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({writes})")


def downgrade() -> None:
    for table in ("bulk_alarm", "lookup_use", "thing_known", "thing"):
        op.drop_table(table)
    op.create_table(
        "search_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_use")),
    )
    op.create_index("ix_search_use_account_at", "search_use", ["account_id", "at"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON search_use TO {APP}")
    op.drop_index("ix_subject_relation_household_no", table_name="subject_relation")
    op.drop_column("subject_relation", "head")
    op.drop_index("ix_address_place_key", table_name="address")
    op.drop_column("address", "place_key")
