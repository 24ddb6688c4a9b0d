"""预警 as a desk reads it: each open order once, by the last warning, the nearest limit first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.tables import work_order
from portal.affairs.supervision.queries import VIEW
from portal.affairs.supervision.tables import order_warning
from portal.store.citypack import pack
from portal.store.dispatch_texts import Colour
from portal.store.scope import scoped

PAGE = 20
COLOURS: tuple[Colour, ...] = ("红", "黄", "蓝")


@dataclass(frozen=True, kw_only=True)
class Warned:
    """An open order and the last warning about it."""

    order_id: UUID
    order_no: str
    title: str
    unit_name: str
    stage: str
    colour: Colour
    deadline_at: datetime
    at: datetime
    simulated: bool


def _last(principal: Principal) -> Subquery:
    """Of each open order the last that the own unit was told about its present limit."""
    w, o = order_warning.c, work_order.c
    query = (
        select(w.order_id, w.stage, w.colour, w.at, o.order_no, o.title, o.unit_id,
               o.deadline_at, o.simulated)
        .join(work_order, o.id == w.order_id)
        .where(
            w.unit_id == principal.unit.id,
            w.told,
            o.closed_at.is_(None),
            o.deadline_at == w.deadline_at,
        )
        .ext(distinct_on(w.order_id))
        .order_by(w.order_id, w.id.desc())
    )  # fmt: skip
    return query.subquery()


def counts(principal: Principal) -> dict[Colour, int]:
    """How many orders carry which colour."""
    permissions.check(principal, VIEW)
    last = _last(principal)
    query: Select[Any] = select(last.c.colour, func.count()).group_by(last.c.colour)
    with scoped(principal.reach) as connection:
        found = {row[0]: int(row[1]) for row in connection.execute(query)}
    return {one: found.get(one, 0) for one in COLOURS}


def listed(principal: Principal, colour: Colour | None, page: int) -> tuple[Warned, ...]:
    """One page of them, of one colour or all."""
    permissions.check(principal, VIEW)
    last = _last(principal)
    query = (
        select(last)
        .order_by(last.c.deadline_at, last.c.order_id)
        .limit(PAGE)
        .offset((max(1, page) - 1) * PAGE)
    )
    if colour is not None:
        query = query.where(last.c.colour == colour)
    names = {one.id: one.name for one in pack().dispatch.supervision.stages}
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
        holders = units.known(connection, {row.unit_id for row in rows})
    return tuple(
        Warned(
            order_id=row.order_id,
            order_no=row.order_no,
            title=row.title,
            unit_name=holders[row.unit_id].name if row.unit_id in holders else row.unit_id,
            stage=names.get(row.stage, row.stage),
            colour=row.colour,
            deadline_at=row.deadline_at,
            at=row.at,
            simulated=row.simulated is not None,
        )
        for row in rows
    )
