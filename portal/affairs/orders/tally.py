"""What the measures learn of orders: noted with each change, brought over by a job a moment later.

Intake never waits for a roll-up that many write to: see :mod:`portal.store.measure_notes`, which
keeps the notes of every affair.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.affairs.orders.units import UnitRef
from portal.store import measure_notes
from portal.store.measure_notes import BATCH as BATCH
from portal.store.measure_notes import Note as Note
from portal.store.measure_notes import day_of as day_of
from portal.store.measure_notes import define as define
from portal.store.measure_notes import drain as drain
from portal.store.measure_notes import keep as keep
from portal.store.measure_notes import know as know
from portal.store.measure_notes import note as note
from portal.store.measure_notes import together as together
from portal.store.measure_words import Definition, Kind

SYSTEM = measure_notes.system_of("orders")
SERVICE = measure_notes.KEEPER

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
know(DEFINITIONS)


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
