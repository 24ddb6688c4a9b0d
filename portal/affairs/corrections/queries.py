"""Reading correction requests: those one's unit asked or answers, and those about a person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from auth import audit, permissions, posts
from auth.principal import Principal
from auth.tables import account, position, post, unit
from portal.affairs.corrections import rules
from portal.affairs.corrections.tables import correction, correction_asker, correction_event
from portal.store import clock, crypto, divisions, workdays
from portal.store.citypack import pack
from portal.store.engine import begin
from portal.store.scope import Reach, scoped

VIEW, ASK, HANDLE = "corrections.view", "corrections.ask", "corrections.handle"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:corrections")
PAGE = 14
Box = Literal["待本单位核实", "本单位提出", "辖区内全部"]
BOXES: tuple[Box, ...] = ("待本单位核实", "本单位提出", "辖区内全部")


@dataclass(frozen=True, kw_only=True)
class CorrectionRow:
    """A request in a list: the person masked, no value."""

    id: str
    number: str
    person: str
    region_name: str
    system_id: str
    system_name: str
    field: str
    label: str
    state: str
    due_on: date
    asked_at: datetime
    unit_name: str
    overdue: bool
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class CorrectionEvent:
    """One line of what happened."""

    at: datetime
    state: str
    unit_name: str
    actor_name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class OpenedCorrection:
    """A request with its values: in full for the unit that answers, as shown for who asked."""

    row: CorrectionRow
    owner: str
    seen: str
    proposed: str
    source: str
    ground: str
    remark: str
    reason: str
    limit_note: str
    askers: tuple[str, ...]
    events: tuple[CorrectionEvent, ...]
    mine: bool  # the own unit asked and it is open still
    to_answer: bool  # the own unit answers


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a box."""

    rows: tuple[CorrectionRow, ...]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // PAGE)


def owner_unit(owner: str) -> tuple[str, str]:
    """The unit that answers for an owner: the first named one with somebody who may.

    Where none has a post here, the unit that runs the platform passes the request on.
    """
    able = {one.id for one in pack().roles if HANDLE in one.permissions}
    query = (
        select(unit.c.id, unit.c.name)
        .join(position, position.c.unit_id == unit.c.id)
        .join(post, post.c.position_id == position.c.id)
        .join(account, account.c.id == post.c.account_id)
        .where(
            unit.c.name.in_(owner.split("、")),
            position.c.roles.overlap(sorted(able)),
            account.c.status == "active",
            posts.holds_now(),
        )
        .limit(1)
    )
    with begin() as connection:
        found = connection.execute(query, posts.moments()).first()
        if found is None:
            support = select(unit.c.id, unit.c.name).where(unit.c.id == pack().support_unit)
            found = connection.execute(support).one()
    return found.id, found.name


def _row(row: Row[Any]) -> CorrectionRow:
    today = clock.local(clock.now()).date()
    return CorrectionRow(
        id=str(row.id),
        number=row.number,
        person=row.person,
        region_name=divisions.full_name(row.region_code),
        system_id=row.system_id,
        system_name=row.system_name,
        field=row.field,
        label=row.label,
        state=row.state,
        due_on=row.due_on,
        asked_at=row.asked_at,
        unit_name=row.unit_name,
        overdue=row.state in rules.OPEN and row.due_on < today,
        simulated=row.simulated is not None,
    )


def _of_box(principal: Principal, box: Box) -> ColumnElement[bool]:
    if box == "待本单位核实":
        return correction.c.unit_id == principal.unit.id
    if box == "本单位提出":
        return correction.c.asked_units.contains([principal.unit.id])
    regions = [correction.c.region_code.startswith(one) for one in principal.prefixes]
    return or_(
        correction.c.unit_id == principal.unit.id,
        correction.c.asked_units.contains([principal.unit.id]),
        *regions,
    )


