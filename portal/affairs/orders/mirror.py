"""Orders whose master is another system: taken in, and kept at what that system says of them.

Its state, limit and answer win. What has not changed over there since it was last seen changes
nothing here: between two of its words our units may pass the order on among themselves.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from auth.tables import unit
from portal.affairs.orders import effects, intake, outcomes, rules, tally, units
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.intake import Incoming, Taken
from portal.affairs.orders.intake_tables import order_foreign
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import By, Step
from portal.connectors.contract import ForeignOrder, ForeignTask
from portal.store import clock
from portal.store.citypack import pack
from portal.store.flow_texts import MoveText
from portal.store.scope import Reach, scoped

log = structlog.get_logger(__name__)

THEIRS, OURS = "对方为主", "本平台为主"
SERVICE = tally.SERVICE
BEFORE_DISPATCH = ("待受理", "待派单")
SAID = "theirs"  # the move under which its words stand in the history


class Origin(Protocol):
    """The system that orders come from."""

    @property
    def system_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def master(self) -> str: ...
    @property
    def simulated(self) -> str | None: ...


def take(origin: Origin, found: Sequence[ForeignTask]) -> tuple[int, int]:
    """Take in one page of a walk; gives how many orders were new and how many changed."""
    done = take_each(origin, found)
    for one in done:
        if one.outcome == "拒收":
            log.warning("an order was refused", system=origin.system_id, reason=one.reason)
    new = sum(one.outcome == "新收" for one in done)
    return new, sum(one.outcome == "已更新" for one in done)


def take_each(origin: Origin, found: Sequence[ForeignTask], by: Reach | None = None) -> list[Taken]:
    """The same, saying of each what became of it; ``by`` is whoever brings them."""
    pairs = [(one, one.order) for one in found if one.order is not None]
    by = by or Reach(prefixes=(), unit_id=None, actor=f"service:orders:{origin.system_id}")
    names = _units([order.against_unit for _, order in pairs if order.against_unit])
    taken = intake.take([_incoming(origin, one, order, names) for one, order in pairs], by)
    if origin.master != THEIRS:
        return taken
    news = _news(origin, [(*pair, one) for pair, one in zip(pairs, taken, strict=True)])
    for place, (task, order) in enumerate(pairs):
        one = taken[place]
        if one.order_id in news and _follow(origin, one.order_id, task, order):
            taken[place] = replace(one, outcome="已更新") if one.outcome == "已有" else one
    return taken


def _news(
    origin: Origin, found: Sequence[tuple[ForeignTask, ForeignOrder, Taken]]
) -> frozenset[Any]:
    """The orders of which something new is said; one that begins as ours do says nothing yet."""
    first = {one.id: one.first for one in pack().orders.source}
    with scoped(SERVICE) as connection:
        ids = [one.order_id for _, _, one in found if one.order_id is not None]
        query = select(order_foreign).where(order_foreign.c.order_id.in_(ids))
        known = {row.order_id: row for row in connection.execute(query)}
        plain = [
            _seen(origin, one.order_id, task, order)
            for task, order, one in found
            if one.outcome == "新收" and (order.state, order.due_at) == (first[order.source], None)
        ]
        if plain:
            connection.execute(insert(order_foreign).on_conflict_do_nothing(), plain)
    begun = {one["order_id"] for one in plain}
    return frozenset(
        one.order_id
        for task, order, one in found
        if one.order_id is not None
        and one.order_id not in begun
        and _is_news(known.get(one.order_id), task, order)
    )


def _incoming(
    origin: Origin, task: ForeignTask, order: ForeignOrder, names: dict[str, str]
) -> Incoming:
    return Incoming(
        source=order.source,
        source_no=task.foreign_id,
        kind=order.demand,
        category=order.category,
        foreign=True,
        title=task.title,
        content=order.content,
        place=order.place or "",
        lng=order.lng,
        lat=order.lat,
        region_code=task.region_code,
        urgency=order.urgency,
        confidential=order.confidential,
        against_unit=names.get(order.against_unit or ""),
        caller_name=order.caller_name,
        caller_phone=order.caller_phone,
        received_at=order.received_at,
        source_system=origin.system_id,
        master=origin.master,
        simulated=origin.simulated,
    )


def _plain(name: str) -> str:
    """A community by the name of its place, whether it is called by that or as a committee."""
    return re.sub(r"(?<=社区)(居民委员会|居委会)$|(?<=村)(民委员会|委会)$", "", name.strip())


def _units(names: Sequence[str]) -> dict[str, str]:
    """Units by the names that another system gives them; a name that two bear finds neither."""
    if not names:
        return {}
    wanted = {name: _plain(name) for name in names}
    query = select(unit.c.name, unit.c.id).where(unit.c.name.in_(set(wanted.values())))
    with scoped(SERVICE) as connection:
        rows = connection.execute(query.where(unit.c.status == "active")).all()
    every = [row.name for row in rows]
    once = {row.name: row.id for row in rows if every.count(row.name) == 1}
    return {name: once[plain] for name, plain in wanted.items() if plain in once}


# -- what became of it over there -----------------------------------------------------------------


def _follow(origin: Origin, order_id: Any, task: ForeignTask, order: ForeignOrder) -> bool:
    """Bring our order to where the other system has it, if that is news."""
    if order.state not in BOOK.flow().states:
        log.warning("an unknown state", system=origin.system_id, state=order.state)
        return False
    with scoped(SERVICE) as connection:
        row = ledger.take_hold(connection, BOOK, order_id)
        known = _last_seen(connection, order_id)
        if not _is_news(known, task, order):  # another walk was faster
            return False
        _remember(connection, _seen(origin, order_id, task, order))
        if row.closed_at is not None and order.state in rules_ended():
            return False
        return _move(connection, origin, row, task, order, known)


def rules_ended() -> frozenset[str]:
    """The states in which nothing is to be done any more."""
    flow = BOOK.flow()
    return frozenset(one.id for one in flow.text.state if one.group == "done")


def _last_seen(connection: Connection, order_id: Any) -> Row[Any] | None:
    query = select(order_foreign).where(order_foreign.c.order_id == order_id)
    return connection.execute(query).first()


def _is_news(known: Row[Any] | None, task: ForeignTask, order: ForeignOrder) -> bool:
    """Whether it says something that it has not said before; a page that came late says nothing."""
    if known is None:
        return True
    same = (known.state, known.due_at) == (order.state, order.due_at)
    return bool(task.changed_at >= known.changed_at) and not same


def _seen(origin: Origin, order_id: Any, task: ForeignTask, order: ForeignOrder) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "system_id": origin.system_id,
        "state": order.state,
        "due_at": order.due_at,
        "changed_at": task.changed_at,
        "seen_at": clock.now(),
    }


def _remember(connection: Connection, seen: dict[str, Any]) -> None:
    statement = insert(order_foreign).values(**seen)
    connection.execute(statement.on_conflict_do_update(index_elements=["order_id"], set_=seen))


def _move(
    connection: Connection,
    origin: Origin,
    row: Row[Any],
    task: ForeignTask,
    order: ForeignOrder,
    known: Row[Any] | None,
) -> bool:
    """Write it down as one step of the order's history, with everything that follows from it."""
    moved = row.state != order.state and (known is None or known.state != order.state)
    limited = order.due_at is not None and order.due_at != row.deadline_at
    if not moved and not limited:
        return False
    desk = units.find(connection, row.dispatch_unit or row.unit_id)
    step = Step(
        connection=connection,
        flow=BOOK.flow(),
        move=_theirs(order.state),
        row=row,
        form={},
        by=By(
            login=SERVICE.actor,
            name=task.handler or origin.name,
            unit_id=desk.id if desk else None,
            unit_name=origin.name,
            kinds=frozenset({rules.PLATFORM}),
        ),
        now=clock.now(),
        words=f"{origin.name}：现为“{order.state}”" if moved else f"{origin.name}：时限有变",
    )
    if moved:
        _begin_again(step, order)
        _what_follows(step, task, order)
    if limited:
        _limit(step, order.due_at)
    step.to = order.state if moved else row.state
    ledger.finish(BOOK, step)
    return True


