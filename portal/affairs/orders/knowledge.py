"""Answers kept ready: found by likeness while a demand is written down, and given at the desk.

Every change is a version of its own with who made it; an answer out of date is never offered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, case, func, insert, literal, or_, select
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
    withdrawn: str | None = None  # why it is given no more

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


def current(principal: Principal, text: str = "", *, retired: bool = False) -> tuple[Known, ...]:
    """Every answer that is given now, those out of date last so that somebody renews them.

    ``text`` narrows them to those that hold it; ``retired`` gives those that are given no more.
    """
    _may_read(principal)
    newest = _newest()
    over = newest.c.withdrawn.is_not(None) if retired else newest.c.withdrawn.is_(None)
    query = select(newest).where(over)
    if wanted := " ".join(text.split())[:MOST_QUERY]:
        words = (newest.c.question, newest.c.answer, newest.c.basis, newest.c.department)
        query = query.where(or_(*(one.contains(wanted, autoescape=True) for one in words)))
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.order_by(newest.c.department, newest.c.code)).all()
    today = clock.local(clock.now()).date()
    return tuple(sorted((_known(row) for row in rows), key=lambda one: one.valid_until < today))


def versions(principal: Principal, code: str) -> tuple[Known, ...]:
    """All that an answer has been, the newest first; none where there is no such answer."""
    _may_read(principal)
    query = select(order_knowledge).where(order_knowledge.c.code == code)
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.order_by(order_knowledge.c.version.desc())).all()
    return tuple(map(_known, rows))


def _may_read(principal: Principal) -> None:
    """Who answers on the telephone reads them, and who keeps them."""
    if not permissions.allowed(principal, SETTINGS):
        permissions.check(principal, REGISTER)


def answer_of(code: str | None, given: Mapping[str, Any]) -> Answer:
    """What was filled in as an answer, or what is wrong with it; without a code it is a new one."""
    texts = {one: " ".join(str(given.get(one) or "").split()) for one in _LINES}
    texts["answer"] = str(given.get("answer") or "").strip()
    faults = [
        f"“{label}”须为 {least} 至 {most} 个字，现为 {len(texts[name])} 个字"
        for name, (label, least, most) in _LIMITS.items()
        if not least <= len(texts[name]) <= most
    ]
    if not isinstance(given.get("valid_until"), date):
        faults.append("请填写“有效期至”")
    if faults:
        raise OrderError(f"{'；'.join(faults)}。未保存，已填内容已保留。")
    made = code or f"own_{uuid4().hex[:12]}"
    return Answer(id=made, valid_until=given["valid_until"], **texts)


_LINES = ("question", "basis", "department")
_LIMITS = {
    "question": ("问题", 4, 200),
    "answer": ("答复", 4, 2000),
    "basis": ("依据", 2, 300),
    "department": ("主管部门", 2, 40),
}


def publish(principal: Principal, given: Answer, seen: int | None = None) -> Known:
    """A new answer, or the next version of one; ``seen`` is the version that was looked at."""
    permissions.check(principal, SETTINGS)
    if given.valid_until < clock.local(clock.now()).date():
        raise OrderError("有效期至已过，未保存。请填写今天以后的日期，已填内容已保留。")
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        _one_editor(connection)
        before = _newest_of(connection, given.id)
        if seen is not None and (before is None or before.version != seen):
            raise OrderError(
                f"您填写期间，{before.made_by if before else '他人'}已改为第"
                f" {before.version if before else 0} 版，未保存，已填内容已保留。请核对后再保存。"
            )
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
    _one_editor(connection)
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


def _one_editor(connection: Connection) -> None:
    """One at a time, so that two editors never make the same version."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("order_knowledge"))))


def _known(row: Row[Any]) -> Known:
    names = ("code", "version", *_TEXTS, "made_by", "made_at", "withdrawn")
    return Known(**{name: getattr(row, name) for name in names})


def _audit(principal: Principal, action: str, made: Known) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        detail={"code": made.code, "version": made.version},
    )
