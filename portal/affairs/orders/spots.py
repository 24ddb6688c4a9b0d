"""Open orders by the places of a scope: what the tile map shows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.queries import VIEW
from portal.affairs.orders.tables import work_order
from portal.store import region_codes
from portal.store.scope import scoped


@dataclass(frozen=True, kw_only=True)
class Spot:
    """How many orders are open in a place, and how many of them are late."""

    open: int = 0
    overdue: int = 0


def by_place(principal: Principal, region_code: str, digits: int) -> dict[str, Spot]:
    """The open orders by the first digits of their place; those of no narrower place under it."""
    permissions.check(principal, VIEW)
    order = work_order.c
    place = func.left(order.region_code, digits).label("place")
    query = (
        select(
            place,
            func.count().label("open"),
            func.count().filter(order.overdue_at.is_not(None)).label("overdue"),
        )
        .where(order.closed_at.is_(None), region_codes.within(order.region_code, region_code))
        .group_by(place)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    return {row.place: Spot(open=row.open, overdue=row.overdue) for row in rows}
