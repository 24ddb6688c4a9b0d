"""A fault inside is said in Chinese: to a person as a page, to a program as JSON."""

import pytest
from starlette.types import Receive, Scope, Send

from portal.shield.errors import Errors
from tests.shield.wire import fetch, plain

BROWSER = {"accept": "text/html,application/xhtml+xml"}


async def _breaks(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("secret detail")


def test_an_unhandled_fault_tells_nothing_of_itself() -> None:
    answer = fetch(Errors(_breaks), "/anything")
    assert answer.status == 500
    assert answer.error["code"] == "fault"
    assert b"secret" not in answer.body


def test_a_fault_after_the_answer_began_is_not_hidden() -> None:
    async def begins(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("too late")

    with pytest.raises(ValueError, match="too late"):
        fetch(Errors(begins), "/")


def test_the_servers_own_words_become_ours() -> None:
    inner = plain(400, b"Authentication error", content_type="text/plain; charset=utf-8")
    answer = fetch(Errors(inner), "/_stcore/upload_file/a/b")
    assert answer.status == 400
    assert b"Authentication" not in answer.body
    assert answer.error["message"].startswith("请求的内容")


def test_a_failed_sign_in_is_explained_on_a_page() -> None:
    inner = plain(400, b"Authentication error", content_type="text/plain")
    answer = fetch(Errors(inner), "/auth/login", headers=BROWSER)
    page = answer.body.decode()
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert "暂时无法登录" in page and 'lang="zh-CN"' in page
    assert "Authentication error" not in page


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8"])
def test_an_error_that_was_written_for_people_stays(kind: str) -> None:
    answer = fetch(Errors(plain(422, b"{}", content_type=kind)), "/api/x")
    assert (answer.status, answer.body) == (422, b"{}")


def test_a_good_answer_stays() -> None:
    answer = fetch(Errors(plain(200, b"ok", content_type="text/plain")), "/_stcore/health")
    assert (answer.status, answer.body) == (200, b"ok")