def _begin_again(step: Step, order: ForeignOrder) -> None:
    """An order that was closed and lives again over there is open here too, and counted so."""
    row = step.row
    if row.closed_at is None or order.state in rules_ended():
        return
    step.values["closed_at"] = None
    if row.parent_id is None:
        way = (("orders_closed", ""), ("orders_closed_way", row.state))
        step.counts += [tally.note(one, row.region_code, part, row.closed_at, -1)
                        for one, part in way]  # fmt: skip
    holder = units.find(step.connection, row.unit_id)
    if holder and row.dispatched_at is not None and row.state == rules.CLOSED:
        step.counts.append(tally.of_unit("orders_closed", holder, row.closed_at, -1))


def _theirs(state: str) -> MoveText:
    return MoveText.model_validate(
        {"id": SAID, "label": "对方系统更新", "from": ["*"], "to": [state], "who": ["平台"]}
    )


def _what_follows(step: Step, task: ForeignTask, order: ForeignOrder) -> None:
    """An order that was sent out over there is sent out here; signed, answered and closed too."""
    words = step.words
    if step.row.dispatched_at is None and order.state not in BEFORE_DISPATCH:
        to = _holder(step, order)
        if to is not None:
            step.form = {"unit": to}
            effects.dispatch(step)
    if order.state not in (*BEFORE_DISPATCH, "待签收") and step.row.signed_at is None:
        outcomes.sign(step)
    if order.state in rules_ended():
        answer = task.result or step.row.reply
        step.values |= {"reply": answer, "replied_at": task.changed_at}
    step.words = words + (f"：{task.result}" if task.result else "")


def _holder(step: Step, order: ForeignOrder) -> str | None:
    """The unit it was given to over there: by its name inside the place, else the place's own."""
    place = step.row.region_code
    named = _in_place(step.connection, order.unit, place) if order.unit else None
    own = named or units.find(step.connection, _government(place))
    against = units.find(step.connection, step.row.against_unit)
    if own is None or (against and (own.id == against.id or units.is_below(own, against))):
        return None
    return own.id


def _government(place: str) -> str:
    level = {12: "community", 9: "street", 6: "district"}.get(len(place), "city")
    return units.desk_of(place, level)


def _in_place(connection: Connection, name: str, place: str) -> units.UnitRef | None:
    """The one unit of that name whose place holds the order's or lies in it."""
    query = select(unit.c.id, unit.c.region_code).where(
        unit.c.name == _plain(name), unit.c.status == "active"
    )
    near = [
        row.id
        for row in connection.execute(query)
        if place.startswith(row.region_code) or row.region_code.startswith(place)
    ]
    return units.find(connection, near[0]) if len(near) == 1 else None


def _limit(step: Step, due: datetime | None) -> None:
    """Its limit wins; a limit that lies ahead again, or is no more, is not overdue."""
    step.values |= {"due_at": due, "extended_due_at": None}
    if due is None or due > step.now:
        effects.not_overdue(step)
    step.detail["due_at"] = due.isoformat() if due else None
