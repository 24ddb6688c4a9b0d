"""One shape for every error, whoever makes it: the shield, the framework or a function. No HTML."""

from typing import Any

import pytest

from auth import clients
from tests.api.test_access import DOORS, SEARCH, error_of
from tests.doorway import Browser, Doorway, wish

JSON = {"Content-Type": "application/json"}
PERSON = "00000000-0000-0000-0000-000000000000"
DOSSIER = "/api/v1/records/dossier"


@pytest.fixture
def program(doorway: Doorway) -> Browser:
    return Browser(doorway.app(), token=clients.issue(wish())[1])


UNKNOWN = ["/api", "/api/", "/api/v1", "/api/v2/doors", "/api/v1/doors/", "/api/v1/openapi.json"]
UNKNOWN += ["/api/docs", "/api/v1/records", "/api/v1/records/unmask", "/api//v1/doors", "/api/%00"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_address_is_a_json_404_even_for_a_browser(program: Browser, path: str) -> None:
    error_of(program.get(path, headers={"Accept": "text/html"}), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_wrong_method_is_a_json_405(program: Browser, method: str) -> None:
    answer = program.send(method, DOORS, headers={"Accept": "text/html"})
    error_of(answer, 405)
    assert answer.headers["allow"] == "GET"


BODIES: list[tuple[bytes, int]] = [
    (b"", 422),
    (b"{", 400),
    (b"[]", 422),
    (b"null", 422),
    (b"\xff\xfe", 400),
    (b"[" * 30_000, 400),
    (b'{"text": "' + "张".encode() * 81 + b'", "purpose": "counter"}', 422),
    (b'{"text": 7, "purpose": "counter"}', 422),
    ('{"text": "张三"}'.encode(), 422),
    ('{"text": "张三", "purpose": "../"}'.encode(), 422),
    ('{"text": "张三", "purpose": "counter", "\\ud800": 1}'.encode(), 422),
    (b'{"text": "\\ud800\\u0000", "purpose": "counter"}', 422),
    (b'{"text": "\\u0000a", "purpose": "counter"}', 422),
    (b'{"text": "%%", "purpose": "counter"}', 422),
    (b" " * 70_000, 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_a_bad_body_is_told_from_a_good_one(program: Browser, body: bytes, status: int) -> None:
    error = error_of(program.post(SEARCH, content=body, headers=JSON), status)
    assert all(
        one["field"].isascii() or "不认识" in one["field"] for one in error.get("fields", [])
    )


def test_a_bad_field_is_named_and_not_repeated(program: Browser) -> None:
    body = {"text": "张三", "purpose": "Secret 630102195304129822"}
    error = error_of(program.post(SEARCH, json=body), 422)
    assert error["fields"] == [{"field": "purpose", "message": "格式不正确"}]
    assert "630102" not in str(error)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "application/json; charset=gbk"]
)
def test_only_json_is_taken(program: Browser, kind: str) -> None:
    body = b'{"text": "x", "purpose": "counter"}'
    error_of(program.post(SEARCH, content=body, headers={"Content-Type": kind}), 415)


@pytest.mark.parametrize(
    "body",
    [
        {"subject_id": PERSON},
        {"subject_id": PERSON, "purpose": "counter", "case_id": PERSON},
        {"subject_id": "1", "purpose": "counter"},
        {"subject_id": PERSON, "purpose": "counter", "unmask": True},
    ],
)
def test_a_dossier_needs_one_person_and_one_reason(program: Browser, body: dict[str, Any]) -> None:
    error_of(program.post(DOSSIER, json=body), 422)


@pytest.mark.parametrize("reason", [{"purpose": "counter"}, {"case_id": PERSON}])
def test_whoever_is_not_there_is_as_refused_as_who_is_elsewhere(
    program: Browser, reason: dict[str, str]
) -> None:
    error_of(program.post(DOSSIER, json={"subject_id": PERSON, **reason}), 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.test"}, 421),
        ({"Origin": "http://evil.test"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_the_shield_speaks_the_same_shape(
    program: Browser, headers: dict[str, str], status: int
) -> None:
    asked = {"text": "张三", "purpose": "counter"}
    error_of(program.post(SEARCH, json=asked, headers={**headers, "Accept": "text/html"}), status)


def test_a_fault_inside_is_said_and_not_shown(
    doorway: Doorway, program: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail 630102195304129822")

    monkeypatch.setattr(type(doorway.entry), "wall", broken)
    answer = program.get(DOORS)
    assert error_of(answer, 500)["code"] == "fault"
    assert "630102" not in answer.text
