"""快速会商 in the inbox of each unit that is asked, until it has answered or nobody asks more.

The row leaves with the answer; whatever else ends the consultation takes it away where orders move
(``portal.affairs.orders.papers``), so that nothing waits for an answer that nobody reads.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from auth.principal import Principal
from portal.affairs.dispatch.consult_rules import Answer
from portal.affairs.orders import papers
from portal.affairs.orders.tables import work_order
from portal.store import clock, platform_tasks

KIND = "快速会商"


def put(connection: Connection, order_id: UUID, asked: Sequence[str], due: datetime) -> None:
    """A row at each unit that is asked; the order is there to be seen, so its title may be told."""
    order = connection.execute(select(work_order).where(work_order.c.id == order_id)).one()
    rows = [
        {
            "foreign_id": papers.key_of(order_id, unit_id),
            "kind": KIND,
            "title": f"会商：{order.title}",
            "region_code": order.region_code,
            "unit_id": unit_id,
            "due_on": clock.local(due).date(),
            "state": platform_tasks.OPEN,
            "simulated": order.simulated,
        }
        for unit_id in asked
    ]
    platform_tasks.hold(connection, papers.ASKED, rows, words=f"请于 {hour(due)} 前答复")


def answered(connection: Connection, order_id: UUID, who: Principal, what: Answer) -> None:
    """The unit has said its word; it may change it on the page while nothing is decided."""
    key = papers.key_of(order_id, who.unit.id)
    platform_tasks.finish(connection, papers.ASKED, key, handler=who.name, result=what,
                          words=f"已答复：{what}")  # fmt: skip


def hour(at: datetime) -> str:
    """A limit that ends within the day."""
    return f"{clock.local(at):%m月%d日 %H:%M}"
