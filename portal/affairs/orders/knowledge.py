"""Answers kept ready: found by likeness while a demand is written down, and given at the desk.

Every change is a version of its own with who made it; an answer out of date is never offered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, case, func, insert, literal, select
from sqlalchemy.dialects.postgresql import distinct_on

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders.intake_tables import order_knowledge
from portal.affairs.orders.rules import OrderError
from portal.store import clock
from portal.store.citypack import pack
from portal.store.intake_texts import Answer
from portal.store.scope import Reach, acting_as, scoped

REGISTER, SETTINGS = "orders.register", "orders.settings"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:orders")
DEFAULT = "系统默认"
SHOWN, MOST_QUERY, LEAST_LIKE = 5, 200, 0.25


@dataclass(frozen=True, kw_only=True)
class Known:
    """An answer in its newest version."""

    code: str
    version: int
    question: str
    answer: str
    basis: str
    department: str
    valid_until: date
    made_by: str
    made_at: datetime

    @property
    def said(self) -> str:
        """The answer as it is given: with its ground and whom to ask further."""
        return f"{self.answer}（依据：{self.basis}；解释：{self.department}）"


def search(principal: Principal, text: str, most: int = SHOWN) -> tuple[Known, ...]:
    """What fits a question, the likest first; nothing rather than something far-fetched."""
    permissions.check(principal, REGISTER)
    wanted = " ".join(text.split())[:MOST_QUERY]
    if len(wanted) < 2:
        return ()
    with scoped(principal.reach) as connection:
        return tuple(_known(row) for row in connection.execute(_like(wanted).limit(most)))


def _newest() -> Any:
    """The newest version of every answer."""
    return (
        select(order_knowledge)
        .ext(distinct_on(order_knowledge.c.code))
        .order_by(order_knowledge.c.code, order_knowledge.c.version.desc())
        .subquery()
    )


def _like(wanted: str) -> Select[Any]:
    newest, today = _newest(), clock.local(clock.now()).date()
    given = literal(wanted)
    holds = newest.c.question.contains(wanted, autoescape=True)
    close = func.greatest(
        case((holds, 1.0), else_=0.0),
        func.word_similarity(newest.c.question, given),
        func.word_similarity(given, newest.c.question),
        case((newest.c.answer.contains(wanted, autoescape=True), 0.3), else_=0.0),
    )
    return (
        select(newest)
        .where(newest.c.withdrawn.is_(None), newest.c.valid_until >= today, close >= LEAST_LIKE)
        .order_by(close.desc(), newest.c.code)
    )


def current(principal: Principal) -> tuple[Known, ...]:
    """Every answer that is given now, those out of date last so that somebody renews them."""
    permissions.check(principal, REGISTER)
    newest = _newest()
    query = select(newest).where(newest.c.withdrawn.is_(None))
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.order_by(newest.c.department, newest.c.code)).all()
    today = clock.local(clock.now()).date()
    return tuple(sorted((_known(row) for row in rows), key=lambda one: one.valid_until < today))


def publish(principal: Principal, given: Answer) -> Known:
    """A new answer, or the next version of one."""
    permissions.check(principal, SETTINGS)
    if given.valid_until < clock.local(clock.now()).date():
        raise OrderError("有效期至已过，未保存。请填写今天以后的日期，已填内容已保留。")
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        made = _add(connection, given, principal.name)
    _audit(principal, "orders.knowledge.publish", made)
    return made


def withdraw(principal: Principal, code: str, reason: str) -> None:
    """An answer is given no more; why stays on record."""
    permissions.check(principal, SETTINGS)
    if not 4 <= len(reason.strip()) <= 200:
        raise OrderError("请写明停用原因（4 至 200 个字），已填内容已保留。")
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        row = _newest_of(connection, code)
        if row is None or row.withdrawn is not None:
            raise OrderError("没有这条知识，或已停用，请刷新后查看。")
        given = Answer(id=row.code, **{name: getattr(row, name) for name in _TEXTS})
        made = _add(connection, given, principal.name, withdrawn=reason.strip())
    _audit(principal, "orders.knowledge.withdraw", made)


def load_defaults(answers: Iterable[Answer] | None = None) -> int:
    """Put in the city's answers that were never there; what somebody changed stays as it is."""
    added = 0
    with scoped(SERVICE) as connection:
        for one in pack().intake.answer if answers is None else answers:
            if _newest_of(connection, one.id) is None:
                _add(connection, one, DEFAULT)
                added += 1
    return added


_TEXTS = ("question", "answer", "basis", "department", "valid_until")


def _newest_of(connection: Connection, code: str) -> Row[Any] | None:
    query = select(order_knowledge).where(order_knowledge.c.code == code)
    return connection.execute(query.order_by(order_knowledge.c.version.desc()).limit(1)).first()


def _add(connection: Connection, given: Answer, by: str, withdrawn: str | None = None) -> Known:
    # One at a time, so that two editors never make the same version.
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("order_knowledge"))))
    before = _newest_of(connection, given.id)
    row = connection.execute(
        insert(order_knowledge)
        .values(
            id=uuid4(),
            code=given.id,
            version=before.version + 1 if before else 1,
            **{name: getattr(given, name) for name in _TEXTS},
            withdrawn=withdrawn,
            made_by=by,
            made_at=clock.now(),
        )
        .returning(order_knowledge)
    ).one()
    return _known(row)


def _known(row: Row[Any]) -> Known:
    names = ("code", "version", *_TEXTS, "made_by", "made_at")
    return Known(**{name: getattr(row, name) for name in names})


def _audit(principal: Principal, action: str, made: Known) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        detail={"code": made.code, "version": made.version},
    )
