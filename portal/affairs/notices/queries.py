"""Reading notices: those a unit sent, with their receipts, those it got, whom it may send to."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select

from auth import permissions, posts
from auth.principal import Principal, Unit
from auth.tables import unit
from portal.affairs.notices import rules
from portal.affairs.notices.rules import Attachment, NoticeError
from portal.affairs.notices.tables import (
    notice,
    notice_event,
    notice_file,
    notice_receipt,
    notice_reminder,
)
from portal.store import clock, crypto
from portal.store.engine import begin
from portal.store.scope import Reach, scoped

VIEW, SEND = "notices.view", "notices.send"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:notices")
PAGE = 14
Box = Literal["本单位发出", "发给本单位"]
BOXES: tuple[Box, ...] = ("本单位发出", "发给本单位")
GONE = "没有找到这份通知，可能不是发给本单位的，请返回列表刷新。"


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """A notice in a list."""

    id: str
    number: str
    title: str
    unit_name: str
    receipt: bool
    due_on: date | None
    state: str
    sent_at: datetime
    units: int  # how many it is for, where the own unit sent it
    read: int  # how many of them have read it
    read_here: datetime | None  # when the own unit read it

    @property
    def missing(self) -> int:
        """How many units have not read it."""
        return self.units - self.read


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A unit and whether it has read the notice."""

    unit_name: str
    read_at: datetime | None
    read_by: str


@dataclass(frozen=True, kw_only=True)
class NoticeEvent:
    """One line of what happened."""

    at: datetime
    actor_name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class OpenedNotice:
    """A notice with its text; the receipts only for the unit that sent it."""

    row: NoticeRow
    body: str
    actor_name: str
    withdrawn_why: str
    file_name: str
    mine: bool
    to_read: bool
    may_remind: bool
    receipts: tuple[Receipt, ...] = ()
    events: tuple[NoticeEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a box."""

    rows: tuple[NoticeRow, ...]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // PAGE)


def key(given: str) -> UUID:
    """An identifier of ours from an address."""
    try:
        return UUID(given)
    except ValueError:
        raise NoticeError(GONE) from None


def addressable(principal: Principal) -> tuple[Unit, ...]:
    """The units the own unit may send to, by place."""
    query: Select[Any] = select(
        unit.c.id.label("unit_id"),
        unit.c.name.label("unit_name"),
        unit.c.kind,
        unit.c.level,
        unit.c.region_code,
        unit.c.line,
    ).where(unit.c.status == "active")
    with begin() as connection:
        rows = connection.execute(query.order_by(unit.c.region_code, unit.c.id)).all()
    known = map(posts.unit_of, rows)
    return tuple(one for one in known if rules.may_receive(principal.unit, principal.prefixes, one))


_COUNTS = (
    select(
        notice_receipt.c.notice_id,
        func.count().label("units"),
        func.count(notice_receipt.c.read_at).label("read"),
    )
    .group_by(notice_receipt.c.notice_id)
    .subquery()
)
_ROWS = select(notice, _COUNTS.c.units, _COUNTS.c.read).join(
    _COUNTS, _COUNTS.c.notice_id == notice.c.id
)


def _row(principal: Principal, row: Row[Any], read_here: datetime | None) -> NoticeRow:
    mine = row.unit_id == principal.unit.id
    return NoticeRow(
        id=str(row.id),
        number=row.number,
        title=row.title,
        unit_name=row.unit_name,
        receipt=row.receipt,
        due_on=row.due_on,
        state=row.state,
        sent_at=row.sent_at,
        units=row.units if mine else 0,
        read=row.read if mine else 0,
        read_here=read_here,
    )


def listed(principal: Principal, box: Box, page: int = 1) -> Page:
    """One page of a box, the newest first."""
    permissions.check(principal, VIEW)
    mine = notice.c.unit_id == principal.unit.id
    query = _ROWS.where(mine if box == "本单位发出" else ~mine)
    with scoped(principal.reach) as connection:
        total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        rows = connection.execute(
            query.order_by(notice.c.sent_at.desc(), notice.c.id)
            .limit(PAGE)
            .offset((max(page, 1) - 1) * PAGE)
        ).all()
        here = _read_here(connection, principal, [one.id for one in rows])
    return Page(rows=tuple(_row(principal, one, here.get(one.id)) for one in rows), total=total)


def _read_here(
    connection: Connection, principal: Principal, ids: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    query: Any = select(notice_receipt.c.notice_id, notice_receipt.c.read_at).where(
        notice_receipt.c.notice_id.in_(ids), notice_receipt.c.unit_id == principal.unit.id
    )
    return {one.notice_id: one.read_at for one in connection.execute(query)}


def opened(principal: Principal, notice_id: str) -> OpenedNotice:
    """One notice in full."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(_ROWS.where(notice.c.id == key(notice_id))).first()
        if row is None:
            raise NoticeError(GONE)
        mine = row.unit_id == principal.unit.id
        here = _read_here(connection, principal, [row.id])
        file = connection.execute(
            select(notice_file.c.name).where(notice_file.c.notice_id == row.id)
        ).scalar()
        receipts = _receipts(connection, row.id) if mine else ()
        events = _events(connection, row.id) if mine else ()
        reminded = connection.execute(
            select(notice_reminder.c.half_day).where(notice_reminder.c.notice_id == row.id)
        ).scalars()
        stands = mine and row.state == rules.SENT and row.receipt and row.read < row.units
        may_remind = stands and rules.may_remind(reminded, clock.now())
    withdrawn = row.state == rules.WITHDRAWN and not mine
    return OpenedNotice(
        row=_row(principal, row, here.get(row.id)),
        body="" if withdrawn else crypto.decrypt(row.body),
        actor_name=row.actor_name,
        withdrawn_why=row.withdrawn_why or "",
        file_name="" if withdrawn else file or "",
        mine=mine,
        to_read=row.id in here and here[row.id] is None and row.state == rules.SENT,
        may_remind=may_remind,
        receipts=receipts,
        events=events,
    )


def _receipts(connection: Connection, notice_id: UUID) -> tuple[Receipt, ...]:
    """Those that have not read it first, each group by place: an order of places, not of speed."""
    query = (
        select(notice_receipt)
        .where(notice_receipt.c.notice_id == notice_id)
        .order_by(
            notice_receipt.c.read_at.is_not(None),
            notice_receipt.c.region_code,
            notice_receipt.c.unit_id,
        )
    )
    return tuple(
        Receipt(unit_name=one.unit_name, read_at=one.read_at, read_by=one.read_by or "")
        for one in connection.execute(query)
    )


def _events(connection: Connection, notice_id: UUID) -> tuple[NoticeEvent, ...]:
    query = select(notice_event).where(notice_event.c.notice_id == notice_id)
    return tuple(
        NoticeEvent(at=one.at, actor_name=one.actor_name or "平台", words=one.words)
        for one in connection.execute(query.order_by(notice_event.c.id.desc()))
    )


def attachment(principal: Principal, notice_id: str) -> Attachment:
    """The file of a notice, for the unit that sent it and those it stands open to."""
    found = opened(principal, notice_id)
    if not found.file_name:
        raise NoticeError("这份通知没有附件，或已撤回。")
    with scoped(principal.reach) as connection:
        row = connection.execute(
            select(notice_file).where(notice_file.c.notice_id == key(notice_id))
        ).one()
    return Attachment(
        name=row.name, kind=row.kind, content=base64.b64decode(crypto.decrypt(row.content))
    )
