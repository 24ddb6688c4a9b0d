"""Places with their days: changes of divisions, who became whose heir, and rows that move along

Everybody may read them, only ``service:divisions`` writes. ``division_move`` runs as the owner, for
rows of a place that is gone are in nobody's scope; it moves what a due change names and no more.
The numbers of a place that is gone are read by whoever has its heir in scope (``division_sight``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

APP = "portal_app"
PLAIN = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("division_change", "division_step", "division_name", "division_sight")
WRITER = "((SELECT current_setting('app.actor', true)) = 'service:divisions')"
SCOPED = "((SELECT nullif(current_setting('app.scope', true), '')) IS NOT NULL)"


def _slot(number: int) -> str:
    return f"(SELECT nullif(split_part(current_setting('app.scope', true), ',', {number}), ''))"


HEIR_IN_SCOPE = " OR ".join(
    f"(heir_code >= {_slot(n)} AND heir_code < {_slot(n)} || ':')" for n in (1, 2, 3, 4)
)
MOVING = (
    *("address", "subject_relation", "thing", "thing_known", "account_link"),
    *("matter_case", "matter_application", "family_authorisation", "verify_job", "correction"),
    *("case_watch", "case_change", "task", "task_stir", "notice_receipt"),
    *("work_order", "order_visit", "order_appeal", "demand_mark", "supervision_sheet", "finding"),
)
# A place that only got another code keeps its grids; one that went up in another does not.
MOVE = f"""
CREATE FUNCTION division_move(change text, old text, heir text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    place text; what text; same boolean; touched bigint; moved bigint := 0;
    former text := CASE length(old) WHEN 12 THEN 'com-' ELSE 'gov-' END || old;
    own text := CASE length(heir) WHEN 12 THEN 'com-' ELSE 'gov-' END || heir;
BEGIN
    SELECT s.kind INTO what FROM division_step AS s JOIN division_change AS c ON c.id = s.change_id
     WHERE c.id = change AND s.old_code = old AND s.new_code = heir AND c.applied_at IS NULL
       AND c.withdrawn_at IS NULL AND s.kind IN ('merge', 'recode');
    IF what IS NULL OR current_setting('app.actor', true) IS DISTINCT FROM 'service:divisions' THEN
        RAISE EXCEPTION 'no change of divisions moves % to %', old, heir;
    END IF;
    same := what = 'recode' AND length(old) = 12;
    FOREACH place IN ARRAY ARRAY[{", ".join(f"'{one}'" for one in MOVING)}] LOOP
        EXECUTE format($move$
            UPDATE %I SET region_code = CASE
                WHEN $3 THEN $2 || substr(region_code, length($1) + 1)
                WHEN length(region_code) >= 12 THEN rpad($2, 12, '0')
                ELSE $2 END
            WHERE region_code >= $1 AND region_code < $1 || ':' $move$, place)
        USING old, heir, same;
        GET DIAGNOSTICS touched = ROW_COUNT;
        moved := moved + touched;
    END LOOP;
    UPDATE work_order SET grid_code = CASE WHEN same THEN heir || substr(grid_code, 13) END
     WHERE grid_code >= old AND grid_code < old || ':';
    UPDATE finding SET grid_code = CASE WHEN same THEN heir || substr(grid_code, 13) END
     WHERE grid_code >= old AND grid_code < old || ':';
    UPDATE position SET prefixes = array_replace(prefixes, old, heir) WHERE old = ANY (prefixes);
    -- Who worked there works for the heir from now on, and so does what lay on their desk.
    IF EXISTS (SELECT FROM unit WHERE id = own) THEN
        UPDATE position SET unit_id = own WHERE unit_id = former;
        UPDATE work_order SET unit_id = own WHERE unit_id = former;
        UPDATE work_order SET lead_unit = own WHERE lead_unit = former;
        UPDATE work_order SET seat_units = array_replace(seat_units, former, own)
         WHERE former = ANY (seat_units);
        UPDATE finding SET unit_id = own WHERE unit_id = former;
        UPDATE finding SET lead_unit = own WHERE lead_unit = former;
        UPDATE finding SET help_units = array_replace(help_units, former, own),
                           seat_units = array_replace(seat_units, former, own)
         WHERE former = ANY (help_units) OR former = ANY (seat_units);
        UPDATE supervision_sheet SET to_unit = own WHERE to_unit = former;
        UPDATE supervision_sheet SET from_unit = own WHERE from_unit = former;
        UPDATE unit SET status = 'closed' WHERE id = former;
    END IF;
    RETURN moved;
END $$
"""  # noqa: S608 - the names of our own tables


def _tables() -> None:
    op.create_table(
        "division_change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division_change")),
    )
    op.create_table(
        "division_step",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("old_code", PLAIN, nullable=True),
        sa.Column("new_code", PLAIN, nullable=True),
        sa.Column("new_name", sa.Text(), nullable=True),
        sa.Column("share", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["division_change.id"],
            name=op.f("fk_division_step_change_id_division_change"),
        ),
        sa.PrimaryKeyConstraint("change_id", "number", name=op.f("pk_division_step")),
    )
    op.create_table(
        "division_name",
        sa.Column("code", PLAIN, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", "until", name=op.f("pk_division_name")),
    )
    op.create_table(
        "division_sight",
        sa.Column("old_code", PLAIN, nullable=False),
        sa.Column("heir_code", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("old_code", "heir_code", name=op.f("pk_division_sight")),
    )


def upgrade() -> None:
    op.add_column("division", sa.Column("since", sa.Date(), nullable=True))
    op.add_column("division", sa.Column("until", sa.Date(), nullable=True))
    op.add_column(
        "division",
        sa.Column("by_change", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    _tables()
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO {APP} USING (true)")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO {APP} WITH CHECK ({WRITER})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP}"
            f" USING ({WRITER}) WITH CHECK ({WRITER})"
        )
        op.execute(f"CREATE POLICY removing ON {table} FOR DELETE TO {APP} USING ({WRITER})")
    op.execute(MOVE)
    op.execute("REVOKE ALL ON FUNCTION division_move(text, text, text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION division_move(text, text, text) TO {APP}")
    seen = f"SELECT old_code FROM division_sight WHERE {HEIR_IN_SCOPE}"  # noqa: S608
    for table in ("measure_change", "measure_rollup"):
        op.execute(
            f"CREATE POLICY inheriting ON {table} FOR SELECT TO {APP}"
            f" USING ({SCOPED} AND left(region_code, 12) IN ({seen}))"
        )


def downgrade() -> None:
    for table in ("measure_change", "measure_rollup"):
        op.execute(f"DROP POLICY inheriting ON {table}")
    op.execute("DROP FUNCTION division_move(text, text, text)")
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in ("by_change", "until", "since"):
        op.drop_column("division", column)
