"""On the pages: the digest on a home, one's own number, what did not arrive."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from portal import wiring
from portal.functions.digest import Digests
from portal.functions.messages import Messages, kept_phone, post
from portal.store import clock, digests, messages
from portal.store.citypack import pack
from portal.store.digests import Line
from portal.store.halfdays import half_day
from portal.store.scope import scoped
from portal.store.tasks import SERVICE
from tests.messages.world import FakeChannel, holder
from tests.pages.conftest import Office, shown, without

WILLOW = "990102001001"


@pytest.fixture
def channel(
    office: Office, monkeypatch: pytest.MonkeyPatch, frozen: clock.FrozenClock
) -> FakeChannel:
    made = FakeChannel("sms", "短信")
    function = Messages(channels=(made,), name_of=str, kinds_of=lambda _: ())
    wired = SimpleNamespace(
        **{**vars(wiring.app()), "messages": function, "digests": Digests(messages=function)}
    )
    monkeypatch.setattr(wiring, "app", lambda: wired)
    return made


def sits_down(office: Office) -> None:
    """The person has an account and a post in the database."""
    assert office.who is not None
    account, held = holder("someone", phone=None)
    office.who = replace(office.who, account_id=account, post_id=held)


def reminded(office: Office, lines: list[Line]) -> None:
    assert office.who is not None
    who, now = office.who, clock.now()
    with scoped(digests.SERVICE) as connection:
        assert digests.put(
            connection,
            account_id=who.account_id,
            half_day=half_day(now),
            login=who.login,
            post_id=who.post_id,
            at=now,
            lines=lines,
        )


def test_a_digest_stands_on_the_home_until_it_is_put_away(
    office: Office, channel: FakeChannel
) -> None:
    assert "定时提醒" not in shown(office.open("community"))
    reminded(office, [Line(name="低保系统 核查", due=2, late=1)])
    tab = office.open("community")
    assert "定时提醒" in shown(tab) and "逾期 1 件、今日到期 2 件" in shown(tab)
    tab.button(key="digest_seen").click().run()
    assert "定时提醒" not in shown(office.open("community"))


def test_what_is_to_be_read_stands_on_the_home(office: Office, channel: FakeChannel) -> None:
    assert "待阅" in shown(office.open("community"))


def test_ones_own_number_is_given_shown_masked_and_taken_back(
    office: Office, channel: FakeChannel
) -> None:
    sits_down(office)
    assert office.who is not None
    tab = office.open("accounts")
    assert "没有登记，不会收到消息" in shown(tab)
    tab.text_input(key="phone_given").set_value("123").run()
    tab.button(key="phone_keep").click().run()
    assert "应为 1 开头的 11 位数字" in shown(tab)
    tab.text_input(key="phone_given").set_value("13900000009").run()
    tab.button(key="phone_keep").click().run()
    text = shown(office.open("accounts"))
    assert "139****0009" in text and "13900000009" not in text
    again = office.open("accounts")
    again.button(key="phone_keep").click().run()
    assert kept_phone(office.who) == ""


def failed(**over: Any) -> str:
    """A message that did not arrive; gives its id."""
    to = post.Receiver(
        account_id=uuid4(), login="wang", name="王小梅", post_id=uuid4(),
        unit_id=f"com-{WILLOW}", region_code=WILLOW,
    )  # fmt: skip
    row = post.new_row(
        pack().messages, to, id=uuid4(), kind="紧急任务", step="承办人", region_code=WILLOW,
        words="一件待办", channel="sms", task_id=None,
    )  # fmt: skip
    with scoped(SERVICE) as connection:
        messages.put(connection, {**row, "state": "滞留", "error": "消息通道正忙", **over})
    return str(row["id"])


def test_the_operator_sees_what_is_stuck_and_sends_it_again_or_leaves_it(
    office: Office, channel: FakeChannel, become: Callable[..., None]
) -> None:
    first, second = failed(), failed()
    become(roles=("operator",), prefixes=("9901",), unit_id="dept-civil", kind="department",
           level="city", region_code="9901")  # fmt: skip
    tab = office.open("systems")
    assert "没有送达的消息" in shown(tab) and "消息通道正忙" in shown(tab)
    tab.button(key=f"message-again-{first}").click().run()
    tab.button(key=f"message-drop-{second}").click().run()
    assert "没有送达的消息" not in shown(office.open("systems"))
    office.who = without(office.who, "operator")
    assert "没有权限" in shown(office.open("systems"))


def test_who_only_looks_has_no_buttons(office: Office, channel: FakeChannel) -> None:
    failed()
    tab = office.open("systems")
    assert "没有送达的消息" in shown(tab)
    assert not [one for one in tab.button if (one.key or "").startswith("message-")]
