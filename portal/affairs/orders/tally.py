"""What the measures learn of orders: noted with each change, brought over by a job a moment later.

A change is ``[measure, region, slice, day, number, of]``. Intake never waits for a roll-up that
many write to: the notes lie in ``order_tally`` and leave it in the transaction that adds them up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from portal.affairs.orders.tables import order_tally
from portal.affairs.orders.units import UnitRef
from portal.store import clock, measures
from portal.store.claiming import picked
from portal.store.measure_words import Change, Definition, Kind
from portal.store.scope import Reach, acting_as, scoped

SYSTEM = "platform:orders"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:orders")
BATCH = 2000

Note = list[Any]

_BY_PLACE = {
    "orders_received": "诉求受理量",
    "orders_received_kind": "诉求受理量（按诉求类型）",
    "orders_received_class": "诉求受理量（按事项分类）",
    "orders_received_source": "诉求受理量（按来源）",
    "orders_closed": "办结量",
    "orders_closed_way": "办结量（按办结方式）",
}
_BOTH = {
    "orders_dispatched": "派单量",
    "orders_returned": "退单量",
    "orders_redone": "回访后重办（含转督办）",
    "orders_advised": "有派单建议的派单及其中采纳首选建议",
    "orders_due": "到期工单及其中按时办结",
    "orders_responded": "应响应工单及其中按时响应",
    "orders_visited_resolved": "有效回访及其中已解决",
    "orders_satisfied": "有效回访及其中满意",
    "orders_basically_satisfied": "有效回访及其中基本满意",
}
_STOCKS = {
    "orders_open": "在办工单",
    "orders_overdue_open": "逾期未办结工单",
    "orders_overdue_urgent_open": "逾期未办结的紧急工单",
}


def _definition(measure: str, kind: Kind, name: str) -> Definition:
    return Definition(id=measure, kind=kind, name=name, unit="件")


DEFINITIONS = (
    *(_definition(one, Kind.FLOW, name) for one, name in _BY_PLACE.items()),
    *(
        _definition(f"{one}{end}", kind, f"{name}{words}")
        for kind, those in (
            (Kind.FLOW, {**_BOTH}),
            (Kind.STOCK, _STOCKS),
        )
        for one, name in those.items()
        for end, words in (("", ""), ("_unit", "（按单位）"))
    ),
    _definition("orders_closed_unit", Kind.FLOW, "办结量（按单位）"),
)


_others: list[Definition] = []  # of affairs whose notes go the same way


def know(definitions: Iterable[Definition]) -> None:
    """Let another affair's measures be brought over with those of the orders."""
    _others.extend(one for one in definitions if one not in _others)


def day_of(at: datetime) -> date:
    """The day that a moment is counted on."""
    return clock.local(at).date()


def note(measure: str, region: str, slice_: str, at: datetime, number: int, of: int = 0) -> Note:
    """One change of one number."""
    return [measure, region, slice_, day_of(at).isoformat(), number, of]


def of_unit(measure: str, unit: UnitRef, at: datetime, number: int, of: int = 0) -> Note:
    """The same for a unit, under the unit's own place."""
    return note(f"{measure}_unit", unit.region_code, f"unit:{unit.id}", at, number, of)


def received(row: Mapping[str, Any], at: datetime) -> list[Note]:
    """A demand came in."""
    region, levels = row["region_code"], row["category"].split(".")
    classes = [".".join(levels[:n]) for n in (1, 2) if row["category"] and n <= len(levels)]
    return [
        note("orders_received", region, "", at, 1),
        note("orders_received_kind", region, row["kind"], at, 1),
        note("orders_received_source", region, row["source"], at, 1),
        *(note("orders_received_class", region, one, at, 1) for one in classes),
    ]


def stocks(row: Mapping[str, Any], unit: UnitRef | None, at: datetime, sign: int = 1) -> list[Note]:
    """What an order that is open adds to the stocks, of its place and of the unit holding it."""
    if row["closed_at"] is not None:
        return []
    names = ["orders_open"]
    if row["overdue_at"] is not None:
        names.append("orders_overdue_open")
        if row["urgency"] == 1:
            names.append("orders_overdue_urgent_open")
    return [
        one
        for name in names
        for one in (
            note(name, row["region_code"], "", at, sign),
            *([of_unit(name, unit, at, sign)] if unit else []),
        )
    ]


def keep(
    connection: Connection, changes: Sequence[Note], at: datetime, order_id: object = None
) -> None:
    """Leave changes for the job; the caller acts as the service."""
    moved = together(changes)
    if moved:
        connection.execute(insert(order_tally).values(order_id=order_id, at=at, changes=moved))


def together(changes: Iterable[Note]) -> list[Note]:
    """The same numbers added up; what cancels out is gone."""
    numbers: Counter[tuple[Any, ...]] = Counter()
    ofs: Counter[tuple[Any, ...]] = Counter()
    for measure, region, slice_, day, number, of in changes:
        key = (measure, region, slice_, day)
        numbers[key] += number
        ofs[key] += of
    return [[*key, numbers[key], ofs[key]] for key in numbers if numbers[key] or ofs[key]]


# -- the job ------------------------------------------------------------------------------------


def define() -> None:
    """Make the measures of orders known."""
    with scoped(measures.WRITER) as connection:
        measures.define(connection, (*DEFINITIONS, *_others))


def drain(batch: int = BATCH) -> int:
    """Bring over what waits, some at a time; gives how many notes were taken."""
    done = 0
    while taken := _drain_some(batch):
        done += taken
    return done


def _drain_some(batch: int) -> int:
    with scoped(SERVICE) as connection:
        waiting = select(order_tally.c.id).order_by(order_tally.c.id).limit(batch)
        rows = connection.execute(
            delete(order_tally)
            .where(order_tally.c.id.in_(picked(waiting)))
            .returning(order_tally.c.changes)
        ).all()
        changes = together(one for row in rows for one in row.changes)
        if changes:
            with acting_as(connection, measures.WRITER.actor):
                measures.define(connection, (*DEFINITIONS, *_others))
                measures.add(connection, [_change(one) for one in changes], clock.now())
    return len(rows)


def _change(one: Note) -> Change:
    measure, region, slice_, day, number, of = one
    return Change(
        measure=measure,
        system_id=f"platform:{measure.partition('_')[0]}",  # the affair that noted it
        region_code=region,
        slice=slice_,
        day=date.fromisoformat(day),
        numerator=number,
        denominator=of,
    )
