"""Reading appeals: what the own unit asked and decides, and what one that is upheld takes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.evaluation import appeals, rules
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.tables import order_appeal
from portal.affairs.orders import titles, units
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.tally import Note
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.scope import scoped

VIEW = "orders.view"
MOST = 200
# Which rate a measure belongs to, and what its numerator counts.
_COUNTED = {
    "orders_responded": ("响应率", "按时联系"),
    "orders_due": ("按时办结率", "按时办结"),
    "orders_visited_resolved": ("解决率", "已解决"),
    "orders_satisfied": ("满意率", "满意"),
    "orders_basically_satisfied": ("满意率", "基本满意"),
}


@dataclass(frozen=True, kw_only=True)
class Appeal:
    """An appeal as it stands."""

    id: UUID
    order_id: UUID
    order_no: str
    title: str  # nothing where one no longer sees the order
    simulated: bool
    region_name: str
    unit_id: str
    unit_name: str
    to_unit: str
    to_name: str
    rates: tuple[str, ...]
    ground: str
    words: str
    state: str
    asked_at: datetime
    asked_by: str
    asked_by_name: str
    decided_at: datetime | None
    decided_by_name: str
    reason: str


def _mine(principal: Principal) -> Any:
    a, unit_id = order_appeal.c, principal.unit.id
    return or_(a.unit_id == unit_id, a.to_unit == unit_id)


def listed(principal: Principal, state: str = rules.ASKED) -> tuple[Appeal, ...]:
    """The appeals that the own unit made or decides: of those waiting the oldest first, of those
    decided the newest. At most ``MOST``; how many there are ``counts`` says."""
    permissions.check(principal, VIEW)
    a = order_appeal.c
    first = a.asked_at if state == rules.ASKED else a.decided_at.desc()
    query = (
        select(order_appeal)
        .where(a.state == state, _mine(principal))
        .order_by(first, a.id)
        .limit(MOST)
    )
    with scoped(principal.reach) as connection:
        return _appeals(connection, connection.execute(query).all())


def counts(principal: Principal) -> dict[str, int]:
    """How many of them are in which state."""
    permissions.check(principal, VIEW)
    a = order_appeal.c
    query = select(a.state, func.count()).where(_mine(principal)).group_by(a.state)
    with scoped(principal.reach) as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query)}


def to_decide(principal: Principal) -> int:
    """How many wait for the own unit's decision."""
    permissions.check(principal, VIEW)
    a = order_appeal.c
    query = select(func.count()).where(a.state == rules.ASKED, a.to_unit == principal.unit.id)
    with scoped(principal.reach) as connection:
        return int(connection.execute(query).scalar_one())


def of_order(principal: Principal, order_id: UUID) -> tuple[Appeal, ...]:
    """The appeals about an order that the own unit made or decides, the newest first."""
    permissions.check(principal, VIEW)
    query = (
        select(order_appeal)
        .where(order_appeal.c.order_id == order_id, _mine(principal))
        .order_by(order_appeal.c.asked_at.desc())
    )
    with scoped(principal.reach) as connection:
        return _appeals(connection, connection.execute(query).all())


def _appeals(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Appeal, ...]:
    names = units.known(connection, {unit for row in rows for unit in (row.unit_id, row.to_unit)})
    about = titles.known(connection, [row.order_id for row in rows])

    def called(unit_id: str) -> str:
        return names[unit_id].name if unit_id in names else unit_id

    return tuple(
        Appeal(
            id=row.id,
            order_id=row.order_id,
            order_no=row.order_no,
            title=about[row.order_id].title if row.order_id in about else "",
            simulated=row.order_id in about and about[row.order_id].simulated,
            region_name=divisions.full_name(row.region_code),
            unit_id=row.unit_id,
            unit_name=called(row.unit_id),
            to_unit=row.to_unit,
            to_name=called(row.to_unit),
            rates=tuple(row.rates),
            ground=row.ground,
            words=row.words,
            state=row.state,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            asked_by_name=row.asked_by_name,
            decided_at=row.decided_at,
            decided_by_name=row.decided_by_name or "",
            reason=row.reason or "",
        )
        for row in rows
    )


# -- what may be asked, and what comes of it ------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class May:
    """What the form of an appeal offers, or why there is none."""

    why_not: str
    last: date | None
    rates: tuple[str, ...]
    grounds: tuple[str, ...]


def may_ask(principal: Principal, order_id: UUID) -> May:
    """Whether the own unit may still appeal about an order, until when, against which rates."""
    permissions.check(principal, appeals.HANDLE)
    texts = pack().dispatch.evaluation
    with scoped(principal.reach) as connection:
        try:
            row, told = appeals.told(connection, order_id, principal.unit.id)
        except EvaluationError as problem:
            return May(why_not=problem.message, last=None, rates=(), grounds=())
    return May(
        why_not="",
        last=rules.appeal_until(told, texts.appeal_days, pack().holidays),
        rates=tuple(one for one in texts.appeal_rates if one not in row.excluded_from),
        grounds=texts.appeal_grounds,
    )


def taken_out(principal: Principal, order_id: UUID, unit_id: str, rates: Sequence[str]) -> tuple[
    tuple[str, str], ...
]:  # fmt: skip
    """What leaves each rate when an appeal is upheld, in words: both halves, or nothing at all."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        own = units.find(connection, unit_id)
        if row is None or own is None:
            return ()
        changes = appeals.counted(connection, row, own, rates)
    of_unit = [one for one in changes if one[0].endswith("_unit")]
    return tuple((rate, _said(rate, of_unit)) for rate in rates)


def _said(rate: str, changes: Sequence[Note]) -> str:
    held = [
        (_COUNTED[name][1], number, of)
        for name, number, of in ((str(one[0]).removesuffix("_unit"), one[4], one[5])
                                 for one in changes)
        if _COUNTED[name][0] == rate
    ]  # fmt: skip
    if not held:
        return "本件没有计入该项，成立后也无变化"
    parts = {what: (-sum(n for w, n, _ in held if w == what),
                    -sum(of for w, _, of in held if w == what)) for what, _, _ in held}  # fmt: skip
    whole = max(of for _, of in parts.values())
    counted = "、".join(f"“{what}”减 {number}" for what, (number, _) in parts.items() if number)
    return f"分母减 {whole}，分子{counted or '不变（原本没有计入分子）'}"
