"""What programs report through Open311, and what anybody may read of it.

Only what came this way is shown this way: never the demands that people made by telephone or
letter, never a confidential one, never one against a unit, never who reported. Numbers that could
be somebody's are covered in the words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Row, Select, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders import book, drafting, intake, tally
from portal.affairs.orders.intake import Incoming
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import work_order
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.intake_texts import Service
from portal.store.scope import Reach, scoped

REPORT, SOURCE = "orders.report", "open311"
SPAN, MOST, PAGE = timedelta(days=90), 1000, 50
Status = Literal["open", "closed"]
_NUMBERS = re.compile(r"\d{5,}[\dXx]?")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a program reports."""

    service: Service
    description: str
    lng: float | None
    lat: float | None
    address: str
    attributes: Mapping[str, Sequence[str]]
    caller_name: str = ""
    caller_phone: str = ""
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A report as anybody may read it."""

    number: str
    status: Status
    notes: str
    service_code: str
    service_name: str
    description: str
    received_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    address: str
    lng: float | None
    lat: float | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which reports are asked for."""

    numbers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    status: tuple[str, ...] = ()
    page: int = 1
    size: int = MOST


def report(principal: Principal, given: Report) -> str:
    """Take a report in; gives the number under which it can be asked for."""
    permissions.check(principal, REPORT)
    number = f"{given.service.code}:{uuid4().hex}"
    by = Reach(prefixes=(), unit_id=principal.unit.id, actor=principal.login)
    (taken,) = intake.take([_incoming(given, number)], by)
    if taken.order_no is None:
        raise OrderError(taken.reason)
    audit.append(
        action="orders.report",
        actor=principal.login,
        unit_id=principal.unit.id,
        detail={"order": taken.order_no, "service": given.service.code},
    )
    return taken.order_no


def _incoming(given: Report, number: str) -> Incoming:
    service = given.service
    lines = [drafting.tidy(given.description) or service.name]
    labels = {one.code: one for one in service.attributes}
    for code, values in given.attributes.items():
        known = labels[code]
        said = "、".join(known.values.get(one, one) for one in values)
        lines.append(f"{known.description}：{said}")
    return Incoming(
        source=SOURCE,
        source_no=number,
        kind=service.kind,
        category=service.category or None,
        title=service.name,
        content="\n".join(lines),
        place=drafting.tidy(given.address)[: drafting.MOST_PLACE],
        lng=given.lng,
        lat=given.lat,
        region_code=_place(given.address),
        caller_name=given.caller_name or None,
        caller_phone=given.caller_phone or None,
        received_at=clock.now(),
    )


def _place(address: str) -> str | None:
    """The narrowest place whose name stands in the address; without any, the city."""
    city = pack().region_code
    found: str | None = None
    for level in ("district", "street", "community"):
        inside = divisions.below(found or city, level)
        named = [one.code for one in inside if _short(one.name) in address]
        if len(named) == 1:
            found = named[0]
    return found


def _short(name: str) -> str:
    return re.sub(r"(居民委员会|居委会|民委员会|委会)$", "", name)


# -- reading --------------------------------------------------------------------------------------


def shown(wanted: Wanted) -> tuple[Shown, ...]:
    """The reports that were asked for, the newest first; at most so many at a time."""
    size = max(1, min(wanted.size, MOST))
    query = _public().order_by(work_order.c.received_at.desc(), work_order.c.id)
    if wanted.numbers:  # then nothing else counts
        query = query.where(work_order.c.order_no.in_(wanted.numbers[:MOST]))
    else:
        query = _narrowed(query, wanted)
    query = query.limit(size).offset((max(1, wanted.page) - 1) * size)
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(query).all()
    return tuple(_shown(row) for row in rows)


def _public() -> Select[Any]:
    return select(work_order).where(
        work_order.c.source == SOURCE,
        work_order.c.confidential.is_(False),
        work_order.c.against_unit.is_(None),
    )


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    end = wanted.end or (wanted.start + SPAN if wanted.start else clock.now())
    start = max(wanted.start or end - SPAN, end - SPAN)
    query = query.where(work_order.c.received_at >= start, work_order.c.received_at <= end)
    if wanted.services:
        codes = [f"{one}:" for one in wanted.services]
        first = work_order.c.source_no
        query = query.where(first.regexp_match("^(" + "|".join(map(re.escape, codes)) + ")"))
    if len(set(wanted.status)) == 1:
        closed = work_order.c.closed_at.is_not(None)
        query = query.where(closed if wanted.status[0] == "closed" else ~closed)
    return query


def _shown(row: Row[Any]) -> Shown:
    code = row.source_no.partition(":")[0]
    service = pack().intake.open311.find(code)
    closed = row.closed_at is not None
    return Shown(
        number=row.order_no,
        status="closed" if closed else "open",
        notes=_covered(row.reply or "") if closed else _state(row.state),
        service_code=code,
        service_name=service.name if service else row.title,
        description=_covered(row.content),
        received_at=row.received_at,
        updated_at=row.state_since,
        expected_at=row.deadline_at,
        address=_covered(row.place),
        lng=float(row.lng) if row.lng is not None else None,
        lat=float(row.lat) if row.lat is not None else None,
    )


def _covered(words: str) -> str:
    """Numbers of telephones and papers are nobody else's business."""
    return _NUMBERS.sub(lambda found: found[0][:3] + "*" * (len(found[0]) - 3), words)


_WORDS = {"接": "已收到，正在受理", "派": "正在派单", "办": "正在办理", "督": "正在办理",
          "评": "正在回访"}  # fmt: skip


def _state(state: str) -> str:
    """Where it is, without who has it."""
    known = book.flow().states.get(state)
    return _WORDS.get(known.link, "正在办理") if known else "正在办理"
