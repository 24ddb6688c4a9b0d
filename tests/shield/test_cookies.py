"""Cookies live no longer than a session may, and the entry page learns why nobody is signed in."""

from collections.abc import Sequence

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield.cookies import Cookies
from tests.shield.wire import fetch, plain

THIRTY_DAYS = "_streamlit_user=abc; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"
CLEARED = '_streamlit_user=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/'
XSRF = "_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax"


def setting(lines: Sequence[str]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", line.encode()) for line in lines]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


def after(path: str, *lines: str, https: bool = False, query: str = "") -> list[str]:
    guard = Cookies(setting(lines), https=https, session_hours=8)
    return fetch(guard, path, query=query).cookies()


@pytest.mark.parametrize("name", ["_streamlit_user", "_streamlit_user_1", "_streamlit_user_tokens"])
def test_the_sign_in_cookie_lives_as_long_as_the_session_may(name: str) -> None:
    (line,) = after("/x", THIRTY_DAYS.replace("_streamlit_user", name))
    assert "Max-Age=28800" in line
    assert "HttpOnly" in line and "SameSite=lax" in line


def test_other_cookies_keep_their_time() -> None:
    assert after("/x", XSRF) == [XSRF]


def test_every_cookie_travels_only_over_the_protected_wire() -> None:
    lines = after("/x", THIRTY_DAYS, XSRF, https=True)
    assert all(line.endswith("; Secure") for line in lines)
    assert len(lines) == 2


def test_signing_out_is_remembered_for_the_entry_page() -> None:
    cleared, note = after("/auth/logout", CLEARED)
    assert "Max-Age=0" in cleared
    assert note.startswith("portal_signed_out=out;")
    assert "HttpOnly" in note


def test_a_good_sign_in_takes_the_note_back() -> None:
    *_, note = after("/oauth2callback", THIRTY_DAYS, query="code=1&state=2")
    assert note.startswith("portal_signed_out=;") and "Max-Age=0" in note


@pytest.mark.parametrize("query", ["code=1&state=2", "error=access_denied"])
def test_a_sign_in_that_comes_back_empty_stops_at_the_entry_page(query: str) -> None:
    *_, note = after("/oauth2callback", CLEARED, query=query)
    assert note.startswith("portal_signed_out=failed;")


def test_coming_back_from_signing_out_changes_no_note() -> None:
    assert after("/oauth2callback", query="state=2") == []


def test_without_the_guard_the_cookie_lives_thirty_days() -> None:
    assert fetch(setting([THIRTY_DAYS]), "/x").cookies() == [THIRTY_DAYS]


def test_an_answer_without_cookies_gets_none() -> None:
    assert fetch(Cookies(plain(), https=True, session_hours=8), "/x").cookies() == []
