"""REST on a real wire: what a server may do to us, and what we never do to it."""

import gzip
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from portal.connectors.contract import (
    NotFound,
    OurMistake,
    RateLimited,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.store.clock import FrozenClock
from tests.connectors.conftest import free_port
from tests.connectors.rest_world import MakeSystem, exchange, says
from tests.connectors.scripted import Reply, Request, ScriptedServer
from tests.connectors.support import GOOD, ID_NUMBER, NOBODY


def test_an_answer_is_plain_data_and_is_measured(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    server.play(says(GOOD))
    answer, trace = exchange(make_system(), clock, values={"id_number": ID_NUMBER})
    assert answer == GOOD
    assert trace.sent_at == trace.returned_at == clock.now()
    assert (trace.size, trace.calls) == (len(json.dumps(GOOD, ensure_ascii=False).encode()), 1)
    assert (server.seen[0].path, server.seen[0].query) == ("/api/person", {"id": ID_NUMBER})


@pytest.mark.parametrize("value", ["1&admin=1", "a=b", "x#y", "+ %2F", "../..", "一 二"])
def test_a_value_arrives_as_it_was_and_alone(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock, value: str
) -> None:
    server.play(says(GOOD))
    exchange(make_system(), clock, values={"id_number": value})
    assert server.seen[0].query == {"id": value}

    def in_path(text: str) -> str:
        changed = text.replace('path = "/person"', 'path = "/person/{id_number}/x"')
        return changed.replace('query = { id = "{id_number}" }', "")

    exchange(make_system(in_path), clock, values={"id_number": value})
    assert server.seen[1].path.count("/") == 4
    assert server.seen[1].query == {}

    def in_body(text: str) -> str:
        changed = text.replace('query = { id = "{id_number}" }', 'json = { a = ["{id_number}"] }')
        return changed.replace('path = "/person"', 'path = "/person"\nmethod = "POST"')

    exchange(make_system(in_body), clock, values={"id_number": value})
    assert json.loads(server.seen[2].body) == {"a": [value]}

    def in_form(text: str) -> str:
        changed = text.replace('query = { id = "{id_number}" }', 'form = { a = "{id_number}" }')
        changed = changed.replace("[envelope]\n", '[envelope]\nencoding = "gb18030"\n')
        return changed.replace('path = "/person"', 'path = "/person"\nmethod = "POST"')

    server.play(says(NOBODY))
    exchange(make_system(in_form), clock, values={"id_number": value})
    assert parse_qs(server.seen[3].body.decode("ascii"), encoding="gb18030") == {"a": [value]}
    assert server.seen[3].headers["content-type"].endswith("charset=gb18030")


BAD_ANSWERS: list[tuple[str, Callable[[Request], Reply | None], type[SystemFault]]] = [
    ("html", says(b"<!DOCTYPE html><html></html>"), TheirFault),
    ("html after blanks", says(b"\xef\xbb\xbf\n  <HTML>"), TheirFault),
    ("half of it", says(b'{"code": "0", "rows": ['), TheirFault),
    ("nothing", says(b""), TheirFault),
    ("gbk", says('{"name": "马占海"}'.encode("gbk")), TheirFault),
    ("replaced", says({"name": "\ufffd"}), TheirFault),
    ("deep", says(b"[" * 100_000), TheirFault),
    ("cut", lambda _request: Reply(body=b"{}", promised=4096), TheirFault),
    ("500", says({}, 500), TheirFault),
    ("502", says(b"<html>", 502), RetryLater),
    ("503", says({}, 503), RetryLater),
    ("400", says({}, 400), OurMistake),
    ("404", says({}, 404), OurMistake),
    ("404 html", says(b"<html>", 404), OurMistake),
    ("401", says({}, 401), SignInAgain),
    ("403", says({}, 403), SignInAgain),
    ("429", says({}, 429), RateLimited),
    ("302", says({}, 302, Location="http://127.0.0.1:1/"), OurMistake),
    ("big", says(b"x" * 3000), TheirFault),
]


@pytest.mark.parametrize(("script", "fault"), [one[1:] for one in BAD_ANSWERS], ids=lambda one: "")
def test_what_is_no_answer_is_a_fault_and_is_asked_for_once(
    server: ScriptedServer,
    make_system: MakeSystem,
    clock: FrozenClock,
    script: Callable[[Request], Reply | None],
    fault: type[SystemFault],
) -> None:
    server.play(script)
    system = make_system(lambda text: text.replace("[limits]", "[limits]\nmax_kilobytes = 2"))
    if script is BAD_ANSWERS[6][1]:
        system = make_system()
    with pytest.raises(fault) as raised:
        exchange(system, clock)
    assert type(raised.value) is fault
    assert len(server.seen) == 1


def test_a_compressed_bomb_is_measured_by_what_it_becomes(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    server.play(lambda _request: Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    system = make_system(lambda text: text.replace("[limits]", "[limits]\nmax_kilobytes = 64"))
    with pytest.raises(TheirFault, match="more than"):
        exchange(system, clock)


def test_a_named_time_to_wait_is_passed_on(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    server.play(lambda _request: Reply(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as raised:
        exchange(make_system(), clock)
    assert raised.value.retry_after == 7


def test_a_server_that_says_nothing_can_be_left(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    server.play(lambda _request: None)
    with pytest.raises((TimedOut, TimeoutError)):
        exchange(make_system(), clock, seconds=0.1)


def test_a_closed_port_is_unreachable(make_system: MakeSystem, clock: FrozenClock) -> None:
    with pytest.raises(Unreachable):
        exchange(make_system(endpoint=f"http://127.0.0.1:{free_port()}"), clock)


def test_a_404_that_names_the_missing_person_is_not_found(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    server.play(says({"error": "NOBODY"}, 404))
    system = make_system(
        lambda text: text.replace("[envelope]", "[envelope]\nnot_found = \"error == 'NOBODY'\"")
    )
    with pytest.raises(NotFound):
        exchange(system, clock)


def test_cookies_of_one_system_are_neither_kept_nor_sent(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    body = json.dumps(GOOD).encode()
    server.play(lambda _request: Reply(body=body, headers={"Set-Cookie": "track=1; Path=/"}))
    exchange(make_system(), clock, times=2)
    assert not any("cookie" in one.headers for one in server.seen)
