"""Each channel against its simulated counterpart, behind the real protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from portal.connectors.contract import (
    RateLimited,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
)
from portal.connectors.messaging import Channel, Outgoing, UnknownReceiver, open_channels
from portal.store import clock
from portal.store.message_texts import ChannelText
from sandbox.messengers import REFERENCES, Messengers, messengers
from sandbox.misbehaviour import Mode, Switch
from tests.messages.bridge import Bridge

CREDENTIALS = {name: f"{name}-of-tests" for name in REFERENCES}
PHONE = "13900000009"
WORDS = "【平台】一件待办，编号A1。"


@dataclass
class Ground:
    """Both channels, what stands behind them, and how to make that misbehave."""

    sms: Channel
    wecom: Channel
    over_there: Messengers
    switches: dict[str, Switch]


def texts(credentials: dict[str, str] | None = None) -> tuple[ChannelText, ...]:
    names = {one: one for one in REFERENCES} | (credentials or {})
    return (
        ChannelText(id="sms", name="短信", kind="sms", endpoint="http://sim.test/sms",
                    template="T1",
                    credentials={"app_id": names["sms_app_id"], "secret": names["sms_secret"]}),
        ChannelText(id="wecom", name="政务微信", kind="wecom", endpoint="http://sim.test/wecom",
                    agent=1,
                    credentials={"corp_id": names["wecom_corp_id"],
                                 "secret": names["wecom_secret"]}),
    )  # fmt: skip


def build(secret: dict[str, str] = CREDENTIALS) -> Ground:
    there = messengers(CREDENTIALS, clock.now)
    mounts = list(there.mounts())
    app = Starlette(routes=[mount for _, mount, _ in mounts])
    client = httpx.Client(transport=Bridge(app))
    sms, wecom = open_channels(texts(), secret=secret.__getitem__, client=client)
    return Ground(sms, wecom, there, {name: handle.switch for name, _, handle in mounts})


@pytest.fixture
def ground(frozen: clock.FrozenClock) -> Iterator[Ground]:
    yield build()


def message(phone: str = PHONE, key: str = "") -> Outgoing:
    return Outgoing(key=key or str(uuid4()), phone=phone, words=WORDS)


def test_a_text_message_is_sent_once_however_often_it_is_asked_for(ground: Ground) -> None:
    one = message()
    first, again = ground.sms.send(one), ground.sms.send(one)
    assert first == again
    assert ground.over_there.sms is not None
    assert [(s.phone, s.words) for s in ground.over_there.sms.shown] == [(PHONE, WORDS)]
    assert ground.sms.send(message()) != first


def test_delivery_is_reported_when_it_is_known(ground: Ground, frozen: clock.FrozenClock) -> None:
    good = ground.sms.send(message()).foreign_id
    bad = ground.sms.send(message("13900000001")).foreign_id
    assert ground.sms.reports([good, bad]) == []
    frozen.advance(timedelta(seconds=6))
    found = {one.foreign_id: one for one in ground.sms.reports([good, bad])}
    assert found[good].delivered and not found[bad].delivered
    assert found[bad].reason == "未能送达"


@pytest.mark.parametrize("phone", ["13900000002", "1390000"])
def test_a_number_that_cannot_be_reached_is_told_apart(ground: Ground, phone: str) -> None:
    with pytest.raises(UnknownReceiver):
        ground.sms.send(message(phone))


def test_a_wrong_secret_is_no_accident(frozen: clock.FrozenClock) -> None:
    ground = build({name: "wrong" for name in CREDENTIALS})
    for channel in (ground.sms, ground.wecom):
        with pytest.raises(SignInAgain):
            channel.send(message())


def test_a_signature_is_good_for_one_request_only(ground: Ground) -> None:
    assert ground.over_there.sms is not None
    line = ground.sms._line  # type: ignore[attr-defined]
    seen: list[tuple[str, bytes, dict[str, str]]] = []
    ask = line.ask

    def listening(method: str, url: str, *, body: bytes, headers: dict[str, str]) -> object:
        seen.append((url, body, headers))
        return ask(method, url, body=body, headers=headers)

    line.ask = listening
    ground.sms.send(message())
    url, body, headers = seen[0]
    assert ask("POST", url, body=body, headers=headers)["code"] == "1001"


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        (Mode.DOWN, SystemFault),
        (Mode.ERROR_200, RetryLater),
        (Mode.RATE_LIMIT, RateLimited),
        (Mode.HTML, TheirFault),
        (Mode.TRUNCATED, TheirFault),
    ],
)
@pytest.mark.parametrize("name", ["sms", "wecom"])
def test_a_channel_that_misbehaves_is_a_fault_and_nothing_is_lost(
    ground: Ground, name: str, mode: Mode, fault: type[SystemFault]
) -> None:
    ground.switches[name].turn(mode)
    channel: Channel = getattr(ground, name)
    with pytest.raises(fault) as caught:
        channel.send(message())
    assert "secret" not in str(caught.value) + str(caught.value.detail)
    ground.switches[name].turn(Mode.NORMAL)
    assert channel.send(message()).foreign_id


def test_one_token_serves_many_messages_and_an_over_one_is_fetched_anew_once(
    ground: Ground, frozen: clock.FrozenClock
) -> None:
    there = ground.over_there.wecom
    assert there is not None
    for number in range(3):
        ground.wecom.send(Outgoing(key=f"k{number}", phone=PHONE, words=f"{WORDS}{number}"))
    assert there.asked_tokens == 1
    there.revoke()
    ground.wecom.send(message())
    assert there.asked_tokens == 2
    frozen.advance(timedelta(hours=3))
    ground.wecom.send(message("13900000008"))
    assert there.asked_tokens == 3


def test_the_same_text_again_is_not_shown_twice(ground: Ground) -> None:
    assert ground.over_there.wecom is not None
    ground.wecom.send(message())
    ground.wecom.send(message())
    assert [one.words for one in ground.over_there.wecom.shown] == [WORDS]
    assert not ground.wecom.reporting and ground.wecom.reports(["W1"]) == ()


def test_a_phone_that_nobody_has_there_is_told_apart(ground: Ground) -> None:
    with pytest.raises(UnknownReceiver):
        ground.wecom.send(message("13900000003"))


def test_a_message_does_not_show_its_number_by_accident() -> None:
    assert PHONE not in repr(message())


def test_a_channel_is_opened_only_with_an_endpoint_that_is_allowed() -> None:
    shut = [one.model_copy(update={"endpoint": ""}) for one in texts()]
    assert open_channels(shut, secret=CREDENTIALS.__getitem__) == ()
    known = CREDENTIALS.__getitem__
    assert open_channels(texts(), secret=known, allow=["https://*.gov.test"]) == ()
    rest = open_channels(texts({"sms_secret": "unknown"}), secret=known)
    assert [one.id for one in rest] == ["wecom"]


def test_the_client_follows_no_redirect_and_asks_no_proxy() -> None:
    from portal.connectors.messaging.line import open_client

    with open_client() as client:
        assert not client.follow_redirects and not client.trust_env
        assert isinstance(client, httpx.Client)
