"""What a message says, when it may leave, what becomes of it: pure rules."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.connectors.contract import (
    OurMistake,
    SignInAgain,
    SystemFault,
    TimedOut,
    TurnedDown,
    Unreachable,
)
from portal.connectors.messaging import UnknownReceiver
from portal.functions.messages import rules
from portal.store import clock
from portal.store.citypack import pack
from portal.store.message_texts import MessageTexts, read

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 on the wall
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
times = st.times().map(lambda one: one.replace(microsecond=0))


def test_a_text_names_system_kind_limit_and_number_and_nobody() -> None:
    said = rules.words(
        MessageTexts().words,
        platform="社区平台",
        system="数字城管",
        kind="井盖缺损",
        due=date(2026, 11, 30),
        message_id=UUID(int=0xABC << 100),
    )
    assert said == (
        "【社区平台】数字城管有一件井盖缺损待办，时限11月30日，编号0000ABC0，请登录平台办理。"
    )


@pytest.mark.parametrize(
    "template",
    ["{title}", "{person}待办", "{system.name}", "{system!r}", "{due:%Y}", "{0}", "{}", "字" * 201],
)
def test_a_template_that_asks_for_more_is_refused_when_the_pack_is_read(template: str) -> None:
    with pytest.raises(ValidationError, match="短信模板"):
        MessageTexts(words=template)
    with pytest.raises(ValidationError, match="短信模板"):
        MessageTexts.model_validate({"digest": {"words": template}})


def test_the_packs_own_templates_are_read_and_its_channels_are_off_without_an_endpoint() -> None:
    folder = pack().folder
    assert read(folder).open_channels == ()
    opened = read(folder, sandbox="http://127.0.0.1:1").open_channels
    assert [(one.id, one.endpoint) for one in opened] == [
        ("wecom", "http://127.0.0.1:1/wecom"),
        ("sms", "http://127.0.0.1:1/sms"),
    ]
    assert all(one.simulated for one in opened)


@given(moments, times, times)
def test_nothing_leaves_in_the_quiet_hours_and_nothing_waits_longer_than_they_last(
    now: datetime, begins: time, ends: time
) -> None:
    at = rules.may_leave(now, begins, ends, False)
    assert at >= now
    assert at - now < timedelta(days=1)
    assert rules.may_leave(at, begins, ends, False) == at
    assert rules.may_leave(now, begins, ends, True) == now
    if at > now:
        assert clock.local(at).time() == ends


@pytest.mark.parametrize(
    ("hour_utc", "waits"),
    [(13, None), (14, 9), (22, 1), (23, None), (1, None)],  # 21:00, 22:00, 06:00, 07:00, 09:00
)
def test_quiet_from_ten_to_seven(hour_utc: int, waits: int | None) -> None:
    now = datetime(2026, 11, 23, hour_utc, tzinfo=UTC)
    at = rules.may_leave(now, time(22), time(7), False)
    assert at - now == timedelta(hours=waits or 0)


@pytest.mark.parametrize(
    ("state", "sent", "created", "due"),
    [
        (rules.ACCEPTED, 31, 31, True),
        (rules.DELIVERED, 30, 30, True),
        (rules.DELIVERED, 29, 600, False),
        (rules.WAITING, None, 600, False),  # held up by the quiet hours
        (rules.SENDING, None, 600, False),
        (rules.STUCK, None, 31, True),
        (rules.STUCK, None, 5, False),
        (rules.FAILED, None, 0, True),  # the holder cannot be told at all
        (rules.DROPPED, None, 45, True),
    ],
)
def test_the_deputy_is_told_when_the_holder_does_not_answer(
    state: str, sent: int | None, created: int, due: bool
) -> None:
    given_sent = None if sent is None else NOW - timedelta(minutes=sent)
    made = NOW - timedelta(minutes=created)
    assert rules.deputy_is_due(state, created=made, sent=given_sent, now=NOW, minutes=30) is due


def after(fault: SystemFault, attempts: int = 1, others: tuple[str, ...] = ()) -> rules.Next:
    return rules.after(fault, attempts=attempts, since=NOW, now=NOW, channel="wecom", others=others)


def test_a_number_that_one_way_does_not_reach_goes_on_to_the_next_and_then_it_failed() -> None:
    fault = UnknownReceiver(reason="没有登记")
    first = after(fault, others=("sms",))
    assert (first.state, first.channel, first.at) == (rules.WAITING, "sms", NOW)
    assert (after(fault).state, after(fault).error) == (rules.FAILED, "没有登记")


@pytest.mark.parametrize("fault", [TimedOut(), Unreachable()])
def test_a_fault_is_tried_again_ever_later_and_then_stuck(fault: SystemFault) -> None:
    tries = [after(fault, attempts) for attempts in range(1, 9)]
    assert [one.state for one in tries] == [rules.WAITING] * 7 + [rules.STUCK]
    waits = [one.at for one in tries[:7]]
    assert waits == sorted(waits) and waits[0] > NOW
    assert all(one.channel == "wecom" and "消息通道" in one.error for one in tries)


def test_our_mistake_is_stuck_at_once_and_a_refusal_ends_it() -> None:
    assert after(OurMistake()).state == rules.STUCK
    assert after(TurnedDown(reason="内容不符")).state == rules.FAILED
    assert after(SignInAgain()).state == rules.WAITING


def test_reports_are_asked_for_ever_more_rarely_and_not_after_a_day() -> None:
    gaps = [rules.ask_again(NOW, NOW, asked) for asked in range(8)]
    assert None not in gaps and gaps == sorted(gaps)  # type: ignore[type-var]
    assert rules.ask_again(NOW - timedelta(days=1), NOW, 0) is None


def test_two_messages_have_two_numbers() -> None:
    assert rules.number(uuid4()) != rules.number(uuid4())
