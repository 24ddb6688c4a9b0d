"""The switches: each makes a system misbehave in its own way, and only that system."""

import asyncio
import json
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from lxml import etree
from starlette.types import ASGIApp, Message

from sandbox.misbehaviour import Mode, Switch
from tests.sandbox.support import APP_KEY, Caller, soap, turn

PING = "/subsistence/api/ping"
LIST = "/subsistence/api/dbdx/list?pageSize=50"


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"x-app-key", APP_KEY["X-App-Key"].encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("sim", 80),
    }


def test_down_is_a_503(client: Caller) -> None:
    turn(client, "subsistence", "down")
    assert client.get(PING, headers=APP_KEY).status_code == 503


def test_html_comes_with_a_200(client: Caller) -> None:
    turn(client, "subsistence", "html")
    answer = client.get(PING, headers=APP_KEY)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "系统维护" in answer.text


def test_truncated_json_cannot_be_read(client: Caller) -> None:
    turn(client, "subsistence", "truncated")
    answer = client.get(LIST, headers=APP_KEY)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 100
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|unexpected end"):
        json.loads(answer.content)


def test_truncated_xml_cannot_be_read(client: Caller) -> None:
    turn(client, "pension", "truncated")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(soap(client, "Ping"))


def test_wrongly_encoded_json_is_gbk_declared_as_utf8(client: Caller) -> None:
    turn(client, "subsistence", "wrong_encoding")
    answer = client.get(PING, headers=APP_KEY)
    assert "utf-8" in answer.headers["content-type"]
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")
    assert "服务正常" in answer.content.decode("gbk")


def test_wrongly_encoded_xml_is_utf8_declared_as_gbk(client: Caller) -> None:
    turn(client, "pension", "wrong_encoding")
    answer = soap(client, "Ping")
    assert 'encoding="GBK"' in answer.splitlines()[0].decode()
    assert "服务正常" in answer.decode("utf-8")


def test_rate_limit_says_when_to_come_back(client: Caller) -> None:
    turn(client, "subsistence", "rate_limit")
    answer = client.get(PING, headers=APP_KEY)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3"


def test_slow_still_answers(client: Caller) -> None:
    turn(client, "subsistence", "slow", delay_ms=1)
    assert client.get(PING, headers=APP_KEY).json()["code"] == "0000"


def test_a_reset_promises_more_than_it_sends(client: Caller) -> None:
    turn(client, "subsistence", "reset")
    assert [m["type"] for m in run(client.app, leave=False)] == ["http.response.start"]


def test_a_hanging_system_says_nothing_until_the_caller_leaves(client: Caller) -> None:
    turn(client, "subsistence", "hang")
    assert run(client.app, leave=True) == []


def run(app: ASGIApp, *, leave: bool) -> list[Message]:
    """What one request gets before its caller disconnects (``leave``) or it is over."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        if leave:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(app(scope(PING), receive, send))  # type: ignore[arg-type]
    return sent


def test_a_change_of_mode_frees_those_who_hang(client: Caller) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def go() -> None:
        waiting = asyncio.Event()

        async def stay() -> Message:
            waiting.set()
            return await asyncio.Future()

        transport = ASGITransport(app=client.app)
        async with AsyncClient(transport=transport, base_url="http://sim") as desk:
            await desk.post("/_control/subsistence", json={"mode": "hang"})
            hanging = asyncio.ensure_future(client.app(scope(PING), stay, send))
            await waiting.wait()
            assert not sent
            await desk.post("/_control/subsistence", json={"mode": "normal"})
            await hanging

    asyncio.run(go())
    assert sent[0]["status"] == 503


def test_the_other_systems_go_on(client: Caller) -> None:
    turn(client, "medical_insurance", "down")
    assert client.get(PING, headers=APP_KEY).json()["code"] == "0000"
    assert b"<CODE>1</CODE>" in soap(client, "Ping")


def test_normal_is_normal_again(client: Caller) -> None:
    before = client.get(LIST, headers=APP_KEY).content
    turn(client, "subsistence", "html")
    turn(client, "subsistence", "normal")
    assert client.get(LIST, headers=APP_KEY).content == before


@pytest.mark.parametrize(
    "wish",
    [
        {"mode": "expire_token"},
        {"mode": "short_tokens"},
        {"mode": "late"},
        {"mode": "never heard"},
        {"mode": ["slow"]},
        {"mode": "slow", "delay_ms": -1},
        {"mode": "slow", "delay_ms": "long"},
        [],
    ],
    ids=str,
)
def test_a_wish_that_cannot_be_fulfilled_changes_nothing(client: Caller, wish: object) -> None:
    assert client.post("/_control/subsistence", json=wish).status_code == 422
    assert client.get("/_control").json()["systems"]["subsistence"]["mode"] == "normal"


def test_an_unknown_system_has_no_switch(client: Caller) -> None:
    assert client.post("/_control/elsewhere", json={"mode": "down"}).status_code == 404


@pytest.mark.parametrize("path", ["/_control", "/_control/people"])
def test_the_desk_is_closed_to_other_machines(client: Caller, path: str) -> None:
    stranger = Caller(client.app, address="192.0.2.7")
    assert stranger.get(path).status_code == 404
    assert stranger.post("/_control/subsistence", json={"mode": "down"}).status_code == 404
    assert client.get(PING, headers=APP_KEY).json()["code"] == "0000"


def test_a_switch_refuses_a_mode_that_is_not_its_own() -> None:
    switch = Switch([Mode.NORMAL, Mode.DOWN])
    with pytest.raises(ValueError, match="garbage"):
        switch.turn(Mode.GARBAGE)
    assert switch.mode is Mode.NORMAL
