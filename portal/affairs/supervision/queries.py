"""Reading warnings and 督办单: what concerns the own unit, and the sheet as it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import titles, units
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.titles import Titled
from portal.affairs.supervision import rules
from portal.affairs.supervision.rules import SupervisionError
from portal.affairs.supervision.tables import order_warning, supervision_sheet
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.dispatch_texts import Colour
from portal.store.scope import Reach, scoped

VIEW = "orders.view"
Box = Literal["待反馈", "待签发", "督办中", "待销号", "已结束"]
BOXES: tuple[Box, ...] = ("待反馈", "待签发", "督办中", "待销号", "已结束")
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Urged:
    """A warning about an order that is still open."""

    id: int
    order_id: UUID
    order_no: str
    title: str
    stage: str
    colour: Colour
    deadline_at: datetime
    at: datetime
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A 督办单."""

    id: UUID
    number: str
    order_id: UUID
    order_no: str
    title: str  # nothing where one no longer sees the order
    simulated: bool
    region_name: str
    from_unit: str
    from_name: str
    to_unit: str
    to_name: str
    reason: str
    demands: tuple[str, ...]
    state: rules.SheetState
    made_at: datetime
    issued_at: datetime | None
    issued_by_name: str
    answer_due_at: datetime | None
    answer: str
    answered_at: datetime | None
    answered_by_name: str
    ending: str


def _stage_names() -> dict[str, str]:
    return {one.id: one.name for one in pack().dispatch.supervision.stages}


def warnings(
    reach: Reach, *, since: datetime | None = None, after: int = 0, urgent: bool | None = None
) -> tuple[Urged, ...]:
    """What the own unit was told about orders that are still open, the newest first."""
    w = order_warning.c
    query = (
        select(order_warning, work_order.c.order_no, work_order.c.title)
        .join(work_order, work_order.c.id == w.order_id)
        .where(
            w.unit_id == (reach.unit_id or ""),
            w.told,
            w.id > after,
            work_order.c.closed_at.is_(None),
            work_order.c.deadline_at == w.deadline_at,
        )
        .order_by(w.id.desc())
        .limit(MOST)
    )
    if since is not None:
        query = query.where(w.at >= since)
    if urgent is not None:
        query = query.where(w.urgent.is_(urgent))
    names = _stage_names()
    with scoped(reach) as connection:
        return tuple(_warning(row, names) for row in connection.execute(query))


def _warning(row: Row[Any], names: dict[str, str]) -> Urged:
    return Urged(
        id=row.id,
        order_id=row.order_id,
        order_no=row.order_no,
        title=row.title,
        stage=names.get(row.stage, row.stage),
        colour=row.colour,
        deadline_at=row.deadline_at,
        at=row.at,
        urgent=row.urgent,
    )


# -- sheets ---------------------------------------------------------------------------------------


def _in_box(box: Box, unit_id: str) -> ColumnElement[bool]:
    """Which sheets lie in a box of a unit: what it is asked, what it sends, what is over."""
    s = supervision_sheet.c
    sent, asked = s.from_unit == unit_id, s.to_unit == unit_id
    found: dict[Box, ColumnElement[bool]] = {
        "待反馈": and_(asked, s.state == rules.ISSUED),
        "待签发": and_(sent, s.state == rules.DRAFTED),
        "督办中": and_(sent, s.state == rules.ISSUED),
        "待销号": and_(or_(sent, asked), s.state == rules.ANSWERED),
        "已结束": or_(
            and_(sent, s.state.in_((rules.ENDED, rules.DROPPED))),
            and_(asked, s.state == rules.ENDED),
        ),
    }
    return found[box]


