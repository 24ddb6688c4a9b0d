"""The only writer of feedback: sending, answering, closing."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.feedback import rules
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.desk_tables import feedback
from portal.store.scope import scoped

SEND, ANSWER = "feedback.send", "feedback.view"


def send(principal: Principal, *, kind: str | None, text: str, page: str, trace: str) -> str:
    """Hand in feedback; it goes to the unit that runs the platform. Gives its id.

    The unit is told which unit wrote, never who: the sender's own list finds it by the account.
    """
    permissions.check(principal, SEND)
    row = {
        "id": uuid4(),
        "owner": principal.login,
        "from_unit": principal.unit.name,
        "unit_id": pack().support_unit,
        "kind": rules.kind(kind),
        "body": crypto.encrypt(rules.words(text)),
        "page": rules.page(page),
        "trace": rules.trace(trace),
        "state": rules.WAITING,
        "sent_at": clock.now(),
    }
    with scoped(principal.reach) as connection:
        connection.execute(insert(feedback).values(**row))
    return str(row["id"])


def answer(principal: Principal, feedback_id: str, text: str) -> None:
    """Answer, or complete an answer that was given."""
    told = rules.words(text, "答复")
    values = {"answer": crypto.encrypt(told), "answered_at": clock.now()}
    _move(principal, feedback_id, rules.ANSWERED, values, "feedback.answer")


def close(principal: Principal, feedback_id: str) -> None:
    """Close what has been answered."""
    _move(principal, feedback_id, rules.CLOSED, {"closed_at": clock.now()}, "feedback.close")


def _move(
    principal: Principal, feedback_id: str, to: rules.State, values: dict[str, Any], action: str
) -> None:
    permissions.check(principal, ANSWER)
    mine = (feedback.c.id == UUID(feedback_id), feedback.c.unit_id == principal.unit.id)
    with scoped(principal.reach) as connection:
        state = connection.execute(select(feedback.c.state).where(*mine).with_for_update()).scalar()
        if state is None:
            raise rules.BadFeedbackError("没有找到这条反馈，或不由本单位处理，已填内容已保留。")
        state = rules.move(state, to)
        connection.execute(update(feedback).where(*mine).values(state=state, **values))
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"feedback": feedback_id},
    )
