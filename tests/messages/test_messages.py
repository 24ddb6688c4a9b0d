"""Urgent tasks reach a phone: once, the holder first, then the deputy, or are seen to be stuck."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from auth.permissions import Denied
from auth.tables import account, audit_entry
from portal.connectors.contract import OurMistake, TimedOut, Unreachable
from portal.connectors.messaging import UnknownReceiver
from portal.functions.messages import MessageError, Messages, check, keep_phone, kept_phone, post
from portal.store import clock, messages
from portal.store.citypack import CityPack, pack
from portal.store.engine import begin
from portal.store.message_tables import message
from portal.store.scope import NOTHING, scoped
from portal.store.tasks import SERVICE
from tests import people
from tests.functions.task_world import LOTUS, TaskWorld, make_world, minutes
from tests.messages.world import OTHER_PHONE, PHONE, FakeChannel, holder, operator, stand_in


class Desk:
    """The world with its two channels."""

    def __init__(self, world: TaskWorld) -> None:
        self.world = world
        self.wecom = FakeChannel("wecom", "政务微信", reporting=False)
        self.sms = FakeChannel("sms", "短信")
        self.function = Messages(
            channels=(self.wecom, self.sms),
            name_of=lambda one: f"系统{one}",
            kinds_of=lambda _: ("核查", "复核"),
        )

    def urgent(self, task_id: str = "T1", **changes: Any) -> None:
        self.world.a.put(task_id, at=clock.now().isoformat(), **changes)
        self.world.sync()

    def rows(self) -> list[Any]:
        with scoped(SERVICE) as connection:
            return list(connection.execute(select(message).order_by(message.c.created_at)))

    def one(self) -> Any:
        (row,) = self.rows()
        return row


@pytest.fixture
def desk(hailing: CityPack, tmp_path: Path, frozen: clock.FrozenClock) -> Iterator[Desk]:
    world = make_world(tmp_path / "systems")
    world.gateway.start()
    yield Desk(world)
    world.gateway.stop()


def test_an_urgent_task_reaches_its_holder_once_and_says_nothing_about_anybody(
    desk: Desk, hailing: CityPack
) -> None:
    holder()
    desk.urgent()
    for _ in range(3):
        desk.function.turn()
    (shown,) = desk.wecom.shown
    assert shown.phone == PHONE
    # Equal to the template with system, kind, limit and number in it: nothing else can be there.
    assert shown.words == pack().messages.words.format(
        platform=hailing.platform_name, system="系统a", kind="核查", due="11月30日",
        number=post.rules.number(desk.one().id),
    )  # fmt: skip
    for private in ("才让卓玛", "才**玛", "入户", "630102195304129822", "柳岸"):
        assert private not in shown.words
    row = desk.one()
    assert (row.state, row.step, row.error) == ("已提交", "承办人", "通道未提供送达回执")
    assert PHONE not in str(row)


def test_what_is_not_urgent_or_is_old_sends_nothing(desk: Desk) -> None:
    holder()
    desk.urgent("T1", kind="复核")
    desk.world.a.put("T2")  # days old
    desk.world.sync(whole=True)
    assert desk.function.turn() == 0
    assert desk.rows() == []


def test_without_a_channel_nothing_is_even_written(desk: Desk) -> None:
    holder()
    desk.urgent()
    off = Messages(channels=(), name_of=str, kinds_of=lambda _: ())
    assert off.turn() == 0 and not off.on
    assert desk.rows() == []


def test_the_deputy_is_told_when_the_holder_has_not_answered(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    _, post_id = holder()
    other, _ = holder("li", "李国强", OTHER_PHONE, role="reader")
    stand_in(post_id, other)
    desk.urgent()
    desk.function.turn()
    frozen.advance(minutes(29))
    desk.function.turn()
    assert len(desk.wecom.shown) == 1
    frozen.advance(minutes(1))
    for _ in range(3):
        desk.function.turn()
    assert [one.phone for one in desk.wecom.shown] == [PHONE, OTHER_PHONE]
    assert [(one.step, one.person) for one in desk.rows()] == [
        ("承办人", "王小梅"),
        ("代理人", "李国强"),
    ]


def test_a_holder_who_acted_in_time_spares_the_deputy(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    _, post_id = holder()
    other, _ = holder("li", "李国强", OTHER_PHONE, role="reader")
    stand_in(post_id, other)
    desk.urgent()
    desk.function.turn()
    who = people.principal()
    row = desk.world.function.inbox(who).rows[0]
    desk.world.function.act(who, row.id, "END", {"result": "1"}, row.version)
    frozen.advance(minutes(60))
    desk.function.turn()
    assert len(desk.wecom.shown) == 1


def test_who_only_stands_in_for_something_else_is_not_told(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    _, post_id = holder()
    other, _ = holder("li", "李国强", OTHER_PHONE, role="reader")
    stand_in(post_id, other, items=["reports.view"])
    desk.urgent()
    desk.function.turn()
    frozen.advance(minutes(31))
    desk.function.turn()
    assert len(desk.rows()) == 1


def test_the_first_role_that_somebody_holds_is_told(desk: Desk) -> None:
    holder()
    holder("shuji", "李书记", OTHER_PHONE, role="community_secretary")
    desk.urgent()
    desk.function.turn()
    assert desk.one().person == "李书记"


def test_quiet_hours_hold_it_up_and_a_task_done_meanwhile_needs_no_message(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    holder()
    frozen.advance(timedelta(hours=14))  # 23:00 on the wall
    desk.urgent("T1")
    desk.urgent("T2")
    desk.function.turn()
    assert desk.wecom.shown == []
    assert {one.state for one in desk.rows()} == {"待发送"}
    desk.world.a.finish("T2")
    desk.world.sync()
    frozen.advance(timedelta(hours=8))
    desk.function.turn()
    assert len(desk.wecom.shown) == 1
    assert sorted(one.state for one in desk.rows()) == ["不再需要", "已提交"]


def test_a_lost_answer_is_tried_again_with_the_same_key_and_shown_once(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    holder()
    desk.urgent()
    desk.wecom.after_taking = TimedOut()
    desk.function.turn()
    assert desk.one().state == "待发送"
    desk.wecom.after_taking = None
    frozen.advance(minutes(1))
    desk.function.turn()
    assert desk.one().state == "已提交"
    assert len(desk.wecom.shown) == 1 and list(desk.wecom.came.values()) == [2]


def test_a_sender_that_died_leaves_a_lease_and_another_sends(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    holder()
    desk.urgent()
    known = {one.id: one for one in desk.function.channels}
    post.tell(known, str, [("a", "核查")])
    with scoped(SERVICE) as connection:
        messages.claim(connection, now=clock.now(), lease=post.rules.LEASE, most=8)
    assert post.deliver(known) == 0
    frozen.advance(minutes(3))
    assert post.deliver(known) == 1
    assert len(desk.wecom.shown) == 1


def test_a_number_unknown_to_one_way_goes_by_the_next_and_its_report_is_shown(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    holder()
    desk.urgent()
    desk.wecom.fault = UnknownReceiver(reason="没有登记")
    desk.function.turn()
    assert len(desk.sms.shown) == 1
    assert (desk.one().state, desk.one().channel) == ("已提交", "sms")
    who = people.principal()
    task_id = desk.world.function.inbox(who).rows[0].id
    desk.sms.arrived()
    frozen.advance(minutes(1))
    desk.function.turn()
    (sent,) = desk.function.about(who, task_id)
    assert (sent.person, sent.step, sent.channel, sent.state) == (
        "王小梅", "承办人", "短信", "已送达",
    )  # fmt: skip
    far = people.principal(prefixes=(LOTUS,), unit_id=f"com-{LOTUS}")
    assert desk.function.about(far, task_id) == ()


def test_without_a_phone_the_deputy_is_told_at_once(desk: Desk) -> None:
    _, post_id = holder(phone=None)
    other, _ = holder("li", "李国强", OTHER_PHONE, role="reader")
    stand_in(post_id, other)
    desk.urgent()
    desk.function.turn()
    desk.function.turn()
    first = desk.rows()[0]
    assert (first.state, first.error) == ("未送达", "该账号没有登记手机号")
    assert [one.phone for one in desk.wecom.shown] == [OTHER_PHONE]


def test_what_is_stuck_is_seen_and_resent_or_given_up_by_hand(
    desk: Desk, frozen: clock.FrozenClock
) -> None:
    holder()
    desk.urgent()
    desk.wecom.fault = Unreachable()
    for _ in range(12):
        desk.function.turn()
        frozen.advance(minutes(45))
    assert desk.one().state == "滞留"
    (seen,) = desk.function.troubled(operator())
    assert (seen.state, seen.person) == ("滞留", "王小梅") and "消息通道" in seen.reason
    with pytest.raises(Denied):
        desk.function.resend(people.principal(), seen.id)
    desk.wecom.fault = None
    desk.function.resend(operator(), seen.id)
    desk.function.turn()
    assert desk.one().state == "已提交"
    with pytest.raises(MessageError, match="不需要处理"):
        desk.function.resend(operator(), seen.id)
    desk.urgent("T2")
    desk.wecom.fault = OurMistake()
    desk.function.turn()
    (stuck,) = desk.function.troubled(operator())
    desk.function.give_up(operator(), stuck.id)
    assert desk.function.troubled(operator()) == ()
    with begin() as connection:
        found = connection.execute(select(audit_entry.c.action)).scalars().all()
    assert [one for one in found if one.startswith("messages.")] == [
        "messages.resend",
        "messages.drop",
    ]


def test_three_processes_at_once_send_each_message_once(desk: Desk) -> None:
    import threading

    holder()
    for number in range(6):
        desk.urgent(f"T{number}")
    gate = threading.Barrier(3)

    def process() -> None:
        gate.wait()
        desk.function.turn()

    threads = [threading.Thread(target=process) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    desk.function.turn()
    assert sorted(desk.wecom.came.values()) == [1] * 6
    assert {one.state for one in desk.rows()} == {"已提交"}


def test_messages_are_seen_in_scope_only_and_written_by_the_service_only(desk: Desk) -> None:
    holder()
    desk.urgent()
    desk.function.turn()
    for reach in (NOTHING, people.principal(prefixes=(LOTUS,), unit_id="x").reach):
        with scoped(reach) as connection:
            count = select(func.count()).select_from(message)
            assert connection.execute(count).scalar_one() == 0
    from sqlalchemy import insert
    from sqlalchemy.exc import ProgrammingError

    values = {**desk.one()._asdict(), "id": people.uuid4(), "step": "x"}
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        scoped(people.principal().reach) as connection,
    ):
        connection.execute(insert(message).values(**values))


def test_ones_own_phone_is_kept_encrypted_and_shown_masked(desk: Desk) -> None:
    from dataclasses import replace

    person, post_id = holder(phone=None)
    who = replace(people.principal(), account_id=person, post_id=post_id)
    assert kept_phone(who) == ""
    keep_phone(who, "139 0000-0009")
    assert kept_phone(who) == "139****0009"
    with begin() as connection:
        stored = connection.execute(select(account.c.phone).where(account.c.id == person)).scalar()
        told = connection.execute(select(audit_entry.c.detail)).scalars().all()
    assert stored and PHONE not in stored and PHONE not in str(told)
    for wrong in ("12345", "2390000000９", "a" * 11):
        with pytest.raises(MessageError, match="没有保存"):
            keep_phone(who, wrong)
    assert kept_phone(who) == "139****0009"
    keep_phone(who, "")
    assert kept_phone(who) == ""


def test_a_list_of_urgent_tasks_that_could_never_match_is_refused_at_start(
    hailing: CityPack,
) -> None:
    def wrong(**changes: Any) -> CityPack:
        texts = hailing.messages.model_copy(update=changes)
        return hailing.model_copy(update={"messages": texts})

    kinds = {"a": ("核查",)}
    good = wrong(receivers=("community_clerk",))
    check(good, lambda one: kinds.get(one, ()))
    with pytest.raises(ValueError, match="没有“核查”这类任务"):
        check(good, lambda _: ("复核",))
    with pytest.raises(ValueError, match="没有名为“a”的系统"):
        check(good, lambda _: ())
    with pytest.raises(ValueError, match="没有名为“nobody”的角色"):
        check(wrong(receivers=("nobody",)), lambda one: kinds.get(one, ()))
