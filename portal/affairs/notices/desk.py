"""The only writer of notices: sending, reading for a unit, reminding, withdrawing, leaving."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.notices import papers, queries, rules, tally
from portal.affairs.notices.queries import SEND, SERVICE, VIEW
from portal.affairs.notices.rules import NoticeError
from portal.affairs.notices.tables import (
    notice,
    notice_event,
    notice_file,
    notice_receipt,
    notice_reminder,
)
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.halfdays import half_day
from portal.store.scope import acting_as, scoped

GONE = "没有找到这份通知，或不是本单位发出的，请返回列表刷新。"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A notice as it was written."""

    title: str
    body: str = hidden(repr=False)
    units: Sequence[str]
    receipt: bool = False
    due_on: date | None = None
    file_name: str = ""
    file: bytes = hidden(default=b"", repr=False)


def _today() -> date:
    return clock.local(clock.now()).date()


def send(principal: Principal, given: Draft) -> str:
    """Send a notice to units below; gives its number. All of it, or nothing."""
    permissions.check(principal, SEND)
    texts, day, now = pack().notices, _today(), clock.now()
    allowed = {one.id: one for one in queries.addressable(principal)}
    chosen = rules.addressed(given.units, allowed)
    row: dict[str, Any] = {
        "id": uuid4(),
        "unit_id": principal.unit.id,
        "unit_name": principal.unit.name,
        "region_code": principal.unit.region_code,
        "title": rules.title(given.title),
        "body": crypto.encrypt(rules.body(given.body)),
        "receipt": given.receipt,
        "due_on": rules.due(given.receipt, given.due_on, day),
        "state": rules.SENT,
        "actor": principal.login,
        "actor_name": principal.name,
        "sent_at": now,
        "leaves_on": None if given.receipt else day + timedelta(days=texts.leave_after_days),
    }
    file = None
    if given.file_name:
        file = rules.attachment(given.file_name, given.file, texts.file_megabytes)
    with scoped(principal.reach) as connection:
        row["number"] = _number(connection, day)
        connection.execute(insert(notice).values(**row))
        if file is not None:
            _attach(connection, row["id"], file)
        receipts = [
            {
                "notice_id": row["id"],
                "unit_id": one,
                "unit_name": allowed[one].name,
                "region_code": allowed[one].region_code,
                "sender_id": principal.unit.id,
            }
            for one in chosen
        ]
        connection.execute(insert(notice_receipt), receipts)
        tally.COUNT.follow(connection, [(None, row)])
        _count(connection, row, [(None, {**one, "read_at": None}) for one in receipts])
        _event(connection, row["id"], f"发送至 {len(chosen)} 个单位", principal.name)
        papers.to_units(connection, row, [allowed[one] for one in chosen])
    _audit(principal, "notices.send", row["number"], units=len(chosen))
    return str(row["number"])


_OF_THE_NOTICE = ("receipt", "sent_at", "due_on", "withdrawn_at")


def _count(
    connection: Connection, made: dict[str, Any], changes: Sequence[tuple[Any, Any]]
) -> None:
    """Let the measures follow receipts of a notice, each before and after."""
    words = {name: made.get(name) for name in _OF_THE_NOTICE}

    def whole(one: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if one is None else {**one, **words}

    tally.RECEIPTS.follow(connection, [(whole(old), whole(new)) for old, new in changes])


def _number(connection: Connection, day: date) -> str:
    """One at a time: numbers have no gaps."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("notice.number"))))
    start = rules.number(day, 0)[:-4]
    taken = connection.execute(text("SELECT notices_since(:start)"), {"start": start}).scalar_one()
    return rules.number(day, taken + 1)


def _attach(connection: Connection, notice_id: UUID, file: rules.Attachment) -> None:
    connection.execute(
        insert(notice_file).values(
            notice_id=notice_id,
            name=file.name,
            kind=file.kind,
            size=len(file.content),
            content=crypto.encrypt(base64.b64encode(file.content).decode()),
        )
    )


def _event(connection: Connection, notice_id: UUID, words: str, actor_name: str | None) -> None:
    connection.execute(
        insert(notice_event).values(
            notice_id=notice_id, at=clock.now(), actor_name=actor_name, words=words
        )
    )


# -- the units it is for --------------------------------------------------------------------------


def read(principal: Principal, notice_id: str) -> None:
    """The principal's unit has read it: one receipt per unit, whoever is first."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        query = select(notice_receipt).where(
            notice_receipt.c.notice_id == queries.key(notice_id),
            notice_receipt.c.unit_id == principal.unit.id,
        )
        mine = connection.execute(query.with_for_update()).first()
        if mine is None:
            raise NoticeError("没有找到这份通知，或不是发给本单位的。")
        if mine.read_at is not None:
            raise NoticeError(f"本单位已由 {mine.read_by} 阅知，不需要再次回执。")
        made = connection.execute(select(notice).where(notice.c.id == mine.notice_id)).one()
        if made.state != rules.SENT:
            raise NoticeError("这份通知已由发文单位撤回，不需要回执。")
        connection.execute(
            update(notice_receipt)
            .where(
                notice_receipt.c.notice_id == mine.notice_id,
                notice_receipt.c.unit_id == mine.unit_id,
            )
            .values(read_at=(now := clock.now()), read_by=principal.name)
        )
        before = mine._asdict()
        _count(connection, made._asdict(), [(before, {**before, "read_at": now})])
        papers.read(connection, papers.key_of(mine.notice_id, mine.unit_id), principal.name)


