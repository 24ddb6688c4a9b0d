"""Credentials of REST systems: one token for all, renewed early, never asked for in a loop."""

import json
from datetime import timedelta
from typing import Any

import pytest

from portal.connectors.contract import OurMistake, SignInAgain, SystemFault, TheirFault
from portal.store.clock import FrozenClock
from tests.connectors.rest_world import MakeSystem, exchange, says
from tests.connectors.scripted import Reply, Request, ScriptedServer
from tests.connectors.support import GOOD

OAUTH = """[auth]
kind = "oauth2"
token_path = "/token"
renew_seconds = 30
"""


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
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
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
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
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
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock, life: Any
) -> None:
    bank = Bank(expires_in=life)
    server.play(bank)
    exchange(make_system(oauth), clock, times=3)
    assert bank.issued == 1


def test_a_refused_token_is_replaced_once_and_the_call_repeated_once(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    bank.revoked.add("t1")
    answer, trace = exchange(make_system(oauth), clock)
    assert answer == GOOD
    assert (bank.issued, trace.calls) == (2, 2)


def test_calls_refused_together_share_one_new_token(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    bank = Bank()
    server.play(bank)
    bank.revoked.add("t1")
    exchange(make_system(oauth), clock, times=8, together=True)
    assert bank.issued == 2


def test_a_system_that_refuses_every_token_is_asked_twice_and_no_more(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
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
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock, reply: Reply
) -> None:
    server.play(lambda _request: reply)
    with pytest.raises(SignInAgain):
        exchange(make_system(oauth), clock)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access_token": 1}', b"<html>"])
def test_a_token_endpoint_that_talks_nonsense_is_their_fault(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock, body: bytes
) -> None:
    server.play(lambda _request: Reply(body=body))
    with pytest.raises(TheirFault):
        exchange(make_system(oauth), clock)


def test_an_unset_secret_is_our_mistake_and_no_call(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    system = make_system(oauth)

    def unset(name: str) -> str:
        raise KeyError(name)

    object.__setattr__(system, "secret", unset)
    with pytest.raises(OurMistake):
        exchange(system, clock)
    assert server.seen == []


def test_no_error_carries_a_secret(
    server: ScriptedServer, make_system: MakeSystem, clock: FrozenClock
) -> None:
    server.play(says({}, 401))
    with pytest.raises(SystemFault) as raised:
        exchange(make_system(oauth), clock)
    assert "THE-SECRET" not in f"{raised.value!r} {raised.value.message} {raised.value.detail}"
