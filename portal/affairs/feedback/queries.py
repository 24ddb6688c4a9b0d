"""Reading feedback: one's own, or, for those who answer, what came to their unit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.feedback.rules import CLOSED
from portal.store import crypto
from portal.store.desk_tables import feedback
from portal.store.scope import scoped

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """One piece of feedback. It names the unit it came from and no person."""

    id: str
    kind: str
    body: str
    page: str
    trace: str
    state: str
    from_unit: str
    sent_at: datetime
    answer: str
    answered_at: datetime | None


_SHOWN = [one for one in feedback.c if one.name not in ("owner", "unit_id", "closed_at")]


def _as_feedback(row: Row[Any]) -> Feedback:
    return Feedback(
        **{
            **row._mapping,
            "id": str(row.id),
            "body": crypto.decrypt(row.body),
            "answer": crypto.decrypt(row.answer) if row.answer else "",
        }
    )


def _read(principal: Principal, query: Select[Any]) -> tuple[Feedback, ...]:
    with scoped(principal.reach) as connection:
        return tuple(map(_as_feedback, connection.execute(query.limit(MOST))))


def mine(principal: Principal) -> tuple[Feedback, ...]:
    """What this person has sent, the newest first."""
    permissions.check(principal, "feedback.send")
    own = select(*_SHOWN).where(feedback.c.owner == principal.login)
    return _read(principal, own.order_by(feedback.c.sent_at.desc()))


def to_answer(principal: Principal) -> tuple[Feedback, ...]:
    """What came to the principal's unit and is not closed, the oldest first."""
    permissions.check(principal, "feedback.view")
    waiting = select(*_SHOWN).where(
        feedback.c.unit_id == principal.unit.id, feedback.c.state != CLOSED
    )
    return _read(principal, waiting.order_by(feedback.c.sent_at))
