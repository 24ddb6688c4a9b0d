"""The doors and the API on the real portal, asked as nobody should ask."""

import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

from auth import clients, posts, sessions
from auth.clients import Wish
from portal.functions.entry.jump import way
from tests.protocol.client import SECONDS, Browser
from tests.protocol.conftest import CLERK, OFFICER, Town
from tests.protocol.house import House

SignIn = Callable[..., Browser]
COMMUNITY = "630102101003"


def link_of(town: Town, login: str, system: str = "subsistence") -> str:
    """The link as the person's own page draws it."""
    live = sessions.check(town.session_of(login))
    assert live is not None
    who = posts.principal_for(
        account_id=live.account_id, post_id=live.post_id, session_id=live.id, factors=live.factors
    )
    assert who is not None
    return way(who, system)


def raw(house: House, request: bytes) -> bytes:
    """Bytes over a plain socket; gives all that comes back until the server closes."""
    address = urlsplit(house.base)
    with socket.create_connection((str(address.hostname), address.port or 80), SECONDS) as wire:
        wire.sendall(request)
        received = b""
        while part := wire.recv(65536):
            received += part
        return received


@pytest.fixture(scope="module")
def token(town: Town) -> str:
    return clients.issue(
        Wish(
            client="协议检验程序",
            unit_id=f"com-{COMMUNITY}",
            role="community_clerk",
            permissions=("records.search", "reports.view", "entry.jump"),
            prefixes=(COMMUNITY,),
            purposes=("counter",),
            days=1,
        )
    )[1]


# -- /jump ----------------------------------------------------------------------------------------


def test_a_stranger_gets_no_ticket(fresh: House) -> None:
    for path in ("/jump/grid", "/jump/grid?i=" + "0" * 32, "/jump/none?i=x"):
        answer = httpx.get(f"{fresh.base}{path}")
        assert answer.status_code == 401, path
        assert "没有进入业务系统" in answer.text and "<form" not in answer.text, path


def test_a_signed_in_person_gets_one_in_a_form(portal: House, people: SignIn, town: Town) -> None:
    browser = people(portal)
    answer = browser.http.get(link_of(town, CLERK))
    assert answer.status_code == 200
    assert re.search(r'<input type="hidden" name="ticket" value="ey[^"]+">', answer.text)
    assert "form-action http://127.0.0.1:8600;" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    log = portal.log.read_text(encoding="utf-8", errors="replace")
    assert "eyJhbGci" not in log


def test_a_link_in_another_browser_is_refused(portal: House, people: SignIn, town: Town) -> None:
    people(portal)
    link = link_of(town, CLERK)
    other = people(portal, OFFICER)
    answer = other.http.get(link)
    assert answer.status_code == 403 and "<form" not in answer.text


def test_a_copied_cookie_gets_nothing_after_the_sign_out(
    portal: House, people: SignIn, town: Town
) -> None:
    browser = people(portal)
    link, thief = link_of(town, CLERK), browser.copy()
    browser.sign_out()
    assert thief.http.get(link).status_code == 401


ATTACKS = [
    {"headers": {"Sec-Fetch-Site": "cross-site"}},
    {"headers": {"Origin": "http://evil.test"}},
    {"headers": {"Host": "evil.test"}},
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_other_site_opens_a_door(
    portal: House, people: SignIn, town: Town, attack: dict[str, dict[str, str]]
) -> None:
    browser = people(portal)
    answer = browser.http.get(link_of(town, CLERK), headers=attack["headers"])
    assert answer.status_code in {403, 421} and "<form" not in answer.text


# -- /api -----------------------------------------------------------------------------------------

EVERYTHING = [
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/doors",
    "/api/v1/reports",
    "/api/v1/reports/population.xlsx",
    "/api/v1/records/search",
    "/api/v1/tickets/redeem",
    "/api/v1/nothing",
    "/api/v1/%E4%B8%AD",
    "/api/%2e%2e/records",
    "/api/docs",
]


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PROPFIND"])
def test_a_stranger_hears_json_and_nothing_else(portal: House, path: str, method: str) -> None:
    answer = httpx.request(method, f"{portal.base}{path}", headers={"Accept": "text/html"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    if method != "HEAD":
        assert set(answer.json()["error"]) == {"code", "message", "trace_id"}


def test_the_cookie_of_a_person_opens_no_address_for_programs(
    portal: House, people: SignIn
) -> None:
    browser = people(portal)
    assert browser.http.get("/api/v1/doors").status_code == 401
    asked = {"region": COMMUNITY, "period": "2026"}
    assert browser.http.get("/api/v1/reports/population", params=asked).status_code == 401
    assert browser.http.get("/api/v1/reports/population.xlsx", params=asked).status_code == 200


def test_a_token_opens_what_it_may(portal: House, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    doors = httpx.get(f"{portal.base}/api/v1/doors", headers=bearer, timeout=SECONDS)
    assert doors.status_code == 200
    assert {one["system_id"] for one in doors.json()["doors"]} >= {"subsistence", "pension"}
    asked = {"text": "张三", "purpose": "counter"}
    found = httpx.post(f"{portal.base}/api/v1/records/search", json=asked, headers=bearer)
    assert found.status_code == 200 and found.json()["hits"] == []
    body = {"subject_id": "00000000-0000-0000-0000-000000000000", "purpose": "counter"}
    refused = httpx.post(f"{portal.base}/api/v1/records/dossier", json=body, headers=bearer)
    assert refused.status_code == 403


@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_body_without_end_is_cut_off(portal: House, token: str, kind: str) -> None:
    host = urlsplit(portal.base).netloc
    head = (
        f"POST /api/v1/records/search HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    ).encode()
    if kind == "length":
        request = head + b"Content-Length: 99999999\r\n\r\n" + b" " * 100_000
    else:
        chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        request = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 6 + b"0\r\n\r\n"
    answer = raw(portal, request)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code":"too_large"' in answer


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer\x00x\r\n",
        b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
        b"Authorization : Bearer a\r\n",
        b"Authorization: Bearer \xe4\xb8\xad\r\n",
    ],
)
def test_a_malformed_header_is_never_a_fault(portal: House, header: bytes) -> None:
    host = urlsplit(portal.base).netloc.encode()
    request = b"GET /api/v1/doors HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n"
    answer = raw(portal, request + header + b"\r\n")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401"))
    assert b"<html" not in answer.lower()
