"""Orders of another system: once each, and always where that system has them."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.affairs.orders import desk, tally
from portal.affairs.orders.gone import Gone
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.orders.tally import SERVICE
from portal.connectors.contract import ForeignTask
from portal.store import clock, tasks
from portal.store.measure_tables import measure_change
from portal.store.scope import Reach, scoped
from portal.store.task_tables import task
from tests.intake.world import Origin, foreign, row, rows, said, taken
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
COMMUNITY = f"com-{world.PLACE}"


def test_an_order_comes_with_state_limit_and_holder_of_its_system() -> None:
    assert taken(foreign(unit="柳岸社区居民委员会")) == (1, 0)
    one = row()
    assert (one.state, one.unit_id, one.master) == ("待签收", COMMUNITY, "对方为主")
    assert one.due_at == datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    assert one.source_system == "hotline" and one.dispatched_at is not None
    assert desk.seen(world.community(), one.id).id == one.id


def test_the_same_order_ten_times_is_one() -> None:
    for _ in range(10):
        taken(foreign(), foreign())
    assert len(rows()) == 1
    assert len(said(row().id)) == 2  # received, and where it stands


def test_the_same_order_by_two_walks_at_once_is_one() -> None:
    barrier = Barrier(2)
    problems: list[Exception] = []

    def walk() -> None:
        try:
            barrier.wait(timeout=10)
            taken(*(foreign(f"GD{number}") for number in range(40)))
        except Exception as error:
            problems.append(error)

    threads = [Thread(target=walk) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert problems == []
    assert len(rows()) == 40
    with scoped(SERVICE) as connection:
        born = select(func.count()).where(order_event.c.move == "born")
        assert connection.execute(born).scalar_one() == 40
        moved = select(func.count()).where(order_event.c.move == "theirs")
        assert connection.execute(moved).scalar_one() == 40


@pytest.mark.parametrize("state", ["待派单", "待签收", "办理中", "退单审核", "待回访", "已办结"])
def test_every_state_over_there_is_the_state_here(state: str) -> None:
    taken(foreign(state=state))
    one = row()
    assert one.state == state
    assert (one.closed_at is not None) == (state == "已办结")
    assert (one.signed_at is not None) == (state not in ("待派单", "待签收"))


def test_its_state_and_limit_win_and_the_history_says_who_said_so(
    frozen: clock.FrozenClock,
) -> None:
    taken(foreign())
    frozen.advance(timedelta(hours=1))
    later = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
    assert taken(foreign(state="办理中", due_at=later)) == (0, 1)
    one = row()
    assert (one.state, one.due_at) == ("办理中", later)
    frozen.advance(timedelta(hours=1))
    assert taken(foreign(state="已办结", due_at=later, result="已清理", handler="李工")) == (0, 1)
    one = row()
    assert (one.state, one.reply) == ("已办结", "已清理")
    assert said(one.id)[-1] == "12345平台：现为“已办结”：已清理"


def test_a_page_that_comes_late_changes_nothing(frozen: clock.FrozenClock) -> None:
    old = foreign(state="待签收")
    frozen.advance(timedelta(hours=1))
    taken(foreign(state="已办结"))
    assert taken(old) == (0, 0)
    assert row().state == "已办结"


def test_between_two_of_its_words_our_units_may_pass_it_on(frozen: clock.FrozenClock) -> None:
    """It knows the street; the street gave it to its community, of which it hears nothing."""
    taken(foreign(unit="湖滨街道", state="办理中"))
    one = row()
    assert one.unit_id == f"gov-{world.STREET}"
    desk.act(world.street(), one.id, "pass_down", {"unit": COMMUNITY})
    frozen.advance(timedelta(minutes=5))
    assert taken(foreign(unit="湖滨街道", state="办理中")) == (0, 0)
    assert (row().unit_id, row().state) == (COMMUNITY, "待签收")


def test_a_unit_is_never_given_the_order_that_complains_about_it() -> None:
    taken(foreign(unit="柳岸社区居民委员会", against_unit="柳岸社区居民委员会"))
    one = row()
    assert one.against_unit == COMMUNITY
    assert one.unit_id != COMMUNITY
    assert one.state == "待签收"
    with pytest.raises(desk.OrderError, match="没有找到"):
        desk.seen(world.community(), one.id)


def test_a_name_that_no_unit_bears_is_nobody() -> None:
    taken(foreign(against_unit="某物业公司", unit="某某局"))
    assert (row().against_unit, row().unit_id) == (None, COMMUNITY)


def test_where_this_platform_is_the_master_only_the_demand_is_taken() -> None:
    ours = Origin(master="本平台为主")
    assert taken(foreign(state="已办结"), origin=ours) == (1, 0)
    assert (row().state, row().unit_id) == ("待派单", "dept-command")
    assert taken(foreign(state="已办结", title="改了标题"), origin=ours) == (0, 0)


def test_a_changed_text_over_there_is_told(frozen: clock.FrozenClock) -> None:
    taken(foreign())
    frozen.advance(timedelta(minutes=1))
    assert taken(foreign(content="已影响消防通道")) == (0, 1)
    assert row().content == "已影响消防通道"
    assert "内容" in said(row().id)[-1]


def test_an_unfit_order_stops_no_other() -> None:
    strange = foreign("GD2")
    strange = ForeignTask(**{**_values(strange), "region_code": "110102001001"})
    assert taken(foreign("GD1"), strange, foreign("GD3")) == (2, 0)
    assert [one.source_no for one in rows()] == ["GD1", "GD3"]


def _values(task: ForeignTask) -> dict[str, Any]:
    return {name: getattr(task, name) for name in ForeignTask.__dataclass_fields__}


def test_an_unknown_state_is_left_to_the_operator() -> None:
    assert taken(foreign(state="量子态")) == (1, 0)
    assert row().state == "待派单"


def test_nothing_of_the_caller_is_in_order_or_history() -> None:
    taken(foreign(confidential=True))
    with scoped(SERVICE) as connection:
        text = str(connection.execute(select(work_order)).one())
        text += str(connection.execute(select(order_event)).all())
    assert "张三丰" not in text and "13800138000" not in text


# -- taken back over there ------------------------------------------------------------------------


def test_an_order_taken_back_over_there_is_closed_here_with_its_history(
    frozen: clock.FrozenClock,
) -> None:
    gone, hotline = Gone(), Origin()
    taken(foreign("A"), foreign("B", unit="柳岸社区"), foreign("C", state="已办结"))
    ours = world.taken("D")  # of the same source, but this platform's own
    assert gone.unseen(hotline, {"A"}, 10) == ["B"], "neither what is closed nor what is ours"
    assert sorted(gone.unseen(hotline, (), 10)) == ["A", "B"]
    frozen.advance(timedelta(minutes=1))
    gone.there(hotline, "A")
    assert gone.unseen(hotline, (), 1) == ["B"], "who was not asked for longest comes first"
    assert open_rows("B") == 1
    assert [gone.close(hotline, "B"), gone.close(hotline, "B")] == [True, False]
    assert gone.close(hotline, "C") is False and gone.close(hotline, "none") is False
    one = row("B")
    assert (one.state, one.closed_at) == ("来源撤销", clock.now())
    assert said(one.id)[-1] == "来源撤销；12345平台已撤销或删除该工单，经逐件查询不再存在"
    assert open_rows("B") == 0, "it leaves the inbox of whoever had it"
    assert world.row(ours).closed_at is None
    assert closed("来源撤销") == 1
    # It comes back over there: open again, in the inbox, and counted so.
    taken(foreign("B", unit="柳岸社区", minutes=1))
    one = row("B")
    assert (one.state, one.closed_at) == ("待签收", None)
    assert open_rows("B") == 1
    assert closed("来源撤销") == 0


def closed(way: str) -> int:
    """How many orders the measures count as closed in a way."""
    tally.drain()
    change = measure_change.c
    query = select(func.coalesce(func.sum(change.numerator), 0)).where(
        change.measure == "orders_closed_way", change.slice == way
    )
    with scoped(
        Reach(prefixes=(world.CITY,), unit_id=None, actor="service:measures")
    ) as connection:
        return int(connection.execute(query).scalar_one())


def open_rows(number: str) -> int:
    """How many open rows of inboxes are about an order."""
    with scoped(tasks.SERVICE) as connection:
        query = select(func.count()).where(
            task.c.foreign_id.startswith(str(row(number).id)), task.c.state == "待办"
        )
        return int(connection.execute(query).scalar_one())
