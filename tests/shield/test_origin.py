"""Only the public address and its own pages are answered."""

import asyncio

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield.origin import Origin
from tests.shield.wire import OWN, Browser, fetch, plain, scope


def guarded(**named: object) -> ASGIApp:
    return Origin(plain(), public_url=OWN, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1", "portal.test.evil.test"])
def test_a_foreign_host_is_turned_away(host: str) -> None:
    assert fetch(guarded(), "/", headers={"host": host}).status == 421


def test_two_hosts_are_one_too_many() -> None:
    hosts = [("host", "portal.test"), ("host", "evil.test")]
    assert fetch(guarded(), "/", headers=hosts).status == 421


@pytest.mark.parametrize("host", ["portal.test", "PORTAL.test", "portal.test:80", "portal.test."])
def test_the_own_host_is_recognised_however_it_is_written(host: str) -> None:
    assert fetch(guarded(), "/", headers={"host": host}).status == 200


def test_a_further_host_may_be_allowed_by_setting() -> None:
    app = guarded(extra_hosts=("10.0.0.5:8501",))
    assert fetch(app, "/", headers={"host": "10.0.0.5:8501"}).status == 200
    assert fetch(app, "/", headers={"host": "10.0.0.5:9000"}).status == 421


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_by_address(path: str) -> None:
    assert fetch(guarded(), path, headers={"host": "10.1.2.3:8501"}).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://localhost:3000", "https://portal.test", ""]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_another_site_cannot_change_anything(method: str, origin: str) -> None:
    answer = fetch(guarded(), "/x", method=method, headers={"origin": origin})
    assert (answer.status, answer.error["code"]) == (403, "forbidden")


def test_our_own_pages_may_change_things() -> None:
    assert fetch(guarded(), "/x", method="POST", headers={"origin": OWN}).status == 200


def test_a_program_without_an_origin_may_ask() -> None:
    assert fetch(guarded(), "/idp/token", method="POST").status == 200


def test_reading_from_another_site_is_no_change() -> None:
    assert fetch(guarded(), "/", headers={"sec-fetch-site": "cross-site"}).status == 200


def test_another_site_cannot_sign_somebody_out() -> None:
    answer = fetch(guarded(), "/auth/logout", headers={"sec-fetch-site": "cross-site"})
    assert answer.status == 403
    assert fetch(guarded(), "/auth/logout", headers={"sec-fetch-site": "same-origin"}).status == 200


def refused(headers: dict[str, str]) -> bool:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    async def run() -> bool:
        request = scope("/_stcore/stream", kind="websocket", headers=headers)
        return await Browser(Origin(inner, public_url=OWN), request).refused()

    return asyncio.run(run())


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "null",
        "http://localhost:8501",
        "http://127.0.0.1",
        "https://portal.test",
    ],
)
def test_a_foreign_websocket_is_refused_before_streamlit_looks(origin: str) -> None:
    assert refused({"origin": origin})


def test_a_websocket_must_say_where_it_is_from() -> None:
    assert refused({})


def test_our_own_websocket_is_let_through() -> None:
    assert not refused({"origin": OWN})
