"""Reading work orders: lists, and what a desk has before it. Always scoped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, Subquery, func, select, union

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.filters import Filters, conditions, spots_of, ways
from portal.affairs.orders.tables import work_order
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.scope import scoped

VIEW = "orders.view"
PAGE, MOST_PAGES, COUNTED = 50, 40, 500
Spots = str | None  # of ``spots_of``


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order in a list: nothing about who called."""

    id: UUID
    order_no: str
    source: str
    kind: str
    category: str
    title: str
    place: str
    region_code: str
    region_name: str
    urgency: int
    urgency_name: str
    state: str
    state_since: datetime
    unit_id: str
    unit_name: str
    received_at: datetime
    deadline_at: datetime | None
    overdue: bool
    near: bool
    on_account: bool
    confidential: bool
    master: str
    version: int
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list. ``counted`` beyond ``COUNTED`` is not gone after: ``many`` says so."""

    rows: tuple[OrderRow, ...]
    counted: int
    many: bool

    @property
    def total(self) -> str:
        """How many there are, as it may be shown."""
        return f"{COUNTED} 件以上" if self.many else f"{self.counted} 件"


_LISTED = [
    work_order.c[name]
    for name in (
        "id", "order_no", "source", "kind", "category", "title", "place", "region_code",
        "urgency", "state", "state_since", "unit_id", "received_at", "deadline_at", "overdue_at",
        "on_account", "confidential", "master", "version", "simulated", "closed_at",
    )
]  # fmt: skip


def as_rows(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[OrderRow, ...]:
    """What was read of orders as rows of a list."""
    names = units.known(connection, {row.unit_id for row in rows})
    return tuple(_row(row, names) for row in rows)


def rows_of(connection: Connection, ids: Sequence[UUID]) -> tuple[OrderRow, ...]:
    """These orders as rows of a list, as far as the transaction sees them."""
    if not ids:
        return ()
    query = select(*_LISTED).where(work_order.c.id.in_(ids)).order_by(work_order.c.received_at)
    return as_rows(connection, connection.execute(query).all())


def parts_of(connection: Connection, order_id: UUID) -> tuple[OrderRow, ...]:
    """What an order was split into."""
    order = work_order.c
    query = select(*_LISTED).where(order.parent_id == order_id).order_by(order.order_no)
    return as_rows(connection, connection.execute(query).all())


def _row(row: Row[Any], names: dict[str, units.UnitRef]) -> OrderRow:
    now, texts = clock.now(), pack().orders
    left = (row.deadline_at - now).total_seconds() if row.deadline_at else None
    open_ = row.closed_at is None
    level = next((one.name for one in texts.urgency if one.level == row.urgency), "")
    return OrderRow(
        **{column.name: getattr(row, column.name) for column in _LISTED
           if column.name not in ("overdue_at", "closed_at", "simulated")},
        region_name=divisions.full_name(row.region_code),
        urgency_name=level,
        unit_name=names[row.unit_id].name if row.unit_id in names else row.unit_id,
        overdue=open_ and row.overdue_at is not None,
        near=open_ and left is not None and 0 <= left < texts.near_hours * 3600,
        simulated=row.simulated is not None,
    )  # fmt: skip


def _key(filters: Filters) -> tuple[Any, bool]:
    """What a list is ordered by, and whether from the smallest on."""
    order = work_order.c
    by_limit = filters.sort == "时限" and bool(filters.open)
    return (order.deadline_at, True) if by_limit else (order.received_at, False)


def _order_by(key: Any, one: Any, *, rising: bool) -> tuple[Any, Any]:
    return (key.asc(), one.asc()) if rising else (key.desc(), one.desc())


def _of_page(
    principal: Principal, filters: Filters, spots: Spots, start: int, size: int
) -> Select[Any]:
    """The ids of a page: the first so many of each way in, put in order before a row is read."""
    order, wanted = work_order.c, conditions(filters, spots)
    key, rising = _key(filters)
    each = [
        select(order.id, key.label("key"))
        .where(way, *wanted)
        .order_by(*_order_by(key, order.id, rising=rising))
        for way in ways(principal, filters)
    ]
    if len(each) == 1:
        page = each[0].limit(size).offset(start).subquery()
        return select(page.c.id)
    parts = (one.limit(start + size).subquery() for one in each)
    all_ = union(*(select(one.c.id, one.c.key) for one in parts)).subquery()
    by = _order_by(all_.c.key, all_.c.id, rising=rising)
    return select(select(all_.c.id).order_by(*by).limit(size).offset(start).subquery().c.id)


def some_of(principal: Principal, filters: Filters, spots: Spots = None) -> Subquery:
    """The ids of what a list holds, as far as it is counted.

    By deadline what is late lies together, and of a place its own index leads to what was asked
    for. Of the whole city any part tells as well, and the quickest is the order of the table.
    Where the first way in, the place itself, holds enough, the others are not walked.
    """
    most, wanted = COUNTED + 1, conditions(filters, spots)
    key, rising = _key(filters)
    in_order = spots is None and (rising or pack().region_code not in principal.prefixes)
    by = _order_by(key, work_order.c.id, rising=rising) if in_order else ()
    each = [
        select(work_order.c.id).where(way, *wanted).order_by(*by).limit(most)
        for way in ways(principal, filters)
    ]
    if len(each) == 1:
        return each[0].subquery()
    first = each[0].cte()
    enough = select(func.count()).select_from(first).scalar_subquery() > COUNTED
    others = (select(one.subquery().c.id).where(~enough) for one in each[1:])
    return union(select(first.c.id), *others).limit(most).subquery()


def listed(
    principal: Principal, filters: Filters | None = None, page: int = 1, size: int = PAGE
) -> Page:
    """One page of the orders in one's scope or with a seat of one's unit."""
    permissions.check(principal, VIEW)
    chosen = filters or Filters()
    start = (min(max(page, 1), MOST_PAGES * PAGE // size) - 1) * size
    key, rising = _key(chosen)
    with scoped(principal.reach) as connection:
        spots = spots_of(connection, chosen)
        query = (
            select(*_LISTED)
            .where(work_order.c.id.in_(_of_page(principal, chosen, spots, start, size)))
            .order_by(*_order_by(key, work_order.c.id, rising=rising))
        )
        rows = connection.execute(query).all()
        counted = start + len(rows)
        if len(rows) == size or (start and not rows):  # else this page has told it
            some = some_of(principal, chosen, spots)
            counted = connection.execute(select(func.count()).select_from(some)).scalar_one()
        listed_rows = as_rows(connection, rows)
    return Page(rows=listed_rows, counted=min(counted, COUNTED), many=counted > COUNTED)


def counts(principal: Principal) -> dict[str, int]:
    """The open orders of the own unit by state, and how many are late or near."""
    permissions.check(principal, VIEW)
    order, chosen = work_order.c, Filters(box="本单位承办", due="临期")
    late = func.count().filter(order.overdue_at.is_not(None))
    query = (
        select(order.state, func.count().label("number"), late.label("late"))
        .where(order.unit_id == principal.unit.id, order.closed_at.is_(None))
        .group_by(order.state)
    )
    near, today = (
        select(func.count()).select_from(work_order).where(*ways(principal, one), *conditions(one))
        for one in (replace(chosen, due="临期"), replace(chosen, due="今天到期"))
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
        soon = connection.execute(near).scalar_one()
        ends = connection.execute(today).scalar_one()
    found = {row.state: row.number for row in rows}
    return found | {
        "逾期": sum(row.late for row in rows),
        "临期": soon,
        "今天到期": ends,
        "合计": sum(found.values()),
    }


def state_of(principal: Principal, order_id: UUID) -> tuple[str, int] | None:
    """How far an order is, and its version."""
    query = select(work_order.c.state, work_order.c.version).where(work_order.c.id == order_id)
    with scoped(principal.reach) as connection:
        row = connection.execute(query).first()
    return (row.state, row.version) if row else None


def by_number(principal: Principal, order_no: str) -> UUID | None:
    """The order of a number, where one sees it."""
    permissions.check(principal, VIEW)
    query = select(work_order.c.id).where(work_order.c.order_no == order_no.strip())
    with scoped(principal.reach) as connection:
        return connection.execute(query).scalar()
