"""Reading warnings and 督办单: what concerns the own unit, and the sheet as it is printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.tables import work_order
from portal.affairs.supervision import rules
from portal.affairs.supervision.rules import SupervisionError
from portal.affairs.supervision.tables import order_warning, supervision_sheet
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.dispatch_texts import Colour
from portal.store.scope import Reach, scoped

VIEW = "orders.view"
Box = Literal["待签发", "待反馈", "待销号", "已结束"]
_BOXES: dict[str, tuple[str, ...]] = {
    "待签发": (rules.DRAFTED,),
    "待反馈": (rules.ISSUED,),
    "待销号": (rules.ANSWERED,),
    "已结束": (rules.ENDED, rules.DROPPED),
}
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


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A 督办单 for an A4 page: title, number, lines, what is asked, where to sign."""

    title: str
    number: str
    lines: tuple[tuple[str, str], ...]
    demands: tuple[str, ...]
    sign: tuple[str, ...]
    made_at: str


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


def digest(reach: Reach, since: datetime) -> tuple[str, ...]:
    """The lines that the half day's digest of a unit has of us; urgent ones were told at once."""
    counts = Counter(one.colour for one in warnings(reach, since=since, urgent=False))
    words = {"红": "已到或超过时限", "黄": "当日到期", "蓝": "临近时限"}
    return tuple(f"工单{words[c]} {counts[c]} 件（{c}）" for c in ("红", "黄", "蓝") if counts[c])


def colour_of(deadline: datetime | None, urgency: int) -> Colour | None:
    """The colour that an open order carries now."""
    return rules.colour(pack().dispatch.supervision.stages, deadline, urgency, clock.now())


# -- sheets ---------------------------------------------------------------------------------------


def sheets(principal: Principal, box: Box) -> tuple[Sheet, ...]:
    """The 督办单 of the own unit in one state, whichever side it is on."""
    permissions.check(principal, VIEW)
    s, unit_id = supervision_sheet.c, principal.unit.id
    mine = s.to_unit == unit_id if box == "待反馈" else s.from_unit == unit_id
    if box == "已结束":
        mine = or_(s.from_unit == unit_id, (s.to_unit == unit_id) & (s.state == rules.ENDED))
    query = (
        select(supervision_sheet)
        .where(mine, s.state.in_(_BOXES[box]))
        .order_by(func.coalesce(s.answer_due_at, s.made_at), s.id)
        .limit(MOST)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
        names = units.known(connection, {u for row in rows for u in (row.from_unit, row.to_unit)})
    return _sheets(rows, {one.id: one.name for one in names.values()})


def _sheets(rows: Sequence[Row[Any]], names: dict[str, str]) -> tuple[Sheet, ...]:
    return tuple(
        Sheet(
            id=row.id,
            number=row.number or "",
            order_id=row.order_id,
            order_no=row.order_no,
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
        names = units.known(connection, {u for row in rows for u in (row.from_unit, row.to_unit)})
    found = _sheets(rows, {one.id: one.name for one in names.values()})
    if not found:
        raise SupervisionError("没有找到这份督办单，可能不由本单位办理。")
    return found[0]


def printed(principal: Principal, sheet_id: UUID) -> Printed:
    """What stands on the A4 page; a proposal that is not issued has no number and is no 督办单."""
    one = sheet(principal, sheet_id)
    if not one.number:
        raise SupervisionError("该督办单尚未签发，不能打印。")
    with scoped(principal.reach) as connection:
        order = connection.execute(
            select(work_order.c.title, work_order.c.state, work_order.c.deadline_at).where(
                work_order.c.id == one.order_id
            )
        ).first()
    lines = [
        ("被督办单位", one.to_name),
        ("工单编号", one.order_no),
        ("诉求事项", order.title if order else ""),
        ("所在地区", one.region_name),
        ("办理时限", _moment(order.deadline_at) if order else ""),
        ("督办理由", one.reason),
        ("反馈时限", _moment(one.answer_due_at)),
        ("办理情况反馈", one.answer),
    ]
    return Printed(
        title=f"{one.from_name}督办单",
        number=one.number,
        lines=tuple((name, value) for name, value in lines if value),
        demands=one.demands,
        sign=("签发人", "承办单位负责人", "经办人"),
        made_at=_moment(one.issued_at),
    )


def _moment(at: datetime | None) -> str:
    return f"{clock.local(at):%Y年%m月%d日 %H:%M}" if at else ""
