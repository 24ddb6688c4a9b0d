"""Lists of orders: every filter finds what it names; the inbox shows whose turn it is."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from auth.principal import Principal
from portal.affairs.orders import desk, queries, sweep
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.offer import OrderTasks
from portal.connectors.registry import Registry
from portal.functions.tasks import TaskError, Tasks
from portal.store import clock
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")


def _ids(filters: Filters, who: Principal | None = None) -> set[UUID]:
    return {row.id for row in queries.listed(who or world.command(), filters).rows}


def test_each_filter_finds_what_it_names(frozen: clock.FrozenClock) -> None:
    old = world.IN_STATE["办理中"]("old")
    frozen.advance(timedelta(days=5))
    sweep.sweep()
    far = world.taken("far", region_code="990103100001", kind="咨询", source="领导信箱",
                      category="0402", urgency=4)  # fmt: skip
    near = world.taken("near", urgency=1)
    world.sent(near, "dept-civil")
    done = world.IN_STATE["直接答复"]("done")
    opened = {old, far, near}
    number = world.row(far).order_no
    cases: list[tuple[Filters, set[UUID]]] = [
        (Filters(), opened),
        (Filters(open=None), opened | {done}),
        (Filters(open=False), {done}),
        (Filters(states=("办理中", "待受理")), {old, far}),
        (Filters(urgency=1), {near}),
        (Filters(kind="咨询"), {far}),
        (Filters(category="04"), {old, near}),  # and not 0402
        (Filters(category="04.02"), {old, near}),
        (Filters(source="领导信箱"), {far}),
        (Filters(region="990103"), {far}),
        (Filters(region="990102001"), {old, near}),
        (Filters(unit="dept-civil"), {near}),
        (Filters(due="逾期"), {old}),
        (Filters(due="临期"), set()),
        (Filters(order_no=f" {number} "), {far}),
        (Filters(since=date(2026, 11, 28)), {far, near}),
        (Filters(until=date(2026, 11, 27)), {old}),
        (Filters(box="本单位派出"), {old, near}),
        (Filters(box="本单位承办"), {far}),
        (Filters(tag="无"), set()),
        (Filters(on_account=True), set()),
    ]
    for filters, found in cases:
        assert _ids(filters) == found, filters
    frozen.advance(timedelta(hours=20))
    assert _ids(Filters(due="临期")) == {near}
    assert _ids(Filters(box="本单位承办"), world.civil()) == {near}
    assert _ids(Filters(), world.civil()) == {near}
    assert queries.counts(world.street()) == {
        "办理中": 1, "逾期": 1, "临期": 0, "今天到期": 0, "合计": 1,
    }  # fmt: skip


def test_what_is_due_first_stands_first_and_pages_leave_nothing_out(
    frozen: clock.FrozenClock,
) -> None:
    orders = [world.taken(str(n), urgency=1 + n % 4) for n in range(queries.PAGE + 7)]
    for one in orders:
        world.sent(one)
    first, second = (queries.listed(world.street(), Filters(), page) for page in (1, 2))
    assert (len(first.rows), len(second.rows)) == (queries.PAGE, 7)
    due = [row.deadline_at for row in (*first.rows, *second.rows)]
    assert due == sorted(due)  # type: ignore[type-var]
    assert {row.id for row in (*first.rows, *second.rows)} == set(orders)
    assert first.total == second.total == f"{queries.PAGE + 7} 件" and not first.many


# -- in the inbox ------------------------------------------------------------------------------


@pytest.fixture
def tasks() -> Tasks:
    ours = OrderTasks()
    return Tasks(registry=Registry([]), platform={ours.id: ours})


def _waiting(tasks: Tasks, who: Callable[[], Principal]) -> list[str]:
    return [row.kind for row in tasks.inbox(who()).rows]


def test_an_order_lies_with_whose_turn_it_is_and_with_nobody_else(tasks: Tasks) -> None:
    everybody = (world.command, world.street, world.district)
    order = world.taken()

    def at() -> list[list[str]]:
        return [_waiting(tasks, who) for who in everybody]

    assert at() == [["工单·待派单"], [], []]
    world.sent(order)
    assert at() == [[], ["工单·待签收"], []]
    desk.sign(world.street(), order)
    desk.act(world.street(), order, "extend", {"reason": world.WHY, "until": "2026-12-01"})
    assert at() == [["工单·延期审核"], [], []]
    desk.act(world.command(), order, "extend_grant")
    assert at() == [[], ["工单·办理中"], []]
    (row,) = tasks.inbox(world.street()).rows
    assert row.due_on == date(2026, 12, 1)
    desk.reply(world.street(), order, world.ANSWER)
    desk.act(world.command(), order, "approve")
    desk.visit(world.command(), order, resolved="已解决", satisfied="满意")
    assert at() == [[], [], []]


def test_an_order_is_signed_for_and_answered_in_the_inbox(tasks: Tasks) -> None:
    order = world.taken()
    world.sent(order)
    (row,) = tasks.inbox(world.street()).rows
    opened = tasks.open_task(world.street(), row.id)
    assert "签收" in [one.label for one in opened.actions]
    assert "13800138000" not in str(opened)
    tasks.act(world.street(), row.id, "sign", {}, row.version)
    assert world.row(order).state == "办理中"
    (row,) = tasks.inbox(world.street()).rows
    with pytest.raises(TaskError):
        tasks.act(world.street(), row.id, "reply", {"answer": "好"}, row.version)
    tasks.act(world.street(), row.id, "reply", {"answer": world.ANSWER}, row.version)
    assert world.row(order).state == "待审核"
