"""Orders that belong to an order: the whole it was split from, its parts, those merged with it."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.queries import VIEW, OrderRow, rows_of
from portal.affairs.orders.reading import Opened
from portal.affairs.orders.tables import work_order
from portal.store.scope import scoped

MOST = 20


@dataclass(frozen=True, kw_only=True)
class Linked:
    """An order and how it belongs to the other."""

    how: str
    row: OrderRow


def linked(principal: Principal, one: Opened) -> tuple[Linked, ...]:
    """What belongs to an opened order, as far as one may see it; at most ``MOST`` of those merged.

    How many were merged in all stands in ``Opened.merged``.
    """
    permissions.check(principal, VIEW)
    order = work_order.c
    above = [found for found in (one.parent, one.merged_into) if found is not None]
    if not (above or one.parts or one.merged):
        return ()
    wanted = or_(order.id.in_(above), order.merged_into == one.row.id)
    query = select(order.id, order.merged_into).where(wanted).order_by(order.received_at)
    with scoped(principal.reach) as connection:
        found = connection.execute(query.limit(MOST + len(above))).all()
        rows = rows_of(connection, [row.id for row in found])
    how = {one.parent: "拆自", one.merged_into: "已并入"}
    pieces = [Linked(how=how.get(row.id, "并入本单"), row=row) for row in rows]
    return (*pieces, *(Linked(how="拆出", row=row) for row in one.parts))
