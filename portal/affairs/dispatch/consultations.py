"""Reading 快速会商: what the own unit asked and is asked, and what the answers come to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import consult_rules as rules
from portal.affairs.dispatch.consult_rules import Answer, Proposal, Said
from portal.affairs.dispatch.tables import order_dispute, order_dispute_answer
from portal.affairs.orders import units
from portal.affairs.orders.book import flow
from portal.affairs.orders.tables import work_order
from portal.store import clock
from portal.store.scope import scoped

VIEW = "orders.view"
MOST = 100


@dataclass(frozen=True, kw_only=True)
class Given:
    """What one unit answered, for a person to read."""

    unit_id: str
    unit_name: str
    actor_name: str
    at: datetime
    answer: Answer
    suggested_name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """A consultation as it stands."""

    id: UUID
    order_id: UUID
    order_no: str
    title: str
    simulated: bool
    version: int  # of the order, for whoever decides
    opened_by_unit: str
    reason: str
    opened_at: datetime
    opened_by: str
    due_at: datetime
    late: bool
    state: str
    asked: tuple[tuple[str, str], ...]  # id and name
    answers: tuple[Given, ...]
    proposal: Proposal
    proposal_name: str
    decision: str


def running() -> ColumnElement[bool]:
    """Open, and the order still waits for it: a desk may also decide by another move."""
    waiting_order = select(work_order.c.id).where(
        work_order.c.id == order_dispute.c.order_id,
        work_order.c.state.in_(flow().moves["confer"].to),
    )
    return and_(order_dispute.c.state == rules.OPEN, waiting_order.exists())


def proposed(connection: Connection, row: Row[Any], first: str | None) -> Proposal:
    """What the answers so far come to."""
    query = select(order_dispute_answer).where(order_dispute_answer.c.dispute_id == row.id)
    said = [
        Said(unit_id=one.unit_id, answer=one.answer, suggested=one.suggested_unit)
        for one in connection.execute(query)
    ]
    return rules.proposal(row.asked_units, said, first=first, due=row.due_at, now=clock.now())


def waiting(principal: Principal) -> tuple[Consultation, ...]:
    """The open consultations that the own unit opened or is asked in, the nearest hour first."""
    permissions.check(principal, VIEW)
    d, unit_id = order_dispute.c, principal.unit.id
    query = (
        select(order_dispute)
        .where(
            running(),
            (d.opened_by_unit == unit_id) | d.asked_units.contains([unit_id]),
        )
        .order_by(d.due_at, d.id)
        .limit(MOST)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
        return tuple(one for row in found if (one := _consultation(connection, row)))


def of_order(principal: Principal, order_id: UUID) -> tuple[Consultation, ...]:
    """All consultations about an order, the newest first."""
    permissions.check(principal, VIEW)
    query = (
        select(order_dispute)
        .where(order_dispute.c.order_id == order_id)
        .order_by(order_dispute.c.opened_at.desc())
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
        return tuple(one for row in found if (one := _consultation(connection, row)))


def asked_about(principal: Principal, order_id: UUID) -> UUID | None:
    """The open consultation about an order in which the own unit is asked."""
    d = order_dispute.c
    query = select(d.id).where(
        running(), d.order_id == order_id, d.asked_units.contains([principal.unit.id])
    )
    with scoped(principal.reach) as connection:
        return connection.execute(query).scalar()


def _consultation(connection: Connection, row: Row[Any]) -> Consultation | None:
    order = connection.execute(
        select(
            work_order.c.order_no,
            work_order.c.title,
            work_order.c.lead_unit,
            work_order.c.simulated,
            work_order.c.version,
        ).where(work_order.c.id == row.order_id)
    ).first()
    if order is None:
        return None
    answers = connection.execute(
        select(order_dispute_answer)
        .where(order_dispute_answer.c.dispute_id == row.id)
        .order_by(order_dispute_answer.c.at)
    ).all()
    proposal = proposed(connection, row, order.lead_unit)
    wanted = [*row.asked_units, *(one.suggested_unit for one in answers if one.suggested_unit)]
    names = units.known(connection, [*wanted, *([proposal.unit_id] if proposal.unit_id else [])])

    def called(unit_id: str | None) -> str:
        return names[unit_id].name if unit_id in names else unit_id or ""

    return Consultation(
        id=row.id,
        order_id=row.order_id,
        order_no=order.order_no,
        title=order.title,
        simulated=order.simulated is not None,
        version=order.version,
        opened_by_unit=row.opened_by_unit,
        reason=row.reason,
        opened_at=row.opened_at,
        opened_by=row.opened_by_name,
        due_at=row.due_at,
        late=row.state == rules.OPEN and row.due_at < clock.now(),
        state=row.state,
        asked=tuple((one, called(one)) for one in row.asked_units),
        answers=tuple(
            Given(unit_id=one.unit_id, unit_name=one.unit_name, actor_name=one.actor_name,
                  at=one.at, answer=one.answer, suggested_name=called(one.suggested_unit),
                  words=one.words)
            for one in answers
        ),
        proposal=proposal,
        proposal_name=called(proposal.unit_id),
        decision=row.decision or "",
    )  # fmt: skip


def turn(principal: Principal) -> int:
    """How many wait for the own unit: its answer, or its decision once that is possible."""
    permissions.check(principal, VIEW)
    d, a, mine = order_dispute.c, order_dispute_answer.c, principal.unit.id
    given = select(a.unit_id).where(a.dispute_id == d.id)
    claimed = given.where(a.answer == rules.CLAIMS).exists()
    answered = select(func.count()).where(a.dispute_id == d.id).scalar_subquery()
    ripe = or_(claimed, d.due_at <= clock.now(), answered >= func.cardinality(d.asked_units))
    to_answer = and_(d.asked_units.contains([mine]), ~given.where(a.unit_id == mine).exists())
    query = (
        select(func.count())
        .select_from(order_dispute)
        .where(running(), or_(to_answer, and_(d.opened_by_unit == mine, ripe)))
    )
    with scoped(principal.reach) as connection:
        return int(connection.execute(query).scalar_one())
