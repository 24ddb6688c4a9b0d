"""The sign-in form: always shown, bound to one browser, answered once."""

from datetime import timedelta

import pytest
from starlette.applications import Starlette

from portal.store.clock import FrozenClock
from tests.provider.harness import BASE, Attempt, Browser, full_sign_in, sealed, sent_back


def test_the_form_is_shown_every_time_because_no_browser_session_exists(browser: Browser) -> None:
    full_sign_in(browser)
    assert 'type="password"' in browser.open(Attempt()).text


def test_the_form_answers_only_the_browser_it_was_shown_to(
    browser: Browser, app: Starlette
) -> None:
    page = browser.open(Attempt())
    with_another_cookie = Browser(app)
    with_another_cookie.cookies.set("portal_idp_form", "a" * 43)
    for thief in (Browser(app), with_another_cookie):
        answer = thief.post(
            "/idp/authorize",
            data={"form": sealed(page), "login": "li.clerk", "password": "Correct-Horse-7"},
        )
        assert answer.status_code == 400
        assert "登录页已过期" in answer.text


def test_two_tabs_of_one_browser_both_work(browser: Browser) -> None:
    one, two = Attempt(), Attempt()
    first, second = browser.open(one), browser.open(two)
    for page in (first, second):
        answer = browser.submit(page, login="li.clerk", password="Correct-Horse-7")
        assert "code" in sent_back(answer)


def test_a_form_left_open_too_long_says_so(browser: Browser, frozen: FrozenClock) -> None:
    page = browser.open(Attempt())
    frozen.advance(timedelta(minutes=30))
    answer = browser.submit(page, login="li.clerk", password="Correct-Horse-7")
    assert answer.status_code == 400
    assert "登录页已过期" in answer.text
    assert f'href="{BASE}/"' in answer.text


@pytest.mark.parametrize("value", ["", "k1:", "k1:AAAA", "k9:AAAA", "不是表单", "k1:" + "A" * 80])
def test_a_forged_form_is_an_expired_form(browser: Browser, value: str) -> None:
    browser.open(Attempt())
    answer = browser.post("/idp/authorize", data={"form": value, "login": "x", "password": "y"})
    assert (answer.status_code, "登录页已过期" in answer.text) == (400, True)


def test_the_form_sent_again_after_signing_in_gets_a_clear_page(browser: Browser) -> None:
    attempt = Attempt()
    page = browser.open(attempt)
    fields = {"login": "li.clerk", "password": "Correct-Horse-7"}
    browser.tokens(attempt, sent_back(browser.submit(page, **fields))["code"])
    for again in (browser.submit(page, **fields), browser.open(attempt)):
        assert again.status_code == 409
        assert "这次登录已经完成" in again.text


def test_a_double_click_leaves_exactly_one_usable_code(browser: Browser) -> None:
    attempt = Attempt()
    page = browser.open(attempt)
    fields = {"login": "li.clerk", "password": "Correct-Horse-7"}
    first = sent_back(browser.submit(page, **fields))["code"]
    second = sent_back(browser.submit(page, **fields))["code"]
    assert browser.tokens(attempt, first).status_code == 400
    assert browser.tokens(attempt, second).status_code == 200


def test_the_browser_is_sent_back_without_the_password(browser: Browser) -> None:
    answer = browser.sign_in(Attempt())
    assert answer.status_code == 303
    assert "Correct-Horse-7" not in answer.headers["location"]
