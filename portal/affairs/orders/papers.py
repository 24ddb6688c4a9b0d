"""What orders put into inboxes: one row at the unit whose turn it is, finished when it moves on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.affairs.orders import rules, units
from portal.affairs.orders.tables import order_seat
from portal.affairs.workflow.flow import Flow
from portal.affairs.workflow.ledger import Step
from portal.store import clock, platform_tasks

SOURCE = f"{platform_tasks.PREFIX}orders"
ASKED = f"{platform_tasks.PREFIX}consultations"  # a unit is asked whose matter an order is
TOLD = "工单提醒"
Ordered = Mapping[str, Any]


def key_of(order_id: object, unit_id: str, told: bool = False) -> str:
    """The name of a task."""
    return f"{order_id}:{unit_id}{':told' if told else ''}"


def order_of(key: str) -> UUID:
    """The order that a task is about."""
    return UUID(key.partition(":")[0])


def kind_of(state: str) -> str:
    """What the inbox calls it: the state says what is to be done."""
    return f"工单·{state}"


def kinds(flow: Flow) -> tuple[str, ...]:
    """Every kind of task that there may be."""
    return (*(kind_of(one) for one in flow.open), TOLD)


def waits_for(
    flow: Flow, order: Ordered, visitor: str | None = None, above: str | None = None
) -> str | None:
    """The unit whose turn it is; who visits and who stands above it the caller has looked up."""
    state = flow.states[order["state"]]
    if state.group == "done":
        return None
    unit: str | None = order["unit_id"]
    if state.waits == rules.ABOVE and order["dispatch_unit"] == unit:
        unit = above or unit
    elif state.waits in (rules.DESK, rules.ABOVE):
        unit = order["dispatch_unit"] or unit
    elif state.waits == rules.VISITOR:
        unit = visitor or order["dispatch_unit"]
    return unit


def row_of(order: Ordered, unit_id: str) -> dict[str, Any]:
    """The row of an order in a unit's inbox; nothing about the caller is in it."""
    due: datetime | None = order["extended_due_at"] or order["due_at"]
    return {
        "foreign_id": key_of(order["id"], unit_id),
        "kind": kind_of(order["state"]),
        "title": order["title"],
        "region_code": order["region_code"],
        "unit_id": unit_id,
        "due_on": clock.local(due).date() if due else None,
        "state": platform_tasks.OPEN,
        "simulated": order["simulated"],
    }


def follow(step: Step) -> None:
    """After every move: the row leaves the unit that is done with it and lies at the next one."""
    step.after.append(lambda: _follow(step))


def _nobody_is_asked_more(step: Step) -> None:
    """An order that leaves 会商, by whichever move, leaves the inboxes of those it asked."""
    confer = step.flow.moves.get("confer")
    if confer is None or step.row.state not in confer.to or step.to in (None, *confer.to):
        return
    for unit_id in step.row.seat_units:
        platform_tasks.finish(
            step.connection, ASKED, key_of(step.row.id, unit_id),
            handler=step.by.name, result=step.move.label, words=f"会商已结束：{step.move.label}",
        )  # fmt: skip


def _follow(step: Step) -> None:
    _nobody_is_asked_more(step)
    before = step.row._asdict()
    after = {**before, **step.values, "state": step.to}
    visitor = _visitor(step)
    own = units.find(step.connection, step.row.unit_id)
    above = units.above(own) if own else None
    was = waits_for(step.flow, before, visitor, above)
    now = waits_for(step.flow, after, visitor, above)
    if was is not None and was != now:
        platform_tasks.finish(
            step.connection, SOURCE, key_of(step.row.id, was),
            handler=step.by.name, result=step.move.label, words=step.move.label,
        )  # fmt: skip
    if now is not None and (was, row_of(before, now)) != (now, row_of(after, now)):
        platform_tasks.hold(step.connection, SOURCE, [row_of(after, now)], words=step.move.label)


def _visitor(step: Step) -> str | None:
    query = select(order_seat.c.unit_id).where(
        order_seat.c.order_id == step.row.id, order_seat.c.part == "回访"
    )
    return step.connection.execute(query.order_by(order_seat.c.id.desc()).limit(1)).scalar()


def arrived(connection: Any, orders: Iterable[Ordered], flow: Flow) -> None:
    """New orders lie at the desks that took them in."""
    rows = [row_of(one, unit) for one in orders if (unit := waits_for(flow, one)) is not None]
    platform_tasks.hold(connection, SOURCE, rows, words="收到工单")


def tell(step: Step, unit_id: str) -> None:
    """Something to be read, not to be done."""
    after = {**step.row._asdict(), **step.values, "state": step.to}
    row = row_of(after, unit_id) | {
        "foreign_id": key_of(step.row.id, unit_id, told=True),
        "kind": TOLD,
        "title": f"{step.move.label}：{step.row.title}",
        "state": platform_tasks.UNREAD,
    }
    platform_tasks.hold(step.connection, SOURCE, [row], words=step.words)
