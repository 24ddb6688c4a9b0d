"""Return visits: who is asked is drawn by rule, somebody outside the unit rings back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, func, insert, not_, or_, select, update

from auth import permissions
from auth.principal import Principal
from portal.affairs.evaluation import rules
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.tables import order_visit
from portal.affairs.orders import desk as orders
from portal.affairs.orders import seats, tally, units
from portal.affairs.orders.tables import order_seat, work_order
from portal.affairs.workflow.flow import FlowError
from portal.store import clock, crypto, divisions
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped, together

VISIT = "orders.visit"
TO_BE_VISITED = "待回访"
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An order whose caller is to be rung back."""

    order_id: UUID
    order_no: str
    title: str
    kind: str
    region_name: str
    handled_by: str
    due_at: datetime
    late: bool
    tries: int
    rule: str
    version: int
    reply: str
    round: int
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What a round of drawing came to; ``left`` could not be closed without a visit, and why."""

    to_visit: int
    spared: int
    left: tuple[str, ...] = ()


def draw(most: int = 500) -> Drawn:
    """For the orders that have come to the visit: draw, and close those that are not drawn."""
    spared: list[tuple[UUID, str, str]] = []
    taken = 0
    with scoped(tally.SERVICE) as connection:
        connection.execute(_made_elsewhere())
        for row in connection.execute(_undrawn(most)).all():
            is_drawn, words = _decide(connection, row)
            taken += is_drawn
            if not is_drawn:
                spared.append((row.id, row.order_no, words))
    left = tuple(problem for one in spared if (problem := _spare(*one)))
    return Drawn(to_visit=taken, spared=len(spared) - len(left), left=left)


def _made_elsewhere() -> Any:
    """What was rung back through another door (the inbox, another system) waits here no more."""
    o, v = work_order.c, order_visit.c
    return (
        update(order_visit)
        .where(v.state == rules.WAITING, o.id == v.order_id, _moved_on())
        .values(state=rules.DONE, done_at=o.state_since, resolved=o.resolved, satisfied=o.satisfied)
    )


def _moved_on() -> Any:
    """The order is not waiting for this visit any more."""
    o = work_order.c
    return or_(o.state != TO_BE_VISITED, o.redo_count != order_visit.c.round)


def _undrawn(most: int) -> Any:
    """Orders waiting for a visit that nobody has drawn for in this round; held, so drawn once."""
    o, v = work_order.c, order_visit.c
    return (
        select(work_order)
        .outerjoin(order_visit, and_(v.order_id == o.id, v.round == o.redo_count))
        .where(o.state == TO_BE_VISITED, o.closed_at.is_(None), v.id.is_(None))
        .order_by(o.state_since, o.id)
        .limit(most)
        .with_for_update(of=work_order, skip_locked=True)
    )


def _decide(connection: Connection, row: Row[Any]) -> tuple[bool, str]:
    texts, now = pack().dispatch.evaluation, clock.now()
    rule = rules.rule_for(row.kind, row.urgency, texts.samples)
    # What was done again, or is under supervision, is always asked about.
    again = row.redo_count > 0 or row.supervise_level > 0
    is_drawn = again or rules.drawn(crypto.keyed_hash(f"visit|{row.id}"), rule.share)
    words = "重办或督办的工单：全部回访" if again else rules.words_of(rule, is_drawn)
    connection.execute(
        insert(order_visit).values(
            id=uuid4(),
            order_id=row.id,
            round=row.redo_count,
            region_code=row.region_code,
            unit_id=_visitor(connection, row),
            handled_by=row.unit_id,
            sampled=is_drawn,
            rule=words,
            state=rules.WAITING if is_drawn else rules.SPARED,
            made_at=now,
            due_at=rules.visit_due(row.state_since, texts),
        )
    )
    return is_drawn, words


def _visitor(connection: Connection, row: Row[Any]) -> str:
    """The unit that has the seat of the visit; without one, whoever dispatched."""
    query = select(order_seat.c.unit_id).where(
        order_seat.c.order_id == row.id,
        order_seat.c.part == seats.VISITS,
        order_seat.c.until.is_(None),
    )
    found = connection.execute(query.order_by(order_seat.c.id.desc())).scalars().first()
    return found or row.dispatch_unit or f"gov-{row.region_code[:4]}"


def _spare(order_id: UUID, order_no: str, words: str) -> str:
    try:
        orders.by_platform(order_id, "visit_none", {"reason": words})
    except FlowError as problem:
        return f"{order_no}：{problem.message}"
    return ""


# -- at the desk ----------------------------------------------------------------------------------


def waiting(principal: Principal, page: int = 1) -> tuple[tuple[Waiting, ...], int]:
    """The visits of the own unit that are to be made, the nearest limit first, and how many."""
    permissions.check(principal, VISIT)
    query = _waiting(principal).order_by(order_visit.c.due_at, order_visit.c.id)
    with scoped(principal.reach) as connection:
        total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        rows = connection.execute(query.limit(PAGE).offset((max(page, 1) - 1) * PAGE)).all()
        return _told(connection, rows), total


def one_waiting(principal: Principal, order_id: str) -> Waiting | None:
    """One visit of the own unit that is to be made, by its order."""
    permissions.check(principal, VISIT)
    try:
        key = UUID(order_id)
    except ValueError:
        return None
    with scoped(principal.reach) as connection:
        rows = connection.execute(_waiting(principal).where(work_order.c.id == key)).all()
        return next(iter(_told(connection, rows)), None)


def _waiting(principal: Principal) -> Any:
    o, v = work_order.c, order_visit.c
    return (
        select(
            o.id, o.order_no, o.title, o.kind, o.region_code, o.version, o.reply, o.simulated,
            v.due_at, v.tries, v.rule, v.handled_by, v.round,
        )
        .select_from(order_visit.join(work_order, o.id == v.order_id))
        .where(v.state == rules.WAITING, v.unit_id == principal.unit.id, not_(_moved_on()))
    )  # fmt: skip


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Waiting, ...]:
    names = units.known(connection, {row.handled_by for row in rows})
    now = clock.now()
    return tuple(
        Waiting(
            order_id=row.id,
            order_no=row.order_no,
            title=row.title,
            kind=row.kind,
            region_name=divisions.full_name(row.region_code),
            handled_by=names[row.handled_by].name if row.handled_by in names else row.handled_by,
            due_at=row.due_at,
            late=row.due_at < now,
            tries=row.tries,
            rule=row.rule,
            version=row.version,
            reply=row.reply or "",
            round=row.round,
            simulated=row.simulated is not None,
        )
        for row in rows
    )


def record(
    principal: Principal,
    order_id: UUID,
    *,
    resolved: str,
    satisfied: str,
    words: str = "",
    version: int | None,
) -> None:
    """What whoever called says; what follows (closed, done again, supervised) is the flow's."""
    permissions.check(principal, VISIT)
    with together(principal.reach), scoped(principal.reach) as connection:
        row = _mine(connection, principal, order_id)
        orders.visit(principal, order_id, resolved=resolved, satisfied=satisfied, words=words,
                     version=version)  # fmt: skip
        _end(connection, row, rules.DONE, principal.name, resolved=resolved, satisfied=satisfied)


