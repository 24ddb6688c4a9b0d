"""Orders of another system for tests: what it says, and what it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.affairs.orders import mirror
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.orders.tally import SERVICE
from portal.connectors.contract import (
    ForeignOrder,
    ForeignTask,
    FormField,
    TaskAction,
    TaskState,
)
from portal.store import clock
from portal.store.scope import scoped
from tests.orders.world import PLACE

TEXT = FormField(name="text", label="内容", kind="text", required=True, most=50)
DAYS = FormField(name="days", label="天数", kind="text", required=True, most=2)
RESULT = FormField(
    name="result", label="办理结果", kind="choice", required=True, choices={"1": "已解决"}
)
OFFERS: Mapping[str, TaskAction] = {
    "sign": TaskAction(id="QS", label="签收"),
    "reply": TaskAction(id="HF", label="办理回复", form=(TEXT,)),
    "extend": TaskAction(id="YQ", label="申请延期", form=(TEXT, DAYS)),
}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A system as the orders' desk knows it."""

    system_id: str = "hotline"
    name: str = "12345平台"
    master: str = mirror.THEIRS
    simulated: str | None = "test"


ORIGIN = Origin()


def foreign(
    number: str = "GD1", state: str = "待签收", *, minutes: int = 0, **over: Any
) -> ForeignTask:
    """An order as its system has it, changed some minutes after now."""
    now = clock.now()
    order: dict[str, Any] = {
        "source": "12345",
        "state": state,
        "demand": "投诉",
        "content": "三单元楼道长期堆放杂物，请清理。",
        "received_at": datetime(2026, 11, 22, 23, 0, tzinfo=now.tzinfo),
        "category": "04.02",
        "urgency": 2,
        "due_at": datetime(2026, 11, 26, 10, 0, tzinfo=now.tzinfo),
        "caller_name": "张三丰",
        "caller_phone": "13800138000",
    }
    task = {name: over.pop(name) for name in ("title", "handler", "result") if name in over}
    made = ForeignTask(
        foreign_id=number,
        kind="投诉",
        title="楼道堆放杂物",
        region_code=PLACE,
        state=TaskState.DONE if state == "已办结" else TaskState.OPEN,
        changed_at=now + timedelta(minutes=minutes),
        order=ForeignOrder(**{**order, **over}),
    )
    return replace(made, **task)


def taken(*tasks: ForeignTask, origin: Origin = ORIGIN) -> tuple[int, int]:
    """Take in what a walk found."""
    return mirror.take(origin, tasks)


def rows() -> list[Any]:
    """All orders."""
    with scoped(SERVICE) as connection:
        return list(connection.execute(select(work_order).order_by(work_order.c.source_no)))


def row(number: str = "GD1") -> Any:
    """One order by its number over there."""
    return next(one for one in rows() if one.source_no == number)


def said(order_id: UUID) -> list[str]:
    """What its history says."""
    with scoped(SERVICE) as connection:
        query = select(order_event.c.words).where(order_event.c.order_id == order_id)
        return list(connection.execute(query.order_by(order_event.c.id)).scalars())
