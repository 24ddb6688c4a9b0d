"""A 交接单 moves what hangs on the post: the tasks of the systems and the texts begun."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.connectors.contract import Unreachable
from portal.functions import drafts
from portal.functions.people import handover
from portal.functions.tasks import post
from portal.store import clock
from portal.store.citypack import CityPack
from portal.wiring import CARRIERS
from tests.functions import staff
from tests.functions.staff import CITY, WILLOW
from tests.functions.task_world import TaskWorld, make_world, minutes

CLOSE = "matters.close"
GOOD = {"result": "1", "note": "情况属实"}


@pytest.fixture
def world(hailing: CityPack, frozen: clock.FrozenClock, tmp_path: Path) -> Iterator[TaskWorld]:
    made = make_world(tmp_path / "systems")
    made.gateway.start()
    yield made
    made.gateway.stop()


def test_the_successor_finds_the_task_in_hand_the_stuck_command_and_the_draft(
    world: TaskWorld, frozen: clock.FrozenClock
) -> None:
    account, old = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    heir, _ = staff.staff("li", WILLOW, "reader", name="李国强", prefixes=[])
    wang = staff.acting(account)
    world.a.put("T1")
    world.sync()
    row = world.function.inbox(wang).rows[0]
    world.function.act(wang, row.id, "END", GOOD, row.version)
    world.a.fault = Unreachable()
    for _ in range(20):
        post.deliver_all(world.gateway)
        frozen.advance(minutes(40))
    drafts.save(wang, CLOSE, "c1", "办结事项", {"result": "已入户核实"})

    slip = handover.make(
        staff.administrator(CITY), str(old), carriers=CARRIERS,
        kind="离任", successor="li", reason="退休",
    )  # fmt: skip

    assert slip.moved == (("任务", 1), ("草稿", 1))
    assert drafts.mine(wang) == ()
    new = next(one for one in staff.posts.posts_of(heir) if "community_clerk" in one.roles)
    li = staff.acting(heir, new.id)
    kept = drafts.load(li, CLOSE, "c1")
    assert kept is not None and kept.fields == {"result": "已入户核实"}
    (trouble,) = world.function.inbox(li).troubles
    assert trouble.stuck
    assert world.function.inbox(wang).troubles == (), "it hangs on the post, not on who began it"
    world.a.fault = None
    world.function.resend(li, trouble.entry_id)
    post.deliver_all(world.gateway)
    world.sync()
    assert [one.id for one in world.function.inbox(li).rows] == []