def listed(principal: Principal, box: Box, state: str = "", page: int = 1) -> Page:
    """One page of a box, what is open and due first on top."""
    permissions.check(principal, VIEW)
    wanted = [_of_box(principal, box), *([correction.c.state == state] if state else [])]
    open_first = case((correction.c.state.in_(rules.OPEN), 0), else_=1)
    query = (
        select(correction)
        .where(*wanted)
        .order_by(open_first, correction.c.due_on, correction.c.number)
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    with scoped(principal.reach) as connection:
        total = connection.execute(
            select(func.count()).select_from(correction).where(*wanted)
        ).scalar_one()
        rows = connection.execute(query).all()
    return Page(rows=tuple(map(_row, rows)), total=total)


def about(principal: Principal, subject_id: UUID) -> tuple[CorrectionRow, ...]:
    """The requests about one person that one may see, the newest first: for the dossier.

    Of each value only the newest; what was withdrawn says nothing about the value.
    """
    if not permissions.allowed(principal, VIEW):
        return ()
    query = (
        select(correction)
        .ext(distinct_on(correction.c.system_id, correction.c.field))
        .where(correction.c.subject_id == subject_id, correction.c.state != rules.WITHDRAWN)
        .order_by(correction.c.system_id, correction.c.field, correction.c.asked_at.desc())
    )
    with scoped(principal.reach) as connection:
        return tuple(map(_row, connection.execute(query)))


def state_of(principal: Principal, correction_id: UUID) -> rules.State | None:
    """How far a request is."""
    query = select(correction.c.state).where(correction.c.id == correction_id)
    with scoped(principal.reach) as connection:
        return connection.execute(query).scalar()


def opened(principal: Principal, correction_id: str) -> OpenedCorrection:
    """One request with its values, for the unit that asked or answers; recorded in the audit."""
    permissions.check(principal, VIEW)
    try:
        key = UUID(correction_id)
    except ValueError:
        raise rules.CorrectionError("没有找到这份校核申请。") from None
    with scoped(principal.reach) as connection:
        row = connection.execute(select(correction).where(correction.c.id == key)).first()
        if row is None:
            raise rules.CorrectionError("没有找到这份校核申请，可能不在本岗位的管辖范围。")
        askers = connection.execute(
            select(correction_asker).where(
                correction_asker.c.correction_id == key, correction_asker.c.withdrawn_at.is_(None)
            )
        ).all()
        events = connection.execute(
            select(correction_event)
            .where(correction_event.c.correction_id == key)
            .order_by(correction_event.c.id.desc())
        ).all()
    answers = row.unit_id == principal.unit.id and permissions.allowed(principal, HANDLE)
    asked = principal.unit.id in row.asked_units
    _record(principal, row)
    return _opened(row, askers, events, answers=answers, asked=asked)


def _record(principal: Principal, row: Row[Any]) -> None:
    audit.append(
        action="corrections.open",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        subject_hash=row.subject_hash,
        detail={"number": row.number, "system": row.system_id},
    )


def _opened(
    row: Row[Any],
    askers: Sequence[Row[Any]],
    events: Sequence[Row[Any]],
    *,
    answers: bool,
    asked: bool,
) -> OpenedCorrection:
    seen, proposed = json.loads(crypto.decrypt(row.shown)) if asked else ("***", "***")
    if answers:
        seen, proposed = crypto.decrypt(row.seen), crypto.decrypt(row.proposed)
    told = answers or asked
    return OpenedCorrection(
        row=_row(row),
        owner=row.owner,
        seen=seen,
        proposed=proposed,
        source=row.source,
        ground=pack().corrections.ground(row.ground),
        remark=crypto.decrypt(row.remark) if row.remark and told else "",
        reason=crypto.decrypt(row.reason) if row.reason and told else "",
        limit_note=workdays.note(row.asked_on, row.due_on, pack().holidays),
        askers=tuple(f"{one.unit_name} {one.actor_name}" for one in askers),
        events=tuple(
            CorrectionEvent(
                at=one.at,
                state=one.state,
                unit_name=one.unit_name or "平台",
                actor_name=one.actor_name or "",
                words=one.words,
            )
            for one in events
        ),
        mine=asked and row.state in rules.OPEN,
        to_answer=answers and row.state in rules.OPEN,
    )
