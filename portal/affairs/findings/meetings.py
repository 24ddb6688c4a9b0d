"""联席会议: called by a district, its agenda the findings that wait for it, its decisions moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.findings import desk
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.queries import VIEW, names_of
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding, finding_meeting, finding_meeting_item
from portal.affairs.workflow.flow import KEPT
from portal.store import clock, divisions, region_codes
from portal.store.scope import acting_as, scoped

CALL = "findings.dispatch"
WAITS = "待联席会议"
PREPARED, OVER = "筹备中", "已结束"
Outcome = Literal["议定办理", "转为工单", "提请市级联动"]
OUTCOMES: tuple[Outcome, ...] = ("议定办理", "转为工单", "提请市级联动")
_MOVES: dict[Outcome, str] = {
    "议定办理": "decide",
    "转为工单": "to_order",
    "提请市级联动": "elevate",
}
_MOST, _MOST_LISTED = 200, 100


@dataclass(frozen=True, kw_only=True)
class Item:
    """A finding on the agenda, and what was decided."""

    finding_id: UUID
    number: str
    title: str
    content: str
    place: str
    region_code: str
    region_name: str
    state: str
    outcome: str
    decision: str
    lead_name: str
    help_names: tuple[str, ...]
    until: date | None
    simulated: bool

    @property
    def waits(self) -> bool:
        """Whether it is still to be decided."""
        return not self.outcome and self.state == WAITS


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A meeting; in a list without its items."""

    id: UUID
    title: str
    region_code: str
    unit_id: str
    unit_name: str
    held_on: date
    place: str
    attending: str
    state: str
    number: int  # of items
    decided: int
    items: tuple[Item, ...] = ()


def call(principal: Principal, *, title: str, held_on: date, place: str, attending: str) -> UUID:
    """Call a meeting: everything in the district that waits for one is on its agenda."""
    permissions.check(principal, CALL)
    if principal.unit.level != "district":
        raise FindingError(f"联席会议由区县召开，本岗位不能召开，{KEPT}")
    words = {"title": title.strip(), "place": place.strip(), "attending": attending.strip()}
    for name, label in (("title", "会议名称"), ("place", "地点"), ("attending", "参加单位和人员")):
        if not 2 <= len(words[name]) <= _MOST:
            raise FindingError(f"“{label}”须为 2 至 {_MOST} 个字，没有召集，{KEPT}")
    meeting_id, now = uuid4(), clock.now()
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        connection.execute(
            insert(finding_meeting).values(
                id=meeting_id, region_code=principal.unit.region_code,
                unit_id=principal.unit.id, held_on=held_on, state=PREPARED,
                called_by=principal.name, called_at=now, **words,
            )
        )  # fmt: skip
        _put(connection, meeting_id, _waiting(connection, principal.unit.region_code))
    _record(principal, "findings.meeting", {"title": words["title"]})
    return meeting_id


def _waiting(connection: Connection, region_code: str) -> list[UUID]:
    query = (
        select(finding.c.id)
        .where(region_codes.within(finding.c.region_code, region_code))
        .where(finding.c.state == WAITS)
        .order_by(finding.c.state_since, finding.c.id)
    )
    return list(connection.execute(query).scalars())


def _put(connection: Connection, meeting_id: UUID, ids: Sequence[UUID]) -> None:
    query = select(func.coalesce(func.max(finding_meeting_item.c.place), 0)).where(
        finding_meeting_item.c.meeting_id == meeting_id
    )
    last = connection.execute(query).scalar_one()
    for place, one in enumerate(ids, last + 1):
        connection.execute(
            pg_insert(finding_meeting_item)
            .values(meeting_id=meeting_id, finding_id=one, place=place)
            .on_conflict_do_nothing()
        )


def refresh(principal: Principal, meeting_id: UUID) -> None:
    """Findings that wait by now come onto the agenda too."""
    permissions.check(principal, CALL)
    with scoped(principal.reach) as connection:
        row = _own(connection, principal, meeting_id)
        with acting_as(connection, SERVICE.actor):
            held = select(finding_meeting_item.c.finding_id).where(
                finding_meeting_item.c.meeting_id == meeting_id
            )
            there = set(connection.execute(held).scalars())
            more = [one for one in _waiting(connection, row.region_code) if one not in there]
            _put(connection, meeting_id, more)


def decide(
    principal: Principal,
    meeting_id: UUID,
    finding_id: UUID,
    outcome: Outcome,
    *,
    decision: str,
    lead: str = "",
    helping: Sequence[str] = (),
    until: date | None = None,
) -> None:
    """Write down what the meeting decided of a finding, and do it: one transaction."""
    permissions.check(principal, CALL)
    if outcome not in OUTCOMES:
        raise FindingError(f"“议定结果”须为{'、'.join(OUTCOMES)}之一，没有保存，{KEPT}")
    words = decision.strip()
    form: dict[str, Any] = {"text": words, "reason": words}
    if outcome == "议定办理":
        form |= {"unit": lead, "units": list(helping), "until": until}
    with scoped(principal.reach) as connection:
        _own(connection, principal, meeting_id)
        step = desk.turn(connection, principal, finding_id, _MOVES[outcome], form)
        with acting_as(connection, SERVICE.actor):
            done = connection.execute(
                update(finding_meeting_item)
                .where(
                    finding_meeting_item.c.meeting_id == meeting_id,
                    finding_meeting_item.c.finding_id == finding_id,
                )
                .values(
                    outcome=outcome, decision=words,
                    lead_unit=step.values.get("lead_unit"),
                    help_units=step.values.get("help_units") or [],
                    until=step.values.get("due_on"),
                    decided_by=principal.name, decided_at=step.now,
                )
            ).rowcount  # fmt: skip
        if done != 1:
            raise FindingError(f"该问题不在本次会议的议程上，没有保存，{KEPT}")


