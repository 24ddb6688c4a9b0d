"""The hotline's side: who is let in, what a list holds, what a reply does."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.sandbox.support import CREDENTIALS, FIXTURES, NOON, Caller, fits

LIST, SAVE, PING = (
    f"/hotline/api/{one}" for one in ("workSheetInfo/list", "workSheetReply/save", "ping")
)

WEEKS = "endTime=2026-11-22&pageNumber={page}&pageSize=50&startTime=2026-11-01"


def signed(
    method: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    *,
    nonce: str,
    off: int = 0,
    secret: str = CREDENTIALS["hotline_secret"],
) -> dict[str, str]:
    """The headers of a request."""
    stamp = str(int(NOON.timestamp()) + off)
    lines = (method, path, query, hashlib.sha256(body).hexdigest(), stamp, nonce)
    text = "\n".join(lines).encode()
    return {
        "X-App-Id": CREDENTIALS["hotline_app_id"],
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
    }


@pytest.fixture
def nonce(request: pytest.FixtureRequest) -> str:
    return hashlib.sha256(request.node.name.encode()).hexdigest()[:32]


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / "hotline" / name).read_text(encoding="utf-8"))


def listed(client: Caller, query: str, nonce: str) -> Any:
    headers = signed("GET", LIST, query, nonce=nonce)
    answer = client.get(f"{LIST}?{query}", headers=headers)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"secret": "another"}, "error_signature.401.json"),
        ({"off": 121}, "error_timestamp.401.json"),
        ({"off": -121}, "error_timestamp.401.json"),
    ],
)
def test_who_is_not_let_in(client: Caller, changes: dict[str, Any], name: str, nonce: str) -> None:
    answer = client.get(PING, headers=signed("GET", PING, nonce=nonce, **changes))
    assert answer.status_code == 401
    assert answer.json() == fixture(name)


def test_a_nonce_is_good_once(client: Caller, nonce: str) -> None:
    headers = signed("GET", PING, nonce=nonce, off=100)
    assert client.get(PING, headers=headers).json()["code"] == "0000"
    again = client.get(PING, headers=headers)
    assert (again.status_code, again.json()) == (401, fixture("error_nonce.401.json"))


def test_a_signature_is_good_for_one_request_only(client: Caller, nonce: str) -> None:
    headers = signed("GET", LIST, "pageNumber=1", nonce=nonce)
    for url in (f"{LIST}?pageNumber=2", PING, f"{LIST}?pageNumber=1&gdzt=3"):
        assert client.get(url, headers=headers).status_code == 401
    assert client.get(f"{LIST}?pageNumber=1", headers=headers).status_code == 200


def test_a_list_has_the_recorded_shape_and_pages_without_gaps(client: Caller, nonce: str) -> None:
    first = listed(
        client, "endTime=2026-11-22&pageNumber=1&pageSize=50&startTime=2026-11-01", nonce
    )
    assert fits(first, fixture("worksheets_page_1.json"))
    total, seen = first["result"]["pageData"]["total"], set()
    for page in range(1, total // 50 + 2):
        answer = listed(client, WEEKS.format(page=page), f"{page:032d}")
        seen |= {one["gdbh"] for one in answer["result"]["pageData"]["records"]}
    assert len(seen) == total > 50


def test_a_wrong_page_is_an_error_with_status_200(client: Caller, nonce: str) -> None:
    assert listed(client, "pageSize=201", nonce) == fixture("error_parameter.json")


def test_a_reply_finishes_an_order_once(client: Caller, nonce: str) -> None:
    open_one = listed(client, "gdzt=2&pageSize=1", nonce)["result"]["pageData"]["records"][0]
    body = json.dumps({"gdbh": open_one["gdbh"], "reply": "已修复", "status": "3"}).encode()

    def save(number: int) -> Any:
        headers = signed("POST", SAVE, body=body, nonce=f"{number:031d}s")
        return client.post(SAVE, content=body, headers=headers).json()

    assert fits(save(1), fixture("reply_saved.json"))
    assert save(2) == fixture("error_reply.json")
