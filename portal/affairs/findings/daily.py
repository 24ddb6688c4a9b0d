"""问题日报告: put together by itself at the city's hour; a day without anything has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import linked, papers, rules
from portal.affairs.findings.book import SERVICE, flow
from portal.affairs.findings.desk import by_platform
from portal.affairs.findings.paperwork import DAILY_PARTS
from portal.affairs.findings.queries import VIEW, FindingRow, names_of, row_of
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding, finding_daily, finding_event
from portal.affairs.orders import units
from portal.affairs.workflow.flow import FlowError
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack
from portal.store.scope import scoped

# Which moves of a day make a part of the report.
_PARTS: dict[str, frozenset[str]] = {
    "新发现": frozenset({"found"}),
    "新上报": frozenset({"report", "raise"}),
    "新派单": frozenset({"lead", "dispatch", "decide", "assign", "to_order"}),
    "已解决": frozenset({"done", "confirm"}),
}
_MOST_LISTED = 62


@dataclass(frozen=True, kw_only=True)
class Daily:
    """A day's report."""

    unit_id: str
    region_code: str
    region_name: str
    day: date
    made_at: datetime
    content: dict[str, Any]


def make_due() -> int:
    """Make the reports whose hour has come; gives how many are new."""
    made = 0
    for day in rules.days_due(clock.now(), pack().findings):
        for place in divisions.below(pack().region_code, "district"):
            if rules.reached(place.code, day, pack().findings):
                made += _make(place.code, place.name, day)
    return made


def _make(code: str, name: str, day: date) -> bool:
    unit_id = units.desk_of(code, "district")
    with scoped(SERVICE) as connection:
        there = select(finding_daily.c.day).where(
            finding_daily.c.unit_id == unit_id, finding_daily.c.day == day
        )
        if connection.execute(there).first() is not None:
            return False
        content = _content(connection, code, day)
        if content is None:
            return False
        new = connection.execute(
            insert(finding_daily)
            .values(unit_id=unit_id, day=day, region_code=code, made_at=clock.now(),
                    content=content)
            .on_conflict_do_nothing()
            .returning(finding_daily.c.day)
        ).first()  # fmt: skip
        if new is None:  # another process was quicker
            return False
        papers.tell(connection, unit_id, code, day, f"{name}未诉先办问题日报告 {day:%Y-%m-%d}")
    return True


def _content(connection: Connection, code: str, day: date) -> dict[str, Any] | None:
    """What happened in the hours of a day; ``None`` for nothing."""
    starts, ends = rules.window(day, pack().findings)
    here = region_codes.within(finding.c.region_code, code)
    query = (
        select(finding_event.c.move.label("moved"), finding)
        .join(finding, finding.c.id == finding_event.c.finding_id)
        .where(finding_event.c.at >= starts, finding_event.c.at < ends, here)
        .order_by(finding.c.region_code, finding.c.number, finding_event.c.id)
    )
    rows = connection.execute(query).all()
    parts = {name: _distinct(rows, moves) for name, moves in _PARTS.items()}
    if not any(parts.values()):
        return None
    names = names_of(connection, {row.unit_id for row in rows})
    listed = {name: [_said(row_of(row, names)) for row in those] for name, those in parts.items()}
    counted = "、".join(f"{name} {len(parts[name])} 件" for name in DAILY_PARTS)
    return {
        **listed,
        "span": f"{clock.local(starts):%m月%d日 %H:%M} 至 {clock.local(ends):%m月%d日 %H:%M}",
        "summary": f"{counted}。{_waiting(connection, here)}",
        "simulated": any(row.simulated for row in rows),
    }


def _distinct(rows: Sequence[Row[Any]], moves: frozenset[str]) -> list[Row[Any]]:
    found = {row.id: row for row in rows if row.moved in moves}
    return list(found.values())


def _said(one: FindingRow) -> dict[str, str]:
    return {
        "编号": one.number,
        "标题": one.title,
        "所在": one.region_name,
        "现由": one.unit_name,
        "状态": one.state,
    }


def _waiting(connection: Connection, here: ColumnElement[bool]) -> str:
    query = select(finding.c.state).where(finding.c.closed_at.is_(None), here)
    states = list(connection.execute(query).scalars())
    each = [(one, states.count(one)) for one in flow().open]
    told = "、".join(f"{state} {number} 件" for state, number in each if number)
    return f"生成报告时在办 {len(states)} 件" + (f"：{told}。" if told else "。")


def listed(principal: Principal) -> tuple[Daily, ...]:
    """The reports in one's scope, the latest first."""
    permissions.check(principal, VIEW)
    query = (
        select(finding_daily)
        .order_by(finding_daily.c.day.desc(), finding_daily.c.region_code)
        .limit(_MOST_LISTED)
    )
    with scoped(principal.reach) as connection:
        return tuple(_daily(row) for row in connection.execute(query))


def opened(principal: Principal, unit_id: str, day: date) -> Daily:
    """One report."""
    permissions.check(principal, VIEW)
    query = select(finding_daily).where(
        finding_daily.c.unit_id == unit_id, finding_daily.c.day == day
    )
    with scoped(principal.reach) as connection:
        row = connection.execute(query).first()
    if row is None:
        raise FindingError("没有找到这份日报告：当日没有情况不生成，或不在本岗位的管辖范围。")
    return _daily(row)


def _daily(row: Row[Any]) -> Daily:
    return Daily(
        unit_id=row.unit_id,
        region_code=row.region_code,
        region_name=divisions.full_name(row.region_code),
        day=row.day,
        made_at=row.made_at,
        content=row.content,
    )


def follow_orders() -> int:
    """Findings whose order has come to an end go on; gives how many."""
    taker = linked.orders()
    if taker is None:
        return 0
    query = select(finding.c.id, finding.c.order_id).where(
        finding.c.order_id.is_not(None), finding.c.state == "转工单办理"
    )
    with scoped(SERVICE) as connection:
        waiting = {row.order_id: row.id for row in connection.execute(query)}
    done = 0
    for order_id, standing in taker.ended(list(waiting)).items():
        move, name = ("order_done", "answer") if standing.done else ("order_back", "reason")
        try:
            by_platform(waiting[order_id], move, {name: standing.words})
        except FlowError:  # somebody was quicker, or holds it just now: the next turn sees
            continue
        done += 1
    return done
