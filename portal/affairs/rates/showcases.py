"""宣: a case that went well is shown to all, masked; one person proposes, another one releases it.

What can point at somebody is masked before it is stored; confidential orders, reports of wrongs and
complaints about a unit are never shown. A case that is out can be taken back at any time.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.tables import work_order
from portal.affairs.rates import masking
from portal.affairs.rates.paperwork import Part
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.spans import Span
from portal.affairs.rates.tables import showcase, showcase_event
from portal.store import clock, region_codes
from portal.store.citypack import pack
from portal.store.scope import scoped

BULLETIN, VIEW = "orders.bulletin", "orders.view"
State = Literal["待审核", "已发布", "已退回", "已撤下"]
WAITING: State = "待审核"
OUT: State = "已发布"
BACK: State = "已退回"
DOWN: State = "已撤下"
MOVES: dict[State, tuple[State, ...]] = {
    WAITING: (OUT, BACK, DOWN),
    OUT: (DOWN,),
    BACK: (),
    DOWN: (),
}
_NEVER = ("举报",)
_TITLE, _LEAST, _MOST = 40, 20, 800
GONE = "没有找到这件工单，可能不在本岗位的管辖范围，已填内容已保留。"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case as it is shown; its order and its place below the street are nobody's to read here."""

    id: str
    title: str
    story: str
    unit_name: str
    region_code: str
    state: State
    day: date
    proposed_name: str
    proposed_at: datetime
    decided_name: str
    reason: str
    simulated: bool


def _case(row: Row[Any]) -> Case:
    same = ("title", "story", "unit_name", "region_code", "state", "day", "proposed_name",
            "proposed_at")  # fmt: skip
    return Case(
        **{name: getattr(row, name) for name in same},
        id=str(row.id),
        decided_name=row.decided_name or "",
        reason=row.reason or "",
        simulated=row.simulated is not None,
    )


def _plain(text: str, least: int, most: int, what: str) -> str:
    """The text masked and tidied, or why it cannot be shown."""
    masked = masking.mask(" ".join(text.split()))
    if not least <= len(masked) <= most:
        raise RatesError(f"{what}须为{least}至{most}个字，现为{len(masked)}个字，已填内容已保留。")
    if found := masking.leaks(masked):
        raise RatesError(f"{what}{'、'.join(found)}，请删去后再提交，已填内容已保留。")
    return masked


def preview(title: str, story: str) -> tuple[str, str]:
    """How a case would be shown: what is masked is seen before it is handed in."""
    return _plain(title, 4, _TITLE, "标题"), _plain(story, _LEAST, _MOST, "案例")


def propose(principal: Principal, order_id: UUID, title: str, story: str) -> str:
    """Hand a case in for release; gives its id."""
    permissions.check(principal, BULLETIN)
    shown_title, shown_story = preview(title, story)
    made = uuid4()
    with scoped(principal.reach) as connection:
        order = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if order is None:
            raise RatesError(GONE)
        _may_be_shown(order)
        row = {
            "id": made,
            "order_id": order_id,
            "region_code": order.region_code[: region_codes.STREET],
            "category": order.category,
            "title": shown_title,
            "story": shown_story,
            "unit_name": _unit_name(connection, order.unit_id),
            "state": WAITING,
            "day": clock.local(order.closed_at).date(),
            "unit_id": principal.unit.id,
            "proposers": sorted(_persons(principal)),
            "proposed_name": principal.name,
            "proposed_at": clock.now(),
            "simulated": order.simulated,
        }
        try:
            connection.execute(insert(showcase).values(**row))
        except IntegrityError:
            raise RatesError("该工单已有待审核或已发布的案例，已填内容已保留。") from None
        _note(connection, principal, made, WAITING, "提出")
    _record(principal, made, WAITING)
    return str(made)


def fit(principal: Principal, order_id: UUID) -> bool:
    """Whether a case of this order would be taken: asked before it is offered."""
    if not permissions.allowed(principal, BULLETIN):
        return False
    standing = select(showcase.c.id).where(
        showcase.c.order_id == order_id, showcase.c.state.in_((WAITING, OUT))
    )
    with scoped(principal.reach) as connection:
        order = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if order is None or connection.execute(standing).first() is not None:
            return False
    try:
        _may_be_shown(order)
    except RatesError:
        return False
    return True


def _may_be_shown(order: Row[Any]) -> None:
    if order.closed_at is None:
        raise RatesError("工单尚未办结，不能作为案例，已填内容已保留。")
    if order.confidential or order.against_unit or order.kind in _NEVER:
        raise RatesError("保密、举报和反映单位问题的工单不作案例，已填内容已保留。")