def no_answer(principal: Principal, order_id: UUID, version: int | None) -> int:
    """Nobody took the call. After the last try the order is closed without a visit: it counts in
    no rate, neither way. Gives how many tries are left."""
    permissions.check(principal, VISIT)
    most = pack().dispatch.evaluation.tries
    with together(principal.reach), scoped(principal.reach) as connection:
        row = _mine(connection, principal, order_id)
        tries = row.tries + 1
        if tries < most:
            _as_service(connection, row, tries=tries)
            return int(most - tries)
        reason = f"{tries} 次未接通，未取得有效回访"
        orders.act(principal, order_id, "visit_none", {"reason": reason}, version)
        _end(connection, row, rules.UNREACHED, principal.name, tries=tries)
    return 0


def _mine(connection: Connection, principal: Principal, order_id: UUID) -> Row[Any]:
    query = select(order_visit).where(
        order_visit.c.order_id == order_id,
        order_visit.c.state == rules.WAITING,
        order_visit.c.unit_id == principal.unit.id,
    )
    row = connection.execute(query).first()
    if row is None:
        raise EvaluationError("这件工单不由本单位回访，或已回访，已填内容已保留，请刷新。")
    return row


def _end(connection: Connection, row: Row[Any], state: str, name: str, **values: Any) -> None:
    _as_service(connection, row, state=state, done_at=clock.now(), done_by_name=name, **values)


def _as_service(connection: Connection, row: Row[Any], **values: Any) -> None:
    with acting_as(connection, tally.SERVICE.actor):
        done = connection.execute(
            update(order_visit)
            .where(order_visit.c.id == row.id, order_visit.c.state == rules.WAITING)
            .values(**values)
        )
    if not done.rowcount:
        raise EvaluationError("这件工单刚由他人回访，已填内容已保留，请刷新。")
