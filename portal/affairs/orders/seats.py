"""Who sits at an order: the units that see it, and the part each of them has."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.affairs.orders.tables import order_caller, order_seat
from portal.affairs.workflow.ledger import Step

HOLDS, HELPS, DISPATCHES = "主办", "协办", "派单"
VISITS, SUPERVISES = "回访", "督办"
NOW, ANSWERED, OVER = "在办", "已反馈", "已结束"


def helpers(connection: Connection, order_id: UUID) -> tuple[str, ...]:
    """The units that help now."""
    query = select(order_seat.c.unit_id).where(
        order_seat.c.order_id == order_id,
        order_seat.c.part == HELPS,
        order_seat.c.until.is_(None),
    )
    return tuple(connection.execute(query).scalars())


def give(step: Step, unit_id: str, part: str) -> None:
    """A unit takes a seat; it sees the order from now on."""
    sitting = list(step.value("seat_units"))
    if unit_id not in sitting:
        step.values["seat_units"] = [*sitting, unit_id]
    step.after.append(partial(_sit, step, unit_id, part))


def _sit(step: Step, unit_id: str, part: str) -> None:
    step.connection.execute(
        insert(order_seat)
        .values(order_id=step.row.id, unit_id=unit_id, part=part, since=step.now, state=NOW)
        .on_conflict_do_nothing()
    )


def leave(step: Step, unit_id: str, part: str, *, unseen: bool = False) -> None:
    """A unit's part is over; ``unseen``: the order was not its business and it sees it no more."""
    if unseen:
        step.values["seat_units"] = [one for one in step.value("seat_units") if one != unit_id]
    step.after.append(partial(_rise, step, unit_id, part))


def _rise(step: Step, unit_id: str, part: str) -> None:
    step.connection.execute(
        update(order_seat)
        .where(
            order_seat.c.order_id == step.row.id,
            order_seat.c.unit_id == unit_id,
            order_seat.c.part == part,
            order_seat.c.until.is_(None),
        )
        .values(until=step.now, state=OVER)
    )


def answered(step: Step, unit_id: str) -> None:
    """A helping unit has said what it had to say."""
    step.connection.execute(
        update(order_seat)
        .where(
            order_seat.c.order_id == step.row.id,
            order_seat.c.unit_id == unit_id,
            order_seat.c.part == HELPS,
            order_seat.c.until.is_(None),
        )
        .values(state=ANSWERED)
    )


def tell_caller(step: Step, units: Iterable[str]) -> None:
    """These units may know who called although it is confidential: they have to ring back."""
    step.connection.execute(
        update(order_caller)
        .where(order_caller.c.order_id == step.row.id)
        .values(caller_units=func.array_cat(order_caller.c.caller_units, list(units)))
    )


def hide_caller(step: Step) -> None:
    """Only who registered and who dispatched the order may know who called."""
    keep = [one for one in (step.row.dispatch_unit, step.by.unit_id) if one]
    keep = [one for one in keep if one != step.row.unit_id or step.row.dispatched_at is None]
    step.connection.execute(
        update(order_caller)
        .where(order_caller.c.order_id == step.row.id)
        .values(
            wants_secret=True,
            caller_units=func.array_cat(order_caller.c.caller_units, keep),
        )
    )
