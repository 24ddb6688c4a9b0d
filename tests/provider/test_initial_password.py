"""An initial password opens nothing but the page that replaces it, once, and not for ever."""

from datetime import timedelta

import pytest

from auth.provider import credentials, passwords
from portal.store.clock import FrozenClock
from tests.conftest import TestDatabase
from tests.provider.harness import PASSWORD, Attempt, Browser, Recorder

OWN = "My-Own-Secret-9"


@pytest.fixture
def initial(people: TestDatabase) -> str:
    return credentials.set_initial("li.clerk")


def test_the_first_sign_in_sets_a_password_of_ones_own(
    initial: str, browser: Browser, recorder: Recorder
) -> None:
    attempt = Attempt()
    page = browser.sign_in(attempt, password=initial)
    assert page.status_code == 200 and "设置新密码" in page.text
    assert initial not in page.text
    done = browser.submit(page, password=OWN, again=OWN)
    assert done.status_code == 303 and "code=" in done.headers["location"]
    assert recorder.heard("signin.password_changed")
    again = browser.sign_in(Attempt(), password=OWN)
    assert again.status_code == 303
    assert browser.sign_in(Attempt(), password=initial).status_code == 401


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        (OWN, OWN + "x", "不一致"),
        ("short", "short", "长度"),
        ("", "", "长度"),
        ("alllowercaseletters", "alllowercaseletters", "三类"),
    ],
)
def test_until_then_nothing_is_opened(
    initial: str, browser: Browser, password: str, again: str, says: str
) -> None:
    page = browser.sign_in(Attempt(), password=initial)
    refused = browser.submit(page, password=password, again=again)
    assert refused.status_code == 400
    assert says in refused.text and "没有更改" in refused.text
    known = credentials.find("li.clerk")
    assert known is not None and known.must_change


def test_the_initial_one_is_not_kept(initial: str, browser: Browser) -> None:
    page = browser.sign_in(Attempt(), password=initial)
    assert "不能与初始密码相同" in browser.submit(page, password=initial, again=initial).text


def test_the_page_of_another_browser_changes_nothing(initial: str, browser: Browser) -> None:
    page = browser.sign_in(Attempt(), password=initial)
    other = Browser(browser.app)
    assert other.submit(page, password=OWN, again=OWN).status_code == 400
    known = credentials.find("li.clerk")
    assert known is not None and known.must_change


def test_two_pages_of_one_sign_in_change_it_once(initial: str, browser: Browser) -> None:
    first = browser.sign_in(Attempt(), password=initial)
    second = browser.sign_in(Attempt(), password=initial)
    assert browser.submit(first, password=OWN, again=OWN).status_code == 303
    assert browser.submit(
        second, password="Other-Secret-8", again="Other-Secret-8"
    ).status_code in (
        400,
        409,
    )
    assert browser.sign_in(Attempt(), password=OWN).status_code == 303


def test_it_is_worth_nothing_after_a_week(
    initial: str, browser: Browser, frozen: FrozenClock
) -> None:
    frozen.advance(timedelta(days=7))
    refused = browser.sign_in(Attempt(), password=initial)
    assert refused.status_code == 403 and "已过期" in refused.text


def test_who_has_a_password_of_their_own_is_not_asked(people: object, browser: Browser) -> None:
    assert browser.sign_in(Attempt(), password=PASSWORD).status_code == 303


def test_initial_passwords_meet_the_policy_and_differ() -> None:
    made = {passwords.initial() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        passwords.check_policy("li.clerk", one)
