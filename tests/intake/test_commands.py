"""Decisions about orders of another master: sent once, confirmed or refused, and told."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.affairs.orders import commands, desk
from portal.affairs.orders.commands import Commands, Outbox
from portal.affairs.orders.intake_tables import order_command
from portal.affairs.orders.tally import SERVICE
from portal.affairs.workflow.flow import FlowError
from portal.affairs.workflow.ledger import ChangedError
from portal.store import clock
from portal.store.scope import scoped
from tests.intake.world import OFFERS, ORIGIN, Origin, foreign, row, said, taken
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen", "wired")
LEASE = timedelta(seconds=120)
UNIT = "柳岸社区居民委员会"


@pytest.fixture
def wired(hailing: object) -> Iterator[None]:
    desk.decide_elsewhere(Commands(offers=lambda system: OFFERS if system == "hotline" else {}))
    yield
    desk.decide_elsewhere(None)


def arrived(state: str = "办理中") -> UUID:
    taken(foreign(state=state, unit=UNIT))
    found: UUID = row().id
    return found


def claim() -> list[Any]:
    return list(Outbox().claim("hotline", lease=LEASE, most=8))


def rows() -> list[Any]:
    with scoped(SERVICE) as connection:
        return list(connection.execute(select(order_command).order_by(order_command.c.created_at)))


def test_a_button_is_a_command_and_the_order_stays_until_it_is_confirmed(
    frozen: clock.FrozenClock,
) -> None:
    order = arrived()
    desk.reply(world.community(), order, "已清理完毕并约谈物业")
    assert row().state == "办理中"
    standing = commands.standing(world.community(), order)
    assert standing is not None and standing.live and standing.label == "办理回复"
    (entry,) = claim()
    assert (entry.command.action, entry.command.form) == ("HF", {"text": "已清理完毕并约谈物业"})
    assert (entry.command.foreign_id, entry.command.key) == ("GD1", str(entry.id))
    frozen.advance(timedelta(seconds=2))
    Outbox().delivered(ORIGIN, entry, foreign(state="已办结", unit=UNIT, result="已清理"))
    assert (row().state, row().reply) == ("已办结", "已清理")
    assert "已送达12345平台" in said(order)
    standing = commands.standing(world.community(), order)
    assert standing is not None and standing.state == "已送达"


def test_a_refusal_is_told_in_its_own_words_and_the_order_may_be_done_again() -> None:
    order = arrived()
    desk.reply(world.community(), order, "已清理完毕")
    (entry,) = claim()
    Outbox().failed(ORIGIN, entry, state="被拒绝", at=clock.now(), error="回复须附照片", seen=None)
    standing = commands.standing(world.community(), order)
    assert standing is not None and (standing.state, standing.reason) == ("被拒绝", "回复须附照片")
    assert "未接受本次办理：回复须附照片" in said(order)[-1]
    assert row().state == "办理中"
    desk.reply(world.community(), order, "已清理完毕，照片附后")
    assert [one.state for one in rows()] == ["被拒绝", "待发送"]


def test_one_command_at_a_time_and_what_was_written_is_kept() -> None:
    order = arrived()
    desk.reply(world.community(), order, "已清理完毕")
    with pytest.raises(FlowError, match=r"正在送往.*已填内容已保留"):
        desk.reply(world.community(), order, "再答一次看看")
    assert len(rows()) == 1


def test_two_desks_at_once_leave_one_command() -> None:
    order, who = arrived(), world.community()
    barrier, told = Barrier(2), []

    def press() -> None:
        barrier.wait(timeout=10)
        try:
            desk.reply(who, order, "已清理完毕")
        except FlowError as problem:
            told.append(problem.message)

    threads = [Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert len(rows()) == 1
    assert len(told) == 1


def test_who_was_slower_is_told_what_happened_since() -> None:
    order = arrived()
    version = row().version
    desk.act(world.community(), order, "contact", {"words": "已电话联系"})
    with pytest.raises(ChangedError, match="首次联系"):
        desk.reply(world.community(), order, "已清理完毕", version)
    assert rows() == []


def test_a_sender_that_dies_is_followed_by_another_with_the_same_key(
    frozen: clock.FrozenClock,
) -> None:
    order = arrived()
    desk.reply(world.community(), order, "已清理完毕")
    (first,) = claim()
    assert claim() == []
    frozen.advance(LEASE + timedelta(seconds=1))
    (second,) = claim()
    assert second.command.key == first.command.key
    assert second.attempts == 2
    Outbox().delivered(ORIGIN, first, None)  # the dead one comes back: its lease is over
    assert rows()[0].state == "发送中"
    Outbox().delivered(ORIGIN, second, None)
    assert rows()[0].state == "已送达"
    assert [one for one in said(order) if "已送达" in one] == ["已送达12345平台"]


@pytest.mark.parametrize(
    ("move", "form", "why"),
    [
        ("reply", {"answer": ""}, "请填写“内容”"),
        ("reply", {"answer": "好" * 51}, "最多 50 个字"),
        ("extend", {"reason": "需协调产权单位"}, "请填写“天数”"),
        ("visit", {}, "须在该系统中办理"),
        ("return", {"reason": "不是我们的"}, "须在该系统中办理"),
    ],
)
def test_what_cannot_be_sent_is_said_before_anything_is_left(
    move: str, form: dict[str, str], why: str
) -> None:
    order = arrived()
    with pytest.raises(FlowError, match=why) as refused:
        desk.act(world.community(), order, move, form)
    assert "已填内容已保留" in refused.value.message
    assert rows() == []


def test_our_own_form_is_put_into_theirs() -> None:
    order = arrived()
    desk.act(world.community(), order, "extend", {"reason": "需协调产权", "until": "2026-11-28"})
    (entry,) = claim()
    assert entry.command.form == {"text": "需协调产权", "days": "5"}


def test_who_may_not_here_may_not_there() -> None:
    order = arrived()
    with pytest.raises(FlowError, match="不能办理"):
        desk.reply(world.district(), order, "不是承办单位的答复")
    with pytest.raises(FlowError, match="没有找到"):
        desk.reply(world.civil(), order, "看不到的单位")
    assert rows() == []


def test_what_is_between_our_units_stays_here() -> None:
    order = arrived()
    desk.act(world.community(), order, "contact", {"words": "已电话联系"})
    assert row().contacted_at is not None
    assert rows() == []


def test_only_what_can_be_done_is_offered() -> None:
    order = arrived()
    offered = {one.id for one in desk.offered(world.community(), order)}
    assert {"reply", "extend", "contact", "progress"} <= offered
    assert not offered & {"return", "dispute", "attach"}


def test_a_command_is_taken_back_by_who_left_it_and_nobody_else() -> None:
    order = arrived()
    desk.reply(world.community(), order, "已清理完毕")
    (left,) = rows()
    with pytest.raises(desk.OrderError, match="不是由您提交"):
        commands.withdraw(world.street(), left.id)
    commands.withdraw(world.community(), left.id)
    assert rows()[0].state == "已撤回"
    assert claim() == []
    assert said(order)[-1] == "撤回“办理回复”"
    with pytest.raises(desk.OrderError, match="不能撤回"):
        commands.withdraw(world.community(), left.id)


def test_the_same_screens_work_alone_where_this_platform_is_the_master() -> None:
    taken(foreign(), origin=Origin(master="本平台为主"))
    order = row().id
    desk.dispatch(world.command(), order, f"com-{world.PLACE}")
    desk.sign(world.community(), order)
    desk.reply(world.community(), order, "已清理完毕")
    assert row().state == "待审核"
    assert rows() == []


def test_the_form_of_a_command_is_not_readable_in_the_database() -> None:
    order = arrived()
    desk.reply(world.community(), order, "住户李四已清理")
    assert "李四" not in rows()[0].form
