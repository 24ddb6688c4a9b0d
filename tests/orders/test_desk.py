"""An order on its way: who may do what when, what is written, who hears of it, who never does."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.affairs.orders import desk
from portal.affairs.orders.tables import order_event
from portal.affairs.orders.tally import SERVICE
from portal.affairs.workflow.flow import FlowError
from portal.store import clock
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")

STREET = f"gov-{world.STREET}"


def _events(order_id: UUID) -> list[str]:
    with scoped(SERVICE) as connection:
        query = select(order_event.c.move).where(order_event.c.order_id == order_id)
        return list(connection.execute(query.order_by(order_event.c.id)).scalars())


def test_an_order_goes_from_the_call_to_the_archive(frozen: clock.FrozenClock) -> None:
    order = world.taken()
    assert (world.row(order).state, world.row(order).unit_id) == ("待派单", "dept-command")
    world.sent(order)
    row = world.row(order)
    assert (row.state, row.unit_id, row.lead_unit, row.dispatch_unit) == (
        "待签收", STREET, STREET, "dept-command",
    )  # fmt: skip
    assert clock.local(row.due_at).isoformat() == "2026-11-26T18:00:00+08:00"
    assert row.respond_due_at - row.dispatched_at == timedelta(hours=24)
    world.handled(order, world.street())
    assert world.row(order).state == "待审核"
    desk.act(world.command(), order, "approve")
    with pytest.raises(FlowError, match="回访单位"):
        desk.visit(world.street(), order, resolved="已解决", satisfied="满意")
    desk.visit(world.command(), order, resolved="已解决", satisfied="满意")
    row = world.row(order)
    assert (row.state, row.resolved, row.satisfied) == ("已办结", "已解决", "满意")
    assert row.closed_at == clock.now()
    desk.by_platform(order, "archive")
    assert _events(order) == ["born", "dispatch", "sign", "contact", "reply", "approve", "visit",
                              "archive"]  # fmt: skip
    assert world.row(order).version == 8
