"""REST on a real wire: what a server may do to us, and what we never do to it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

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
from portal.connectors.registry import System, load_registry
from portal.connectors.rest import RestTransport, open_session
from portal.connectors.transport import Trace
from portal.store.clock import FrozenClock
from tests.connectors.conftest import free_port
from tests.connectors.scripted import Reply, Request, ScriptedServer, scripted_server
from tests.connectors.support import GOOD, ID_NUMBER, site, write_manifests

OAUTH = """[auth]
kind = "oauth2"
token_path = "/token"
renew_seconds = 30
"""
CREDENTIALS = {"client_id": "the-id", "client_secret": "the-secret"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def make_system(configured: Path, tmp_path: Path, server: ScriptedServer) -> Callable[..., System]:
    def make(change: Callable[[str], str] = str, **changes: Any) -> System:
        folder = write_manifests(tmp_path, ["a"], change)
        values = {"endpoint": f"{server.url}/api", "credentials": CREDENTIALS, **changes}
        registry = load_registry([site("a", **values)], folder=folder, secret=str.upper)
        return registry.system("a")

    return make


def exchange(
    system: System,
    clock: FrozenClock,
    *,
    values: dict[str, Any] | None = None,
    times: int = 1,
    together: bool = False,
    between: Callable[[], None] = lambda: None,
    seconds: float = 30,
) -> tuple[Any, Trace]:
    """Make the person call some times over one session; gives the last answer."""

    async def play() -> tuple[Any, Trace]:
        trace = Trace(now=clock.now)
        async with open_session() as session, asyncio.timeout(seconds):
            transport = RestTransport(system, session, clock.now)
            call = system.manifest.calls["person"]
            one = lambda: transport.exchange(call, values or {"id_number": "1"}, trace)  # noqa: E731
            if together:
                return (await asyncio.gather(*(one() for _ in range(times))))[-1], trace
            answer = None
            for _ in range(times):
                answer = await one()
                between()
            return answer, trace

    return asyncio.run(play())


def says(body: Any, status: int = 200, **headers: str) -> Callable[[Request], Reply]:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return lambda _request: Reply(status=status, body=raw, headers=headers)


def test_an_answer_is_plain_data_and_is_measured(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    server.play(says(GOOD))
    answer, trace = exchange(make_system(), clock, values={"id_number": ID_NUMBER})
    assert answer == GOOD
    assert trace.sent_at == trace.returned_at == clock.now()
    assert (trace.size, trace.calls) == (len(json.dumps(GOOD, ensure_ascii=False).encode()), 1)
    assert (server.seen[0].path, server.seen[0].query) == ("/api/person", {"id": ID_NUMBER})


@pytest.mark.parametrize("value", ["1&admin=1", "a=b", "x#y", "+ %2F", "../..", "一 二"])
def test_a_value_arrives_as_it_was_and_alone(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock, value: str
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
    make_system: Callable[..., System],
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
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    import gzip

    bomb = gzip.compress(b" " * 10_000_000)
    server.play(lambda _request: Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    system = make_system(lambda text: text.replace("[limits]", "[limits]\nmax_kilobytes = 64"))
    with pytest.raises(TheirFault, match="more than"):
        exchange(system, clock)


def test_a_named_time_to_wait_is_passed_on(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    server.play(lambda _request: Reply(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as raised:
        exchange(make_system(), clock)
    assert raised.value.retry_after == 7


def test_a_server_that_says_nothing_can_be_left(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    server.play(lambda _request: None)
    with pytest.raises((TimedOut, TimeoutError)):
        exchange(make_system(), clock, seconds=0.1)


def test_a_closed_port_is_unreachable(
    make_system: Callable[..., System], clock: FrozenClock
) -> None:
    with pytest.raises(Unreachable):
        exchange(make_system(endpoint=f"http://127.0.0.1:{free_port()}"), clock)


def test_a_404_that_names_the_missing_person_is_not_found(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    server.play(says({"error": "NOBODY"}, 404))
    system = make_system(
        lambda text: text.replace("[envelope]", "[envelope]\nnot_found = \"error == 'NOBODY'\"")
    )
    with pytest.raises(NotFound):
        exchange(system, clock)


def test_cookies_of_one_system_are_neither_kept_nor_sent(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    body = json.dumps(GOOD).encode()
    server.play(lambda _request: Reply(body=body, headers={"Set-Cookie": "track=1; Path=/"}))
    exchange(make_system(), clock, times=2)
    assert not any("cookie" in one.headers for one in server.seen)


# --- credentials -------------------------------------------------------------------------------


class Bank:
    """A token endpoint and what it guards."""

    def __init__(self, expires_in: Any = 120) -> None:
        self.issued = 0
        self.revoked: set[str] = set()
        self.expires_in = expires_in

    def __call__(self, request: Request) -> Reply:
        if request.path == "/api/token":
            self.issued += 1
            token = {"access_token": f"t{self.issued}", "expires_in": self.expires_in}
            return Reply(body=json.dumps(token).encode())
        token_sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token_sent or token_sent in self.revoked:
            return Reply(status=401)
        return Reply(body=json.dumps(GOOD).encode())


def oauth(text: str) -> str:
    return text.replace("[envelope]", f"{OAUTH}[envelope]")


def test_one_token_serves_all_and_is_fetched_once_however_many_ask(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    answer, _ = exchange(make_system(oauth), clock, times=10, together=True)
    assert answer == GOOD
    assert bank.issued == 1
    asked = next(one for one in server.seen if one.path == "/api/token")
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.body == b"grant_type=client_credentials"


def test_a_token_is_renewed_before_it_ends(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    bank = Bank(expires_in=120)
    server.play(bank)
    moves = iter([89, 2, 0])
    exchange(
        make_system(oauth),
        clock,
        times=3,
        between=lambda: clock.advance(timedelta(seconds=next(moves))),
    )
    assert bank.issued == 2


@pytest.mark.parametrize("life", [1, 20, None, "soon"])
def test_a_short_or_unnamed_life_does_not_mean_a_token_per_call(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock, life: Any
) -> None:
    bank = Bank(expires_in=life)
    server.play(bank)
    exchange(make_system(oauth), clock, times=3)
    assert bank.issued == 1


def test_a_refused_token_is_replaced_once_and_the_call_repeated_once(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    bank.revoked.add("t1")
    answer, trace = exchange(make_system(oauth), clock)
    assert answer == GOOD
    assert (bank.issued, trace.calls) == (2, 2)


def test_calls_refused_together_share_one_new_token(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    bank.revoked.add("t1")
    exchange(make_system(oauth), clock, times=8, together=True)
    assert bank.issued == 2


def test_a_system_that_refuses_every_token_is_asked_twice_and_no_more(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    bank.revoked.update(f"t{number}" for number in range(10))
    with pytest.raises(SignInAgain):
        exchange(make_system(oauth), clock)
    assert (bank.issued, len(server.seen)) == (2, 4)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401),
        Reply(status=400, body=b"{}"),
        Reply(body=b'{"error": "invalid_client"}'),
    ],
)
def test_no_token_is_a_matter_of_credentials(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock, reply: Reply
) -> None:
    server.play(lambda _request: reply)
    with pytest.raises(SignInAgain):
        exchange(make_system(oauth), clock)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access_token": 1}', b"<html>"])
def test_a_token_endpoint_that_talks_nonsense_is_their_fault(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock, body: bytes
) -> None:
    server.play(lambda _request: Reply(body=body))
    with pytest.raises(TheirFault):
        exchange(make_system(oauth), clock)


def test_an_unset_secret_is_our_mistake_and_no_call(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    system = make_system(oauth)

    def unset(name: str) -> str:
        raise KeyError(name)

    object.__setattr__(system, "secret", unset)
    with pytest.raises(OurMistake):
        exchange(system, clock)
    assert server.seen == []


def test_no_error_carries_a_secret(
    server: ScriptedServer, make_system: Callable[..., System], clock: FrozenClock
) -> None:
    server.play(says({}, 401))
    with pytest.raises(SystemFault) as raised:
        exchange(make_system(oauth), clock)
    assert "THE-SECRET" not in f"{raised.value!r} {raised.value.message} {raised.value.detail}"