def _unit_name(connection: Connection, unit_id: str) -> str:
    found = units.find(connection, unit_id)
    return found.name if found else unit_id


def decide(principal: Principal, case_id: str, to: State, reason: str = "") -> None:
    """Release a case, or hand it back: never whoever proposed it, nor in that person's name."""
    with scoped(principal.reach) as connection:
        row = _held(connection, principal, case_id)
        state = _move(row.state, to)
        if to == DOWN:
            raise RatesError("撤下请用“撤下”，并写明原因。")
        if set(row.proposers) & _persons(principal):
            raise RatesError("提出人本人、其被代理人和代理人不能审核同一案例，请交他人办理。")
        said = "" if to == OUT else _reason(reason)
        _set(connection, row, principal, state, said)
    _record(principal, row.id, to)


def withdraw(principal: Principal, case_id: str, reason: str) -> None:
    """Take a case back, out or not; from then on nobody else sees it."""
    with scoped(principal.reach) as connection:
        row = _held(connection, principal, case_id)
        state = _move(row.state, DOWN)
        _set(connection, row, principal, state, _reason(reason))
    _record(principal, row.id, DOWN)


def _persons(principal: Principal) -> set[UUID]:
    """The person, and the one they stand in for."""
    return {principal.account_id} | ({principal.holder_id} if principal.holder_id else set())


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not 4 <= len(plain) <= 300:
        raise RatesError("请写明原因（4 至 300 个字），已填内容已保留。")
    return plain


def _move(state: State, to: State) -> State:
    if to not in MOVES[state]:
        raise RatesError(f"该案例现为“{state}”，不能改为“{to}”，请刷新后查看。")
    return to


def _held(connection: Connection, principal: Principal, case_id: str) -> Row[Any]:
    permissions.check(principal, BULLETIN)
    query = select(showcase).where(showcase.c.id == UUID(case_id)).with_for_update()
    row = connection.execute(query).first()
    mine = row is not None and (
        row.unit_id == principal.unit.id or principal.reach.covers(row.region_code)
    )
    if row is None or not mine:
        raise RatesError("没有找到这份案例，可能不在本岗位的管辖范围。")
    return row


def _set(
    connection: Connection, row: Row[Any], principal: Principal, state: State, reason: str
) -> None:
    values = {"state": state, "decided_by": str(principal.login), "reason": reason or None,
              "decided_name": principal.name, "decided_at": clock.now()}  # fmt: skip
    connection.execute(update(showcase).where(showcase.c.id == row.id).values(**values))
    _note(connection, principal, row.id, state, reason or state)


def _note(
    connection: Connection, principal: Principal, case_id: UUID, state: State, words: str
) -> None:
    connection.execute(
        insert(showcase_event).values(
            showcase_id=case_id,
            at=clock.now(),
            state=state,
            unit_name=principal.unit.name,
            actor_name=principal.name,
            words=words,
        )
    )


def _record(principal: Principal, case_id: UUID, state: State) -> None:
    audit.append(
        action="rates.showcase",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"record": str(case_id), "decision": state},
    )


def listed(principal: Principal, most: int = 50) -> tuple[Case, ...]:
    """What is out, and what waits or was handed back in one's own scope; the newest first."""
    permissions.check(principal, VIEW)
    query = select(showcase).order_by(showcase.c.proposed_at.desc()).limit(most)
    if not permissions.allowed(principal, BULLETIN):
        query = query.where(showcase.c.state == OUT)
    with scoped(principal.reach) as connection:
        return tuple(map(_case, connection.execute(query)))


def part(connection: Connection, region: str, span: Span) -> Part:
    """The cases of a bulletin: those that are out, of this place and these days."""
    # What lies below a street is not told: a community's bulletin shows its street's cases.
    prefix = region[: region_codes.STREET]
    query = (
        select(showcase)
        .where(
            showcase.c.state == OUT,
            region_codes.within(showcase.c.region_code, prefix),
            showcase.c.day >= span.starts,
            showcase.c.day < span.ends,
        )
        .order_by(showcase.c.day.desc(), showcase.c.id)
        .limit(pack().evaluation.bulletin.cases)
    )
    found = [_case(row) for row in connection.execute(query)]
    lines = tuple(f"{one.title}（{one.unit_name}）\n{one.story}" for one in found)
    return Part(
        heading="典型案例",
        lines=lines or ("本期没有已发布的案例。",),
        notes=("案例经脱敏并由第二人审核",) if lines else (),
    )
