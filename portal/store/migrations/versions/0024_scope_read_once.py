"""Read the scope once per statement, not once per row, wherever numbers are read

The policies of 0003 and 0022 asked for the settings of the transaction row by row; in a sub-select
the planner asks once. What they let through is the same, and they fail closed as before.
"""

from collections.abc import Callable

from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("measure_change", "measure_rollup")
Setting = Callable[[str], str]


def _each_row(expression: str) -> str:
    return expression


def _once(expression: str) -> str:
    return f"(SELECT {expression})"


def _slot(number: int, read: Setting) -> str:
    return read(f"nullif(split_part(current_setting('app.scope', true), ',', {number}), '')")


def _reading(read: Setting) -> str:
    ranges = " OR ".join(
        f"(region_code >= {_slot(n, read)} AND region_code < {_slot(n, read)} || ':')"
        for n in (1, 2, 3, 4)
    )
    writer = read("CASE WHEN current_setting('app.actor', true) = 'service:measures' THEN '0' END")
    return f"({ranges}) OR (region_code >= {writer} AND region_code < ':')"


def _set(read: Setting) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY reading ON {table} USING ({_reading(read)})")


def upgrade() -> None:
    _set(_once)


def downgrade() -> None:
    _set(_each_row)
