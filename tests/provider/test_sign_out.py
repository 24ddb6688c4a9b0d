"""Signing out: the session ends, the way back is registered, and nothing signs in afterwards."""

from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest

from auth import provider
from portal.settings import settings
from portal.store.clock import FrozenClock
from tests.conftest import TestDatabase
from tests.provider.harness import (
    BASE,
    CALLBACK,
    Attempt,
    Browser,
    Recorder,
    full_sign_in,
    id_claims,
)


def sign_out(browser: Browser, **parameters: str) -> httpx.Response:
    return browser.get(f"/idp/end_session?{urlencode(parameters)}")


@pytest.mark.parametrize("target", [CALLBACK, BASE, f"{BASE}/"])
def test_signing_out_ends_the_session_and_goes_back(
    browser: Browser, recorder: Recorder, target: str
) -> None:
    tokens = full_sign_in(browser)
    answer = sign_out(
        browser,
        id_token_hint=tokens["id_token"],
        client_id=settings().oidc_client_id,
        post_logout_redirect_uri=target,
        state="s-1",
    )
    assert answer.headers["location"] == f"{target}?state=s-1"
    assert recorder.ended == [id_claims(browser, tokens["id_token"])["sid"]]
    assert [row["actor"] for row in recorder.heard("signin.end")] == ["li.clerk"]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get("/idp/userinfo", headers=bearer).status_code == 401


def test_an_expired_token_still_signs_out(
    browser: Browser, recorder: Recorder, frozen: FrozenClock
) -> None:
    tokens = full_sign_in(browser)
    frozen.advance(timedelta(hours=9))
    provider.rotate_key()
    answer = sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=CALLBACK)
    assert answer.headers["location"] == CALLBACK
    assert len(recorder.ended) == 1


def test_after_signing_out_the_password_is_asked_again_even_with_the_copied_cookie(
    browser: Browser,
) -> None:
    tokens = full_sign_in(browser)
    copied = Browser(browser.app, cookies=httpx.Cookies(browser.cookies))
    sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=CALLBACK)
    for one in (browser, copied):
        page = one.open(Attempt())
        assert page.status_code == 200
        assert 'type="password"' in page.text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", f"{CALLBACK}/x", "javascript:alert(1)"]
)
def test_an_unregistered_way_back_is_not_taken(browser: Browser, target: str) -> None:
    tokens = full_sign_in(browser)
    answer = sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=target)
    assert answer.status_code == 200
    assert "已退出登录" in answer.text
    assert "evil" not in answer.text


def test_without_a_token_nothing_is_ended_and_nobody_is_sent_anywhere(
    browser: Browser, recorder: Recorder
) -> None:
    full_sign_in(browser)
    answer = sign_out(
        browser, client_id=settings().oidc_client_id, post_logout_redirect_uri=CALLBACK
    )
    assert answer.status_code == 200
    assert "没有需要退出的登录" in answer.text
    assert recorder.ended == []


def test_a_token_that_is_not_ours_is_refused(
    browser: Browser, recorder: Recorder, people: TestDatabase
) -> None:
    token = full_sign_in(browser)["id_token"]
    head, body, signature = token.split(".")
    swapped = "A" if signature[0] != "A" else "B"
    for forged in (f"{head}.{body}.{swapped}{signature[1:]}", f"{head}.{body}.", "x", "a.b.c"):
        answer = sign_out(browser, id_token_hint=forged, post_logout_redirect_uri=CALLBACK)
        assert answer.status_code == 400
        assert "退出请求无效" in answer.text
    assert recorder.ended == []


def test_signing_out_twice_is_no_error(browser: Browser, recorder: Recorder) -> None:
    token = full_sign_in(browser)["id_token"]
    for _ in range(2):
        answer = sign_out(browser, id_token_hint=token, post_logout_redirect_uri=CALLBACK)
        assert answer.headers["location"] == CALLBACK
    assert len(recorder.heard("signin.end")) == 1
