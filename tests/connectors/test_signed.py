"""Signed headers: what is signed, never twice alike, and a clock that differs."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.contract import SignInAgain
from portal.connectors.sign import text_to_sign
from portal.store.clock import FrozenClock
from tests.connectors.rest_world import MakeSystem, exchange
from tests.connectors.scripted import Reply, Request, ScriptedServer
from tests.connectors.support import GOOD

KEYS = {"app_id": "the-app", "secret": "the-secret"}
WINDOW = 120


def signed(text: str) -> str:
    return text.replace("[envelope]", '[auth]\nkind = "hmac"\n[envelope]')


@pytest.fixture
def system(make_system: MakeSystem) -> Any:
    return make_system(signed, credentials=KEYS)


def right(request: Request) -> bool:
    """Whether a request is signed as it should be: written from the dialect, not from our code."""
    query = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    stamp, nonce = request.headers["x-timestamp"], request.headers["x-nonce"]
    body = hashlib.sha256(request.body).hexdigest()
    lines = "\n".join((request.method, request.path, query, body, stamp, nonce))
    made = hmac.new(b"THE-SECRET", lines.encode(), hashlib.sha256).hexdigest()
    return made == request.headers["x-signature"] and request.headers["x-app-id"] == "THE-APP"


def strict(clock: FrozenClock, ahead: timedelta = timedelta()) -> Callable[[Request], Reply]:
    """A server that refuses another signature, an old timestamp and a nonce it has seen."""
    seen: set[str] = set()

    def answer(request: Request) -> Reply:
        theirs = clock.now() + ahead
        date = {"Date": format_datetime(theirs, usegmt=True)}
        off = abs(theirs.timestamp() - int(request.headers["x-timestamp"]))
        nonce = request.headers["x-nonce"]
        if not right(request) or off > WINDOW or nonce in seen:
            return Reply(status=401, headers=date, body=b'{"code":"3"}')
        seen.add(nonce)
        return Reply(headers=date, body=json.dumps(GOOD).encode())

    return answer


def test_a_request_is_signed_as_the_dialect_says(
    system: Any, server: ScriptedServer, clock: FrozenClock
) -> None:
    server.play(strict(clock))
    answer, trace = exchange(system, clock)
    assert (answer["code"], trace.calls) == ("0", 1)


def test_no_two_requests_have_the_same_nonce(
    system: Any, server: ScriptedServer, clock: FrozenClock
) -> None:
    server.play(strict(clock))
    _, trace = exchange(system, clock, times=20, together=True)
    assert trace.calls == 20
    assert len({one.headers["x-nonce"] for one in server.seen}) == 20
    assert all(len(one.headers["x-nonce"]) == 32 for one in server.seen)


@pytest.mark.parametrize("seconds", [-280, -130, 130, 280])
def test_another_clock_is_followed_with_one_more_request_and_then_remembered(
    system: Any, server: ScriptedServer, clock: FrozenClock, seconds: int
) -> None:
    server.play(strict(clock, timedelta(seconds=seconds)))
    answer, trace = exchange(system, clock, times=3)
    assert answer["code"] == "0"
    assert trace.calls == 4, "refused once, then right"


@pytest.mark.parametrize("seconds", [-4000, 4000])
def test_a_clock_that_is_far_away_is_not_followed(
    system: Any, server: ScriptedServer, clock: FrozenClock, seconds: int
) -> None:
    server.play(strict(clock, timedelta(seconds=seconds)))
    with pytest.raises(SignInAgain):
        exchange(system, clock)
    assert len(server.seen) == 1


def test_a_clock_that_comes_back_is_followed_back(
    system: Any, server: ScriptedServer, clock: FrozenClock
) -> None:
    back = [strict(clock) for _ in range(3)]
    scripts = [strict(clock, timedelta(seconds=200)), *back]
    server.play(scripts.pop(0))
    _, trace = exchange(system, clock, times=3, between=lambda: server.play(scripts.pop(0)))
    assert trace.calls == 2 + 2 + 1


def test_a_wrong_secret_is_refused_and_not_tried_again(
    make_system: MakeSystem, server: ScriptedServer, clock: FrozenClock
) -> None:
    other = make_system(signed, credentials={**KEYS, "secret": "another"})
    server.play(strict(clock))
    with pytest.raises(SignInAgain):
        exchange(other, clock)
    assert len(server.seen) == 1


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Nov 2026 00:00:00 GMT"])
def test_a_date_that_says_nothing_changes_nothing(
    system: Any, server: ScriptedServer, clock: FrozenClock, date: str | None
) -> None:
    headers = {} if date is None else {"Date": date}
    server.play(lambda _request: Reply(body=json.dumps(GOOD).encode(), headers=headers))
    exchange(system, clock, times=2)
    stamps = {one.headers["x-timestamp"] for one in server.seen}
    assert stamps == {str(int(clock.now().timestamp()))}


BASE: dict[str, Any] = {
    "method": "GET",
    "url": "http://a.test/x?b=2&a=1",
    "body": b"{}",
    "timestamp": "1",
    "nonce": "n",
}


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"url": "http://a.test/y?b=2&a=1"},
        {"url": "http://a.test/x?b=2&a=2"},
        {"url": "http://a.test/x?b=2"},
        {"body": b"{ }"},
        {"body": None},
        {"timestamp": "2"},
        {"nonce": "m"},
    ],
)
def test_every_part_of_a_request_is_signed(change: dict[str, Any]) -> None:
    assert text_to_sign(**BASE) != text_to_sign(**{**BASE, **change})


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5), st.randoms())
def test_the_order_of_the_query_does_not_matter(query: dict[str, str], dice: Any) -> None:
    pairs = list(query.items())
    one = text_to_sign(**{**BASE, "url": f"http://a.test/x?{urlencode(pairs)}"})
    dice.shuffle(pairs)
    assert text_to_sign(**{**BASE, "url": f"http://a.test/x?{urlencode(pairs)}"}) == one
    assert one.count("\n") == 5, "no value can add a line"
