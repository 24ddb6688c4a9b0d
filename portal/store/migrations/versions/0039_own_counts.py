"""What the platform's own affairs need to be counted: when a case grew late, an answer was sent

A finished batch keeps how many of its rows differed, since its rows go when it expires. Of batches
whose rows had gone before, nobody knows; they are not counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

SENT = """
UPDATE form_answer a SET sent_at = coalesce(
    (SELECT min(e.at) FROM form_event e WHERE e.form_id = a.form_id AND e.move = 'send'
        AND e.detail->>'period' = to_char(a.period_from, 'YYYY-MM-DD')),
    a.filled_at, a.state_since)
"""
DIFFERENT = """
UPDATE verify_job j SET different = (
    SELECT count(*) FROM verify_row r WHERE r.job_id = j.id AND r.outcome = '姓名与证件号不符')
WHERE j.state = '已完成'
"""


def upgrade() -> None:
    op.add_column("matter_case", sa.Column("overdue_on", sa.Date(), nullable=True))
    op.add_column("verify_job", sa.Column("different", sa.Integer(), nullable=True))
    op.execute(DIFFERENT)
    moment = sa.DateTime(timezone=True)
    op.add_column("form_answer", sa.Column("sent_at", moment, nullable=True))
    op.execute(SENT)
    op.alter_column("form_answer", "sent_at", nullable=False)


def downgrade() -> None:
    op.drop_column("form_answer", "sent_at")
    op.drop_column("verify_job", "different")
    op.drop_column("matter_case", "overdue_on")
