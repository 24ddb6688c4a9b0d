"""What a list of orders may be narrowed to, and how the database is asked for it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from auth.principal import Principal
from portal.affairs.orders.book import flow
from portal.affairs.orders.rules import ABOVE, DESK, OrderError
from portal.affairs.orders.tables import order_seat, work_order
from portal.store import clock, region_codes
from portal.store.citypack import pack

Box = Literal["本单位承办", "本单位协办", "本单位派出", "待本单位审核", "辖区内全部"]
BOXES: tuple[Box, ...] = ("本单位承办", "本单位协办", "本单位派出", "待本单位审核", "辖区内全部")
Due = Literal["", "逾期", "临期", "今天到期"]
Sort = Literal["时限", "最新"]
MOST_WORDS = 40


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Nothing chosen: everything open in the own scope, by deadline."""

    box: Box = "辖区内全部"
    open: bool | None = True  # ``None``: both
    states: tuple[str, ...] = ()
    urgency: int | None = None
    kind: str = ""
    category: str = ""  # a code with all below it
    source: str = ""
    region: str = ""  # a place with all below it
    unit: str = ""
    due: Due = ""
    place: str = ""
    order_no: str = ""
    since: date | None = None
    until: date | None = None
    tag: str = ""
    on_account: bool | None = None
    sort: Sort = "时限"
    whole: bool = False  # without the parts that orders were split into: as the measures count
    closed_since: date | None = None
    late_since: date | None = None  # the day on which it became late, open or done
    under: tuple[str, ...] = ()  # units that dispatched to themselves and are decided on here


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL)


def _box(principal: Principal, box: Box) -> ColumnElement[bool]:
    order, mine = work_order.c, principal.unit.id
    if box == "本单位承办":
        return order.unit_id == mine
    if box == "本单位派出":
        return order.dispatch_unit == mine
    if box == "本单位协办":
        helping = select(order_seat.c.order_id).where(
            order_seat.c.unit_id == mine, order_seat.c.part == "协办", order_seat.c.until.is_(None)
        )
        return order.id.in_(helping)
    return true()


