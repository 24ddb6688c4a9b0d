"""Never two digests in one half day, whatever the order of jobs; each under one's own scope."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from auth.principal import Principal
from portal.connectors.contract import Unreachable
from portal.functions import digest
from portal.functions.digest import Digests
from portal.functions.messages import Messages
from portal.store import citypack, clock, digests
from portal.store.citypack import CityPack
from portal.store.digests import Line
from portal.store.halfdays import half_day
from portal.store.message_tables import digest as table
from portal.store.message_tables import message
from portal.store.message_texts import DigestText
from portal.store.scope import scoped
from tests import people
from tests.functions.task_world import LOTUS, TaskWorld, make_world
from tests.messages.world import OTHER_PHONE, FakeChannel, holder, stand_in


class Office:
    """People, their tasks, and the jobs that remind them."""

    def __init__(self, world: TaskWorld, channels: tuple[FakeChannel, ...] = ()) -> None:
        self.world = world
        self.channels = channels
        self.messages = Messages(channels=channels, name_of=str, kinds_of=lambda _: ())
        self.function = Digests(messages=self.messages)
        self.function.offer(world.function)

    def rows(self) -> list[Any]:
        with scoped(digests.SERVICE) as connection:
            return list(connection.execute(select(table).order_by(table.c.made_at)))


def me(account_id: UUID, post_id: UUID, login: str = "wang") -> Principal:
    return replace(people.principal(), account_id=account_id, post_id=post_id, login=login)


@pytest.fixture
def world(hailing: CityPack, tmp_path: Path, frozen: clock.FrozenClock) -> Iterator[TaskWorld]:
    made = make_world(tmp_path / "systems")
    made.gateway.start()
    made.a.put("T1", due="2026-11-20")
    made.a.put("T2", due="2026-11-23")
    made.a.put("T3", due="2026-12-30")
    made.a.put("R1", state="待阅", due=None)
    made.a.put("T4", place=LOTUS)
    made.sync()
    yield made
    made.gateway.stop()


def by_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """The city sends its digests as messages."""
    city = citypack.pack()
    texts = city.messages.model_copy(update={"digest": DigestText(by="message")})
    changed = city.model_copy(update={"messages": texts})
    for place in ("portal.functions.digest.pack", "portal.functions.messages.post.pack"):
        monkeypatch.setattr(place, lambda: changed)


def test_a_digest_counts_by_kind_in_the_own_scope(world: TaskWorld) -> None:
    account, post = holder()
    office = Office(world)
    assert office.function.turn() == 1
    shown = office.function.shown(me(account, post))
    assert shown is not None and shown.half_day == "2026-11-23 上午"
    assert shown.lines == (Line(name="系统a 核查", due=1, late=1, unread=1),)
    assert office.function.turn() == 0
    office.function.put_away(me(account, post))
    assert office.function.shown(me(account, post)) is None


def test_nothing_to_say_is_no_reminder(world: TaskWorld) -> None:
    account = people.add_account("li", "李静")
    post = people.add_post(account, f"com-{LOTUS}", roles=["community_clerk"], prefixes=[LOTUS])
    office = Office(world)
    assert office.function.turn() == 0
    assert office.function.shown(me(account, post, "li")) is None


def test_who_may_not_see_tasks_is_reminded_of_none(world: TaskWorld) -> None:
    people.add_post(
        people.add_account("lead", "领导"), "gov-9901", roles=["leader"], prefixes=["9901"]
    )
    assert Office(world).function.turn() == 0


def test_two_posts_with_the_same_rows_count_them_once_and_a_deputys_not_at_all(
    world: TaskWorld,
) -> None:
    account, post = holder()
    people.add_post(account, "com-990102001001", roles=["community_clerk"],
                    prefixes=["990102001001"])  # fmt: skip
    other, own = holder("li", "李静", OTHER_PHONE, role="reader")
    stand_in(post, other)
    office = Office(world)
    office.function.turn()
    shown = office.function.shown(me(account, post))
    assert shown is not None and len(shown.lines) == 1
    assert office.function.shown(me(other, own, "li")) is None


def test_an_affair_adds_its_lines_and_a_broken_one_costs_nobody_else(world: TaskWorld) -> None:
    account, post = holder()

    class Orders:
        def reminders(self, principal: Principal, today: object) -> list[Line]:
            return [Line(name="工单临期", due=2)]

    office = Office(world)
    office.function.offer(Orders())
    office.function.turn()
    shown = office.function.shown(me(account, post))
    assert shown is not None and shown.lines[-1] == Line(name="工单临期", due=2)

    class Broken:
        def reminders(self, principal: Principal, today: object) -> list[Line]:
            if principal.login == "li":
                raise ValueError
            return []

    holder("li", "李静", OTHER_PHONE)
    holder("zhao", "赵静", OTHER_PHONE)
    office.function.offer(Broken())
    assert office.function.turn() == 1
    assert {one.login for one in office.rows()} == {"wang", "zhao"}


@pytest.mark.parametrize(
    ("at", "worked", "due"),
    [
        ("08:29", True, False),
        ("08:30", True, True),
        ("11:59", True, True),
        ("12:00", True, False),
        ("14:30", True, True),
        ("14:30", False, False),
        ("23:59", True, True),
    ],
)
def test_the_hours_are_data_and_days_off_are_off(at: str, worked: bool, due: bool) -> None:
    here = datetime.fromisoformat(f"2026-11-23T{at}:00+08:00").astimezone(UTC)
    assert digest.is_time(DigestText(), here, worked) is due
    assert not digest.is_time(DigestText(enabled=False), here, worked)
    assert digest.is_time(DigestText(workdays_only=False), here, worked) is (due or at == "14:30")


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "send", "both", "break", "mend"]),
        st.integers(min_value=0, max_value=420),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=20, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=_STEPS)
def test_never_two_in_a_half_day_whatever_the_order_of_jobs(
    world: TaskWorld, frozen: clock.FrozenClock, steps: list[tuple[str, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        by_message(patch)
        login = f"p{frozen.now().timestamp()}{len(steps)}{id(steps)}"
        account, _ = holder(login, "王小梅")
        channel = FakeChannel("sms", "短信")
        offices = [Office(world, (channel,)) for _ in range(2)]
        for what, minutes in steps:
            frozen.advance(timedelta(minutes=minutes))
            channel.fault = {"break": Unreachable(), "mend": None}.get(what, channel.fault)
            if what == "both":
                threads = [threading.Thread(target=one.function.turn) for one in offices]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            elif what == "turn":
                offices[0].function.turn()
            for office in offices:
                office.messages.turn()
        made = Counter(one.half_day for one in offices[0].rows() if one.account_id == account)
        assert all(count == 1 for count in made.values())
        shown = Counter(one.key for one in channel.shown)
        assert all(count == 1 for count in shown.values())
        with scoped(digests.SERVICE) as connection:
            sent = connection.execute(
                select(message.c.step, message.c.sent_at).where(message.c.account_id == account)
            ).all()
        # What was sent left in the half day it speaks of, and there is one of each.
        assert all(one.sent_at is None or half_day(one.sent_at) == one.step for one in sent)
        assert all(count == 1 for count in Counter(one.step for one in sent).values())


def test_a_digest_sent_as_a_message_holds_numbers_only(
    world: TaskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_message(monkeypatch)
    holder()
    channel = FakeChannel("sms", "短信")
    office = Office(world, (channel,))
    office.function.turn()
    office.messages.turn()
    assert [one.words for one in channel.shown] == [
        "【海陵市社区事务平台】今日到期 1 件，逾期 1 件，待阅 1 件，请登录平台查看。"
    ]


def test_a_reminder_that_could_not_leave_in_its_half_day_is_not_sent_later(
    world: TaskWorld, monkeypatch: pytest.MonkeyPatch, frozen: clock.FrozenClock
) -> None:
    by_message(monkeypatch)
    holder()
    channel = FakeChannel("sms", "短信", fault=Unreachable())
    office = Office(world, (channel,))
    office.function.turn()
    office.messages.turn()
    channel.fault = None
    frozen.advance(timedelta(hours=6))
    office.function.turn()
    office.messages.turn()
    assert len(channel.shown) == 1


def test_nobody_reads_anothers_digest(world: TaskWorld) -> None:
    account, _ = holder()
    Office(world).function.turn()
    with scoped(people.principal().reach) as connection:
        assert digests.unseen(connection, account, "2026-11-23 上午") is None


def test_old_digests_go(world: TaskWorld, frozen: clock.FrozenClock) -> None:
    holder()
    office = Office(world)
    office.function.turn()
    frozen.advance(timedelta(days=9))
    office.function.turn()
    assert [one.half_day for one in office.rows()] == ["2026-12-02 上午"]