def close(principal: Principal, meeting_id: UUID) -> None:
    """The meeting is over; what it did not decide waits for the next."""
    permissions.check(principal, CALL)
    with scoped(principal.reach) as connection:
        _own(connection, principal, meeting_id)
        with acting_as(connection, SERVICE.actor):
            connection.execute(
                update(finding_meeting)
                .where(finding_meeting.c.id == meeting_id)
                .values(state=OVER, closed_at=clock.now())
            )
    _record(principal, "findings.close", {"number": str(meeting_id)})


def _own(connection: Connection, principal: Principal, meeting_id: UUID) -> Row[Any]:
    """A meeting that one may lead: of the own district, and not over."""
    row = _seen(connection, meeting_id)
    if row.region_code != principal.unit.region_code:
        raise FindingError(f"该会议由其他区县召开，本岗位不能办理，{KEPT}")
    if row.state == OVER:
        raise FindingError(f"该会议已结束，不能再改，{KEPT}")
    return row


def _seen(connection: Connection, meeting_id: UUID) -> Row[Any]:
    query = select(finding_meeting).where(finding_meeting.c.id == meeting_id)
    row = connection.execute(query).first()
    if row is None:
        raise FindingError(f"没有找到这次会议，可能不在本岗位的管辖范围，{KEPT}")
    return row


def _record(principal: Principal, action: str, detail: dict[str, Any]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail=detail,
    )


def listed(principal: Principal) -> tuple[Meeting, ...]:
    """The meetings in one's scope, the latest first."""
    permissions.check(principal, VIEW)
    item = finding_meeting_item.c
    numbers = (
        select(
            item.meeting_id,
            func.count().label("number"),
            func.count(item.outcome).label("decided"),
        )
        .group_by(item.meeting_id)
        .subquery()
    )
    query = (
        select(finding_meeting, numbers.c.number, numbers.c.decided)
        .outerjoin(numbers, numbers.c.meeting_id == finding_meeting.c.id)
        .order_by(finding_meeting.c.held_on.desc(), finding_meeting.c.called_at.desc())
        .limit(_MOST_LISTED)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
        names = names_of(connection, {row.unit_id for row in rows})
    return tuple(_meeting(row, names, row.number or 0, row.decided or 0) for row in rows)


def opened(principal: Principal, meeting_id: UUID) -> Meeting:
    """One meeting with its agenda."""
    permissions.check(principal, VIEW)
    item = finding_meeting_item
    query = (
        select(
            item, finding.c.number, finding.c.title, finding.c.content, finding.c.region_code,
            finding.c.place.label("where"), finding.c.state, finding.c.simulated,
        )
        .join(finding, finding.c.id == item.c.finding_id)
        .where(item.c.meeting_id == meeting_id)
        .order_by(item.c.place)
    )  # fmt: skip
    with scoped(principal.reach) as connection:
        row = _seen(connection, meeting_id)
        rows = connection.execute(query).all()
        ids = {one.lead_unit for one in rows if one.lead_unit} | {row.unit_id}
        ids |= {unit for one in rows for unit in one.help_units}
        names = names_of(connection, ids)
    items = tuple(_item(one, names) for one in rows)
    decided = sum(1 for one in items if one.outcome)
    return _meeting(row, names, len(items), decided, items)


def _meeting(
    row: Row[Any], names: dict[str, str], number: int, decided: int, items: tuple[Item, ...] = ()
) -> Meeting:
    return Meeting(
        id=row.id,
        title=row.title,
        region_code=row.region_code,
        unit_id=row.unit_id,
        unit_name=names.get(row.unit_id, row.unit_id),
        held_on=row.held_on,
        place=row.place,
        attending=row.attending,
        state=row.state,
        number=number,
        decided=decided,
        items=items,
    )


def _item(row: Row[Any], names: dict[str, str]) -> Item:
    return Item(
        finding_id=row.finding_id,
        number=row.number,
        title=row.title,
        content=row.content,
        place=row.where,
        region_code=row.region_code,
        region_name=divisions.full_name(row.region_code),
        state=row.state,
        outcome=row.outcome or "",
        decision=row.decision or "",
        lead_name=names.get(row.lead_unit, row.lead_unit or "") if row.lead_unit else "",
        help_names=tuple(names.get(one, one) for one in row.help_units),
        until=row.until,
        simulated=row.simulated is not None,
    )
