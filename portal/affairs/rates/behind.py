"""The orders behind a rate: which ones cost a unit its place, as far as one may see them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.rates.entrants import OF_DEPARTMENTS
from portal.affairs.rates.schemes import VIEW, RatesError
from portal.affairs.rates.spans import Span
from portal.store import clock, region_codes
from portal.store.scheme_texts import League
from portal.store.scope import scoped

WHAT = {
    "responded": "未按时响应",
    "resolved": "回访未解决",
    "satisfied": "回访不满意或基本满意",
    "on_time": "未按时办结",
    "closed": "尚未办结",
    "returned": "退单",
}
MOST = 50
_ASKED_LATER = timedelta(days=180)  # a visit is about an order that came in no earlier than this


@dataclass(frozen=True, kw_only=True)
class OrderRef:
    """An order by what a list shows of it; nothing of who called."""

    id: UUID
    order_no: str
    title: str
    place: str
    state: str
    unit_id: str
    received_at: datetime


def orders(
    principal: Principal, league: League, month: date, unit_id: str, what: str
) -> tuple[OrderRef, ...]:
    """The orders behind one rate of one unit in a month, the newest first, within one's scope."""
    permissions.check(principal, VIEW)
    if what not in WHAT:
        raise RatesError("没有这项指标，请刷新后查看。")
    span = Span(kind="月", starts=month)
    starts, ends = (datetime.combine(day, time(), clock.LOCAL) for day in (span.starts, span.ends))
    mine = _units(league, unit_id)
    order = work_order.c
    query = (
        select(order.id, order.order_no, order.title, order.place, order.state, order.unit_id,
               order.received_at)
        .where(_condition(what, mine, starts, ends), ~order.excluded_from.contains([what]))
        .order_by(order.received_at.desc(), order.id)
        .limit(MOST)
    )  # fmt: skip
    with scoped(principal.reach) as connection:
        return tuple(OrderRef(**row._mapping) for row in connection.execute(query))


def _units(league: League, unit_id: str) -> Any:
    """The ids of the units that a line of a league stands for."""
    if league in OF_DEPARTMENTS:
        return select(unit.c.id).where(unit.c.id == unit_id)
    code = select(unit.c.region_code).where(unit.c.id == unit_id).scalar_subquery()
    return select(unit.c.id).where(region_codes.within(unit.c.region_code, code))


def _condition(what: str, units: Any, starts: datetime, ends: datetime) -> ColumnElement[bool]:
    order = work_order.c
    sent = and_(order.dispatched_at >= starts, order.dispatched_at < ends, order.unit_id.in_(units))
    if what == "responded":
        late = or_(
            order.contacted_at > order.respond_due_at,
            and_(order.contacted_at.is_(None), order.respond_due_at < clock.now()),
        )
        return and_(sent, late)
    if what == "closed":
        return and_(sent, order.closed_at.is_(None))
    if what == "on_time":
        due = and_(order.deadline_at >= starts, order.deadline_at < ends)
        return and_(due, order.overdue_at.is_not(None), order.unit_id.in_(units))
    event = order_event.c
    within = and_(event.order_id == order.id, event.at >= starts, event.at < ends)
    came = and_(order.received_at >= starts - _ASKED_LATER, order.received_at < ends)
    if what == "returned":
        move = and_(event.move == "return", event.unit_id.in_(units))
        return and_(came, order.return_count > 0, exists().where(within, move))
    good = "已解决" if what == "resolved" else "满意"
    asked = and_(
        event.move == "visit",
        event.detail[what].astext != good,
        func.coalesce(event.detail["visited_unit"].astext, order.unit_id).in_(units),
    )
    return and_(came, exists().where(within, asked))