# -- the unit that sent it ------------------------------------------------------------------------


def remind(principal: Principal, notice_id: str) -> int:
    """Ask the units that have not read it once more, once in half a day; gives how many."""
    now = clock.now()
    with scoped(principal.reach) as connection:
        row = _sent_by(connection, principal, notice_id)
        if not row.receipt:
            raise NoticeError("这份通知不需要回执，不能提醒。")
        waiting = _unread(connection, row.id)
        if not waiting:
            raise NoticeError("收文单位都已阅知，不需要提醒。")
        made = connection.execute(
            upsert(notice_reminder)
            .values(notice_id=row.id, half_day=half_day(now), at=now)
            .on_conflict_do_nothing()
            .returning(notice_reminder.c.half_day)
        ).first()
        if made is None:
            raise NoticeError("本半日已经提醒过一次，没有再次提醒，请下一个半日再提醒。")
        _event(connection, row.id, f"提醒 {len(waiting)} 个单位", principal.name)
        for unit_id in waiting:
            papers.reminded(connection, papers.key_of(row.id, unit_id), principal.unit.name)
    _audit(principal, "notices.remind", row.number, units=len(waiting))
    return len(waiting)


def withdraw(principal: Principal, notice_id: str, why: str) -> None:
    """Take a notice back, and say why: it leaves the inboxes of those who have not read it."""
    said = rules.reason(why)
    with scoped(principal.reach) as connection:
        row = _sent_by(connection, principal, notice_id)
        values = {"state": rules.WITHDRAWN, "withdrawn_at": clock.now(), "withdrawn_why": said}
        connection.execute(update(notice).where(notice.c.id == row.id).values(**values))
        _event(connection, row.id, f"撤回：{said}", principal.name)
        waiting = _held(connection, row.id)
        after = {**row._asdict(), **values}
        _count(connection, row._asdict(), [(one, None) for one in waiting])
        _count(connection, after, [(None, one) for one in waiting])
        for unit_id in sorted(one["unit_id"] for one in waiting):
            key = papers.key_of(row.id, unit_id)
            papers.withdrawn(connection, key, principal.unit.name, said)
    _audit(principal, "notices.withdraw", row.number)


def _sent_by(connection: Connection, principal: Principal, notice_id: str) -> Row[Any]:
    """A notice of the own unit that still stands, locked."""
    permissions.check(principal, SEND)
    query = select(notice).where(
        notice.c.id == queries.key(notice_id), notice.c.unit_id == principal.unit.id
    )
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NoticeError(GONE)
    if row.state != rules.SENT:
        raise NoticeError("这份通知已经撤回，没有改动。")
    return row


def _held(connection: Connection, notice_id: UUID) -> list[dict[str, Any]]:
    """The receipts that are still asked for, held: whoever reads now has read or is too late."""
    query = select(notice_receipt).where(
        notice_receipt.c.notice_id == notice_id, notice_receipt.c.read_at.is_(None)
    )
    with acting_as(connection, SERVICE.actor):
        held = query.order_by(notice_receipt.c.unit_id).with_for_update()
        return [row._asdict() for row in connection.execute(held)]


def _unread(connection: Connection, notice_id: UUID) -> list[str]:
    query = select(notice_receipt.c.unit_id).where(
        notice_receipt.c.notice_id == notice_id, notice_receipt.c.read_at.is_(None)
    )
    return list(connection.execute(query.order_by(notice_receipt.c.unit_id)).scalars())


def _audit(principal: Principal, action: str, number: str, **detail: Any) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": number, **detail},
    )


# -- the clock ------------------------------------------------------------------------------------


def sweep() -> int:
    """Let notices without a receipt leave the inboxes when their days are over; gives how many."""
    with scoped(SERVICE) as connection:
        query = select(notice).where(notice.c.leaves_on < _today(), notice.c.state == rules.SENT)
        over = connection.execute(query.with_for_update(skip_locked=True)).all()
        for row in over:
            connection.execute(update(notice).where(notice.c.id == row.id).values(leaves_on=None))
            for unit_id in _unread(connection, row.id):
                papers.left(connection, papers.key_of(row.id, unit_id))
    return len(over)
