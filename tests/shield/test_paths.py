"""What does not exist is a JSON 404, never the page."""

import asyncio
import json
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from portal.shield.paths import Paths, files_below
from tests.shield.wire import OWN, Browser, fetch, plain, scope


async def _ready(_request: Request) -> Response:
    return PlainTextResponse("ready")


def guarded(inner: ASGIApp | None = None) -> Paths:
    return Paths(
        inner or plain(),
        pages=["/", "/records"],
        files=["/static/js/index.js", "/app/static/zh.js"],
        routes=[Route("/readyz", _ready, methods=["GET"])],
        public_url=OWN,
    )


KNOWN = [
    ("GET", "/"),
    ("HEAD", "/records"),
    ("GET", "/static/js/index.js"),
    ("GET", "/app/static/zh.js"),
    ("GET", "/_stcore/health"),
    ("GET", "/auth/login"),
    ("GET", "/oauth2callback"),
    ("GET", "/readyz"),
    ("PUT", "/_stcore/upload_file/a/b"),
    ("DELETE", "/_stcore/upload_file/a/b"),
    ("GET", "/media/abc.png"),
]


@pytest.mark.parametrize(("method", "path"), KNOWN)
def test_what_exists_is_let_through(method: str, path: str) -> None:
    assert fetch(guarded(), path, method=method).body == b"inside"


UNKNOWN = [
    "/api",
    "/records/1",
    "/Records",
    "/static/js/none.js",
    "/static/../server.py",
    "/app/static/none.js",
    "/index.html",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/script-health-check",
    "/records/_stcore/health",
    "//evil.test",
    "/.streamlit/config.toml",
    "/idp",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_does_not_exist_is_a_json_404(path: str) -> None:
    answer = fetch(guarded(), path)
    assert answer.status == 404
    assert answer.header("content-type") == "application/json"
    error = answer.error
    if path.startswith("/api"):  # an error of the API can be looked up
        assert error.pop("trace_id") == answer.header("x-trace-id")
    assert error == {
        "code": "not_found",
        "message": "没有这个地址。请检查网址，或从平台首页进入。",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("DELETE", "/records"),
        ("POST", "/auth/logout"),
        ("GET", "/_stcore/upload_file/a/b"),
        ("OPTIONS", "/media/a.png"),
        ("POST", "/readyz"),
        ("BREW", "/"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_refused(method: str, path: str) -> None:
    answer = fetch(guarded(), path, method=method)
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")


def test_a_page_with_a_stray_slash_is_found() -> None:
    answer = fetch(guarded(), "/records/")
    assert (answer.status, answer.header("location")) == (307, "/records")


def test_the_frontend_learns_no_foreign_origin() -> None:
    body = json.loads(fetch(guarded(), "/_stcore/host-config").body)
    assert body["allowedOrigins"] == [OWN]
    assert body["useExternalAuthToken"] is False


def test_there_is_one_websocket_and_no_other() -> None:
    async def refused(path: str) -> bool:
        return await Browser(guarded(), scope(path, kind="websocket")).refused()

    assert asyncio.run(refused("/records/_stcore/stream"))
    assert asyncio.run(refused("/_stcore/other"))


def test_a_folder_is_known_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("")
    assert files_below(tmp_path, "/static/") == {"/static/js/a.js"}
