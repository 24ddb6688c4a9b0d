"""What an order is called, for whoever lists something about orders; nothing about who called."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.queries import VIEW, OrderRow, rows_of
from portal.affairs.orders.tables import work_order
from portal.store.scope import scoped


@dataclass(frozen=True, kw_only=True)
class Titled:
    """The title of an order, and whether it is about nobody."""

    title: str
    simulated: bool


def known(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Titled]:
    """The titles of those orders that the connection's scope sees."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    o = work_order.c
    query = select(o.id, o.title, o.simulated).where(o.id.in_(wanted))
    return {
        row.id: Titled(title=row.title, simulated=row.simulated is not None)
        for row in connection.execute(query)
    }


def brief(principal: Principal, order_id: UUID) -> OrderRow | None:
    """An order as a list shows it; nothing where one does not see it."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        return next(iter(rows_of(connection, [order_id])), None)
