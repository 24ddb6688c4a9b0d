"""The inbox: tasks that their system no longer lists, whole walks, and our own open cases

Cases that are open already become tasks of the unit that handles them; later ones are written
together with their case.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

OPEN_CASES = """
INSERT INTO task (id, system_id, foreign_id, kind, title, person, subject_id, subject_hash,
    region_code, unit_id, due_on, state, source_changed_at, synced_at, simulated)
SELECT gen_random_uuid(), 'platform:matters', c.id::text, '在办事项', c.matter || '（' || c.number || '）',
    left(s.name, 1) || repeat('*', greatest(length(s.name) - 2, 1))
        || CASE WHEN length(s.name) > 2 THEN right(s.name, 1) ELSE '' END,
    c.subject_id, s.id_hash, c.region_code, c.unit_id, c.due_on, '待办', c.opened_at, c.opened_at,
    c.simulated
FROM matter_case c JOIN subject s ON s.id = c.subject_id WHERE c.state = '办理中'
"""  # noqa: E501


def upgrade() -> None:
    op.add_column("task", sa.Column("gone_at", MOMENT, nullable=True))
    op.add_column("task_source", sa.Column("whole_at", MOMENT, nullable=True))
    op.create_index(
        "ix_task_open_of_system",
        "task",
        ["system_id", "synced_at"],
        postgresql_where=sa.text("state <> '已办'"),
    )
    op.execute(OPEN_CASES)


def downgrade() -> None:
    op.execute(
        "DELETE FROM task_history WHERE task_id IN"
        " (SELECT id FROM task WHERE system_id = 'platform:matters')"
    )
    op.execute("DELETE FROM task WHERE system_id = 'platform:matters'")
    op.drop_index("ix_task_open_of_system", "task")
    op.drop_column("task_source", "whole_at")
    op.drop_column("task", "gone_at")
