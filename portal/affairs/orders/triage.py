"""分拨: what a command centre has to decide, how loaded the units are, and what looks alike."""

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.book import flow
from portal.affairs.orders.boxes import under
from portal.affairs.orders.filters import Filters, due_today
from portal.affairs.orders.queries import OrderRow, rows_of, some_of
from portal.affairs.orders.reading import Opened
from portal.affairs.orders.tables import work_order
from portal.store import clock
from portal.store.scope import scoped

PERMISSION = "orders.dispatch"
TriageId = Literal["unsent", "disputed", "returned", "late", "longer"]
NAMES: dict[TriageId, str] = {
    "unsent": "未派",
    "disputed": "争议",
    "returned": "退单",
    "late": "超期",
    "longer": "延期待审",
}
MOST_ALIKE, MOST_UNITS = 5, 60
_NONE = ("",)


def _from(*moves: str) -> set[str]:
    """The states that these moves start from."""
    known = flow()
    return {s for one in moves if one in known.moves for s in known.sources(known.moves[one])}


def _states(box: TriageId) -> tuple[str, ...]:
    disputed = _from("keep", "fallback")
    found: dict[TriageId, set[str]] = {
        "unsent": _from("accept", "dispatch") - disputed,
        "disputed": disputed,
        "returned": _from("return_grant"),
        "late": set(),
        "longer": _from("extend_grant"),
    }
    return tuple(sorted(found[box])) or (() if box == "late" else _NONE)


def filters_of(box: TriageId, below: tuple[str, ...] = ()) -> Filters:
    """The orders of a box: those one holds oneself, those one decides on, those one sent out."""
    plain = Filters(open=True, states=_states(box), under=below)
    if box == "unsent":
        return replace(plain, box="本单位承办")
    if box == "late":
        return replace(plain, box="本单位派出", due="逾期")
    return replace(plain, box="待本单位审核")


def counts(principal: Principal) -> dict[TriageId, int]:
    """How many orders lie in each box, as far as counting is worth while."""
    permissions.check(principal, PERMISSION)
    below = under(principal)
    numbers = [
        select(func.count())
        .select_from(some_of(principal, filters_of(box, below)))
        .scalar_subquery()
        .label(box)
        for box in NAMES
    ]
    with scoped(principal.reach) as connection:
        row = connection.execute(select(*numbers)).one()
    return {box: getattr(row, box) for box in NAMES}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a unit has in hand of what this desk gave it; units, never persons."""

    unit_id: str
    unit_name: str
    open: int
    today: int
    overdue: int


def loads(principal: Principal) -> tuple[Load, ...]:
    """The units that hold orders of this desk, in the order of their places: no ranking."""
    permissions.check(principal, PERMISSION)
    order = work_order.c
    query = (
        select(
            order.unit_id,
            func.count().label("open"),
            func.count().filter(*due_today(clock.now())).label("today"),
            func.count().filter(order.overdue_at.is_not(None)).label("overdue"),
        )
        .where(
            order.dispatch_unit == principal.unit.id,
            order.unit_id != principal.unit.id,
            order.closed_at.is_(None),
        )
        .group_by(order.unit_id)
    )
    with scoped(principal.reach) as connection:
        rows = {row.unit_id: row for row in connection.execute(query)}
        names = units.known(connection, rows)
    known = sorted(names.values(), key=lambda one: (one.region_code, one.kind, one.name))
    return tuple(
        Load(
            unit_id=one.id,
            unit_name=one.name,
            open=rows[one.id].open,
            today=rows[one.id].today,
            overdue=rows[one.id].overdue,
        )
        for one in known
    )


def alike(principal: Principal, one: Opened) -> tuple[OrderRow, ...]:
    """Open orders of the same class in the same place: perhaps the same matter, to be merged."""
    permissions.check(principal, PERMISSION)
    if not one.row.category:
        return ()
    order = work_order.c
    states = flow().sources(flow().moves["merge"]) if "merge" in flow().moves else ()
    query = (
        select(order.id)
        .where(
            order.region_code == one.row.region_code,
            order.closed_at.is_(None),
            order.category == one.row.category,
            order.state.in_(states),
            order.id != one.row.id,
            order.merged_into.is_(None),
        )
        .order_by(order.received_at)
        .limit(MOST_ALIKE)
    )
    with scoped(principal.reach) as connection:
        return rows_of(connection, list(connection.execute(query).scalars()))