def sheets(principal: Principal, box: Box) -> tuple[Sheet, ...]:
    """The 督办单 of the own unit in a box, the nearest limit first; of those over the newest.

    At most ``MOST``; how many there are ``counts`` says.
    """
    permissions.check(principal, VIEW)
    s = supervision_sheet.c
    over = box == "已结束"
    first = s.ended_at.desc() if over else func.coalesce(s.answer_due_at, s.made_at)
    query = (
        select(supervision_sheet)
        .where(_in_box(box, principal.unit.id))
        .order_by(first, s.id)
        .limit(MOST)
    )
    with scoped(principal.reach) as connection:
        return _named(connection, connection.execute(query).all())


def counts(principal: Principal) -> dict[Box, int]:
    """How many 督办单 lie in each box."""
    permissions.check(principal, VIEW)
    numbers = [
        func.count().filter(_in_box(box, principal.unit.id)).label(f"n{place}")
        for place, box in enumerate(BOXES)
    ]
    mine = or_(
        supervision_sheet.c.from_unit == principal.unit.id,
        supervision_sheet.c.to_unit == principal.unit.id,
    )
    with scoped(principal.reach) as connection:
        row = connection.execute(select(*numbers).select_from(supervision_sheet).where(mine)).one()
    return dict(zip(BOXES, row, strict=True))


def turn(principal: Principal) -> int:
    """How many 督办单 wait for the own unit: to be answered, sent, or ended."""
    permissions.check(principal, VIEW)
    s, unit_id = supervision_sheet.c, principal.unit.id
    query = select(func.count()).where(
        or_(
            and_(s.to_unit == unit_id, s.state == rules.ISSUED),
            and_(s.from_unit == unit_id, s.state.in_((rules.DRAFTED, rules.ANSWERED))),
        )
    )
    with scoped(principal.reach) as connection:
        return int(connection.execute(query).scalar_one())


def of_order(principal: Principal, order_id: UUID) -> tuple[Sheet, ...]:
    """The 督办单 about an order that concern the own unit, the newest first."""
    permissions.check(principal, VIEW)
    s, unit_id = supervision_sheet.c, principal.unit.id
    query = (
        select(supervision_sheet)
        .where(s.order_id == order_id, or_(s.from_unit == unit_id, s.to_unit == unit_id))
        .order_by(s.made_at.desc(), s.id)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
        # what is not sent is the business of who may send it
        seen = [one for one in rows if one.from_unit == unit_id or one.issued_at is not None]
        return _named(connection, seen)


def _named(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Sheet, ...]:
    names = units.known(connection, {u for row in rows for u in (row.from_unit, row.to_unit)})
    about = titles.known(connection, [row.order_id for row in rows])
    return _sheets(rows, {one.id: one.name for one in names.values()}, about)


def _sheets(
    rows: Sequence[Row[Any]], names: dict[str, str], about: dict[UUID, Titled]
) -> tuple[Sheet, ...]:
    return tuple(
        Sheet(
            id=row.id,
            number=row.number or "",
            order_id=row.order_id,
            order_no=row.order_no,
            title=about[row.order_id].title if row.order_id in about else "",
            simulated=row.order_id in about and about[row.order_id].simulated,
            region_name=divisions.full_name(row.region_code),
            from_unit=row.from_unit,
            from_name=names.get(row.from_unit, row.from_unit),
            to_unit=row.to_unit,
            to_name=names.get(row.to_unit, row.to_unit),
            reason=row.reason,
            demands=tuple(row.demands),
            state=row.state,
            made_at=row.made_at,
            issued_at=row.issued_at,
            issued_by_name=row.issued_by_name or "",
            answer_due_at=row.answer_due_at,
            answer=row.answer or "",
            answered_at=row.answered_at,
            answered_by_name=row.answered_by_name or "",
            ending=row.ending or "",
        )
        for row in rows
    )


def sheet(principal: Principal, sheet_id: UUID) -> Sheet:
    """One 督办单 of the own unit."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        rows = connection.execute(
            select(supervision_sheet).where(supervision_sheet.c.id == sheet_id)
        ).all()
        found = _named(connection, rows)
    if not found:
        raise SupervisionError("没有找到这份督办单，可能不由本单位办理。")
    return found[0]
