"""One work order opened: all that one may know of it, its history, its files. Always scoped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders import desk, queries, units
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.queries import OrderRow
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_attachment, order_caller, order_seat, work_order
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import Event
from portal.store import crypto
from portal.store.flow_texts import MoveText
from portal.store.scope import scoped

VIEW, CALLER = queries.VIEW, "orders.caller"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who called, for those who may know."""

    name: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A unit with a part in an order."""

    unit_id: str
    unit_name: str
    part: str
    since: datetime
    until: datetime | None
    state: str


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """An attachment, without its content."""

    id: UUID
    name: str
    media_type: str
    size: int
    added_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One order, whole. Where ``caller`` is not to be known, ``why`` says why."""

    row: OrderRow
    content: str
    lng: float | None
    lat: float | None
    reply: str
    resolved: str
    satisfied: str
    caller: Caller | None
    why: str
    lead_unit: str
    dispatch_unit: str
    parent: UUID | None
    merged_into: UUID | None
    parts: tuple[OrderRow, ...]
    merged: int
    seats: tuple[Seat, ...]
    files: tuple[FileRow, ...]
    events: tuple[Event, ...]
    moves: tuple[MoveText, ...]


def opened(principal: Principal, order_id: UUID, *, with_caller: bool = True) -> Opened:
    """One order with everything about it that one may know; recorded in the audit.

    A page shows who called only when asked to (``with_caller``), and that is recorded apart.
    """
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None:
            raise OrderError(desk.GONE)
        events = ledger.history(connection, BOOK, order_id)
        sitting = connection.execute(
            select(order_seat).where(order_seat.c.order_id == order_id).order_by(order_seat.c.id)
        ).all()
        files = connection.execute(
            select(*(order_attachment.c[name] for name in FileRow.__dataclass_fields__))
            .where(order_attachment.c.order_id == order_id)
            .order_by(order_attachment.c.at)
        ).all()
        told = queries.parts_of(connection, order_id)
        merged = connection.execute(
            select(func.count()).select_from(work_order).where(work_order.c.merged_into == order_id)
        ).scalar_one()
        known = connection.execute(
            select(order_caller).where(order_caller.c.order_id == order_id)
        ).first()
        names = units.known(
            connection,
            {one for one in (row.lead_unit, row.dispatch_unit) if one}
            | {one.unit_id for one in sitting},
        )
        (shown,) = queries.as_rows(connection, [row])
    caller, why = _caller(principal, row, known, shown=with_caller)
    _record(principal, row, with_caller=caller is not None)
    return Opened(
        row=shown,
        content=row.content,
        lng=float(row.lng) if row.lng is not None else None,
        lat=float(row.lat) if row.lat is not None else None,
        reply=row.reply or "",
        resolved=row.resolved or "",
        satisfied=row.satisfied or "",
        caller=caller,
        why=why,
        lead_unit=_name(names, row.lead_unit),
        dispatch_unit=_name(names, row.dispatch_unit),
        parent=row.parent_id,
        merged_into=row.merged_into,
        parts=told,
        merged=merged,
        seats=tuple(_seat(one, names) for one in sitting),
        files=tuple(FileRow(**one._mapping) for one in files),
        events=events,
        moves=desk.offered(principal, order_id),
    )


def _name(names: dict[str, units.UnitRef], unit_id: str | None) -> str:
    return names[unit_id].name if unit_id in names else (unit_id or "")


def _seat(row: Row[Any], names: dict[str, units.UnitRef]) -> Seat:
    return Seat(
        unit_id=row.unit_id,
        unit_name=_name(names, row.unit_id),
        part=row.part,
        since=row.since,
        until=row.until,
        state=row.state,
    )


def _caller(
    principal: Principal, row: Row[Any], known: Row[Any] | None, *, shown: bool
) -> tuple[Caller | None, str]:
    if not permissions.allowed(principal, CALLER):
        return None, "本岗位不能查看诉求人信息"
    if known is None:
        return None, "诉求人要求保密" if row.confidential else "没有登记诉求人信息"
    if not shown:
        return None, ""
    name, phone = (
        crypto.decrypt(one) if one else "" for one in (known.name_cipher, known.phone_cipher)
    )
    return Caller(name=name, phone=phone), ""


def _record(principal: Principal, row: Row[Any], *, with_caller: bool) -> None:
    audit.append(
        action="orders.open",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": row.order_no, "caller": with_caller},
    )


def file(principal: Principal, file_id: UUID) -> tuple[str, str, bytes]:
    """An attachment: its name, its type and what is in it; recorded in the audit."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(
            select(order_attachment, work_order.c.order_no)
            .join(work_order, work_order.c.id == order_attachment.c.order_id)
            .where(order_attachment.c.id == file_id)
        ).first()
    if row is None:
        raise OrderError("没有找到这个附件，可能不在本岗位的管辖范围。")
    audit.append(
        action="orders.file",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": row.order_no, "file": row.name},
    )
    return row.name, row.media_type, crypto.unseal(row.bytes)
