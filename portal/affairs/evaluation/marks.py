"""不合理诉求: a mark on one demand, decided by two persons, that expires. Never on a caller.

A mark is found by its demand and in no other way: there is no list of marked demands beyond those
that wait for the second person, and none by caller. It changes no rate by itself; a unit may name
it in an appeal.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.evaluation import rules
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.tables import demand_mark
from portal.affairs.orders.tables import work_order
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped

HANDLE, SUPERVISE, VIEW = "orders.handle", "orders.supervise", "orders.view"
GONE = "没有找到这件认定申请，可能不在本岗位的管辖范围，已填内容已保留。"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A mark as it stands."""

    id: UUID
    order_id: UUID
    order_no: str
    unit_id: str
    ground: str
    words: str
    state: str
    proposed_at: datetime
    proposed_by_name: str
    decided_by_name: str
    decision: str
    until: date | None
    stands: bool


def _today() -> date:
    return clock.local(clock.now()).date()


def propose(principal: Principal, order_id: UUID, *, ground: str, words: str) -> UUID:
    """The first person: the unit that handles a demand says why nobody could meet it."""
    permissions.check(principal, HANDLE)
    said, texts = rules.words(words, "认定理由和依据"), pack().dispatch.evaluation
    if ground not in texts.demand_grounds:
        raise EvaluationError("请选择认定情形，已填内容已保留。")
    mark_id = uuid4()
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None or row.unit_id != principal.unit.id:
            raise EvaluationError("这件工单不由本单位承办，不能提出认定，已填内容已保留。")
        ended = (
            update(demand_mark)
            .where(
                demand_mark.c.order_id == order_id,
                demand_mark.c.state == rules.MARKED,
                demand_mark.c.until < _today(),
            )
            .values(state="已到期")
        )
        connection.execute(ended)
        try:
            connection.execute(
                insert(demand_mark).values(
                    id=mark_id,
                    order_id=order_id,
                    order_no=row.order_no,
                    region_code=row.region_code,
                    unit_id=principal.unit.id,
                    ground=ground,
                    words=said,
                    state=rules.PROPOSED,
                    proposed_at=clock.now(),
                    proposed_by=principal.login,
                    proposed_by_name=principal.name,
                )
            )
        except IntegrityError as error:
            raise EvaluationError("这件诉求已有待复核或有效的认定，已填内容已保留。") from error
    _audit(principal, "evaluation.mark.propose", row.order_no, ground)
    return mark_id


def decide(principal: Principal, mark_id: UUID, *, confirm: bool, words: str) -> None:
    """The second person, of a unit that supervises: confirmed until a day, or not."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(words, "复核意见")
    with scoped(principal.reach) as connection:
        query = select(demand_mark).where(demand_mark.c.id == mark_id)
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise EvaluationError(GONE)
        if row.state != rules.PROPOSED:
            raise EvaluationError(f"该认定已由{row.decided_by_name}复核，结果为“{row.state}”。")
        rules.second_person(row.proposed_by, principal.login)
        if row.unit_id == principal.unit.id:
            raise EvaluationError("须由承办单位以外的单位复核。")
        days = pack().dispatch.evaluation.demand_days
        connection.execute(
            update(demand_mark)
            .where(demand_mark.c.id == mark_id)
            .values(
                state=rules.MARKED if confirm else rules.NOT_MARKED,
                decided_at=clock.now(),
                decided_by=principal.login,
                decided_by_name=principal.name,
                decision=said,
                until=_today() + timedelta(days=days) if confirm else None,
            )
        )
    _audit(principal, "evaluation.mark.decide", row.order_no, row.ground, confirmed=confirm)


def lift(principal: Principal, mark_id: UUID, words: str) -> None:
    """A mark that should not stand is taken off before its day."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(words, "撤销理由")
    with scoped(principal.reach) as connection:
        done = connection.execute(
            update(demand_mark)
            .where(demand_mark.c.id == mark_id, demand_mark.c.state == rules.MARKED)
            .values(state=rules.LIFTED, decision=said)
            .returning(demand_mark.c.order_no, demand_mark.c.ground)
        ).first()
        if done is None:
            raise EvaluationError(GONE)
    _audit(principal, "evaluation.mark.lift", done.order_no, done.ground)


def _audit(principal: Principal, action: str, order_no: str, ground: str, **more: object) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"order": order_no, "ground": ground, **more},
    )


def of_order(principal: Principal, order_id: UUID) -> tuple[Mark, ...]:
    """What was said of one demand, the newest first."""
    permissions.check(principal, VIEW)
    query = select(demand_mark).where(demand_mark.c.order_id == order_id)
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.order_by(demand_mark.c.proposed_at.desc())).all()
    return tuple(map(_mark, rows))


def to_decide(principal: Principal) -> tuple[Mark, ...]:
    """What waits for a second person in one's scope; the own unit's are for others to decide."""
    permissions.check(principal, SUPERVISE)
    m = demand_mark.c
    query = (
        select(demand_mark)
        .where(m.state == rules.PROPOSED, m.unit_id != principal.unit.id)
        .order_by(m.proposed_at, m.id)
        .limit(100)
    )
    with scoped(principal.reach) as connection:
        return tuple(map(_mark, connection.execute(query)))


def waiting(principal: Principal) -> int:
    """How many wait for a second person of the own unit."""
    m = demand_mark.c
    permissions.check(principal, SUPERVISE)
    query = select(func.count()).where(m.state == rules.PROPOSED, m.unit_id != principal.unit.id)
    with scoped(principal.reach) as connection:
        return int(connection.execute(query).scalar_one())


def grounds() -> tuple[str, ...]:
    """What makes a demand one that nobody could meet, as the city says."""
    return pack().dispatch.evaluation.demand_grounds


def _mark(row: Row[Any]) -> Mark:
    stands = rules.mark_stands(row.state, row.until, _today())
    expired = row.state == rules.MARKED and not stands
    return Mark(
        id=row.id,
        order_id=row.order_id,
        order_no=row.order_no,
        unit_id=row.unit_id,
        ground=row.ground,
        words=row.words,
        state="已到期" if expired else row.state,
        proposed_at=row.proposed_at,
        proposed_by_name=row.proposed_by_name,
        decided_by_name=row.decided_by_name or "",
        decision=row.decision or "",
        until=row.until,
        stands=stands,
    )