def _to_decide(mine: str, under: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Whose turn it is, as ``papers.waits_for`` has it: the desk's, or that of the unit above."""
    order, known = work_order.c, flow()
    desk, above = (
        order.state.in_([one.id for one in known.text.state if one.waits == who])
        for who in (DESK, ABOVE)
    )
    found = [and_(order.dispatch_unit == mine, desk | and_(above, order.unit_id != mine))]
    if under:
        found.append(and_(order.unit_id.in_(under), order.dispatch_unit == order.unit_id, above))
    return found


def _due(due: Due, now: datetime) -> list[ColumnElement[bool]]:
    order = work_order.c
    if due == "逾期":
        return [order.overdue_at.is_not(None)]
    if due == "临期":
        near = now + timedelta(hours=pack().orders.near_hours)
        return [order.deadline_at >= now, order.deadline_at < near]
    return due_today(now) if due == "今天到期" else []


def due_today(now: datetime) -> list[ColumnElement[bool]]:
    """The deadline lies in this day of the wall clock."""
    deadline, today = work_order.c.deadline_at, _start(clock.local(now).date())
    return [deadline >= today, deadline < today + timedelta(days=1)]


def _dates(filters: Filters) -> list[ColumnElement[bool]]:
    order, found = work_order.c, []
    if filters.since:
        found.append(order.received_at >= _start(filters.since))
    if filters.until:
        found.append(order.received_at < _start(filters.until) + timedelta(days=1))
    if filters.closed_since:
        found.append(order.closed_at >= _start(filters.closed_since))
    if filters.late_since:
        found.append(order.overdue_at >= _start(filters.late_since))
    return found


def _equal(filters: Filters) -> list[ColumnElement[bool]]:
    order = work_order.c
    pairs: tuple[tuple[ColumnElement[Any], Any], ...] = (
        (order.urgency, filters.urgency),
        (order.kind, filters.kind),
        (order.source, filters.source),
        (order.unit_id, filters.unit),
        (order.order_no, filters.order_no.strip()),
    )
    return [column == value for column, value in pairs if value not in (None, "")]


def ways(principal: Principal, filters: Filters) -> list[ColumnElement[bool]]:
    """The ways in: what the scope consists of, each as a condition that one index serves in order.

    The database checks the scope again by itself; this only tells it where to look.
    """
    scope = _scope_ways(principal, filters)
    if filters.due != "逾期" or filters.open:
        return scope
    return [and_(way, part) for way in scope for part in _late_parts(filters, len(scope) == 1)]


def _late_parts(filters: Filters, one_way: bool) -> list[ColumnElement[bool]]:
    """Of the late ones those still open are in one index and those closed in another.

    Where one way in holds everything, as of a whole city, even the open ones are many. What is open
    and late has its deadline behind it, or was put on the account since and so given a longer one:
    two short ranges of two indexes.
    """
    order = work_order.c
    if filters.open is False:
        return [order.closed_late]
    late = and_(order.closed_at.is_(None), order.overdue_at.is_not(None))
    if not one_way:
        return [order.closed_late, late]
    now = clock.now()
    longer = and_(late, order.extended_due_at.is_not(None), order.deadline_at >= now)
    return [order.closed_late, and_(late, order.deadline_at < now), longer]


def _scope_ways(principal: Principal, filters: Filters) -> list[ColumnElement[bool]]:
    mine = principal.unit.id
    if filters.box == "待本单位审核":
        return _to_decide(mine, filters.under)
    if filters.box != "辖区内全部":
        return [_box(principal, filters.box)]
    if pack().region_code in principal.prefixes or filters.place:
        return [true()]  # of a place, ``order_places`` has looked within the scope already
    order, seat = work_order.c, order_seat.c
    others = select(seat.order_id).where(
        seat.unit_id == mine, (seat.part != "主办") | seat.until.is_not(None), seat.part != "派单"
    )
    return [
        *(_inside(prefix) for prefix in principal.prefixes),
        order.unit_id == mine,
        order.dispatch_unit == mine,
        order.id.in_(others),
    ]


def _of_class(code: str) -> ColumnElement[bool]:
    """A class and all below it, as ranges that an index serves."""
    column = work_order.c.category
    return (column == code) | and_(column >= f"{code}.", column < f"{code}.~")


def _inside(prefix: str) -> ColumnElement[bool]:
    order = work_order.c
    column = {
        region_codes.DISTRICT: order.district_code,
        region_codes.STREET: order.street_code,
        region_codes.COMMUNITY: order.region_code,
    }.get(len(prefix))
    return region_codes.within(order.region_code, prefix) if column is None else column == prefix


def conditions(filters: Filters, spots: str | None = None) -> list[ColumnElement[bool]]:
    """The conditions of a list beside its scope; ``spots`` is what ``place`` was found to name."""
    order, now = work_order.c, clock.now()
    found = [*_equal(filters), *_due(filters.due, now)]
    found += _dates(filters)
    if filters.open is not None:
        found.append(order.closed_at.is_(None) if filters.open else order.closed_at.is_not(None))
    if filters.states:
        found.append(order.state.in_(filters.states))
    if filters.category:
        found.append(_of_class(filters.category))
    if filters.region:
        found.append(_inside(filters.region))
    if filters.on_account is not None:
        found.append(order.on_account.is_(filters.on_account))
    if filters.whole:
        found.append(order.parent_id.is_(None))
    if filters.tag:
        found.append(order.tags.contains([filters.tag]))
    if spots is not None:
        return [
            *found,
            work_order.c.id.in_(select(func.unnest(cast(literal(spots, Text), ARRAY(Uuid))))),
        ]
    places = _places(filters)
    return found if places is None else [*found, work_order.c.id.in_(places)]


def _places(filters: Filters) -> Select[Any] | None:
    words = "".join(filters.place.split())
    if not words:
        return None
    if not 2 <= len(words) <= MOST_WORDS:
        raise OrderError(f"地址请至少填 2 个字、至多 {MOST_WORDS} 个字。")
    return select(func.order_places(words))


def spots_of(connection: Connection, filters: Filters) -> str | None:
    """The orders of the place that is asked for, looked up once for all that is read of a list.

    As the database writes a list of ids: nobody here reads them.
    """
    places = _places(filters)
    if places is None:
        return None
    found = places.subquery().c[0]
    return str(
        connection.execute(
            select(func.coalesce(func.array_agg(found).cast(Text), "{}"))
        ).scalar_one()
    )
