"""The second factor: demanded per role, enrolled once, each code good for one sign-in."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import httpx
import pytest
from sqlalchemy import select

from auth import provider
from auth.provider import credentials, totp
from auth.provider.tables import idp_credential
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests.conftest import TestDatabase
from tests.provider.conftest import set_status
from tests.provider.harness import (
    WRONG,
    Attempt,
    Browser,
    Recorder,
    error_of,
    id_claims,
    sent_back,
)

NEXT_CODE = timedelta(seconds=totp.PERIOD)


def shown_secret(page: httpx.Response) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    return html.unescape(found.group(1)).replace(" ", "")


@pytest.fixture
def demanded(recorder: Recorder) -> Recorder:
    """The role of the clerk demands a second factor."""
    recorder.second_factor.add("li.clerk")
    return recorder


@pytest.fixture
def secret(browser: Browser, demanded: Recorder, frozen: FrozenClock) -> str:
    """The clerk has enrolled a phone; the code of that sign-in is past."""
    page = browser.sign_in(Attempt())
    made = shown_secret(page)
    sent_back(browser.submit(page, code=totp.code_at(made, clock.now())))
    frozen.advance(NEXT_CODE)
    return made


def test_a_role_without_the_demand_signs_in_with_the_password_alone(
    browser: Browser, demanded: Recorder
) -> None:
    assert "code" in sent_back(browser.sign_in(Attempt(), "wang.city"))


def test_the_first_sign_in_enrols_with_picture_and_text(
    browser: Browser, demanded: Recorder
) -> None:
    attempt = Attempt()
    page = browser.sign_in(attempt)
    assert "绑定手机验证器" in page.text
    assert "<svg" in page.text
    secret = shown_secret(page)
    back = sent_back(browser.submit(page, code=totp.code_at(secret, clock.now())))
    claims = id_claims(browser, browser.tokens(attempt, back["code"]).json()["id_token"])
    assert (claims["amr"], claims["acr"]) == (["pwd", "otp"], "aal2")
    assert [row["actor"] for row in demanded.heard("signin.enrolled")] == ["li.clerk"]


def test_a_wrong_first_code_keeps_the_same_secret_on_the_page(
    browser: Browser, demanded: Recorder
) -> None:
    page = browser.sign_in(Attempt())
    again = browser.submit(page, code="000000")
    assert again.status_code == 401
    assert shown_secret(again) == shown_secret(page)
    assert credentials.find("li.clerk").totp_secret is None  # type: ignore[union-attr]


def test_the_secret_is_encrypted_at_rest(secret: str) -> None:
    with begin() as connection:
        stored = connection.execute(select(idp_credential.c.totp_secret)).scalars().all()
    assert any(stored)
    assert secret not in repr(stored)


def test_an_enrolled_account_is_asked_for_its_code(browser: Browser, secret: str) -> None:
    attempt = Attempt()
    page = browser.sign_in(attempt)
    assert "动态验证码" in page.text
    assert secret not in page.text.replace(" ", "")
    back = sent_back(browser.submit(page, code=totp.code_at(secret, clock.now())))
    claims = id_claims(browser, browser.tokens(attempt, back["code"]).json()["id_token"])
    assert claims["amr"] == ["pwd", "otp"]


def test_an_enrolled_account_is_asked_even_when_its_role_no_longer_demands_it(
    browser: Browser, secret: str, demanded: Recorder
) -> None:
    demanded.second_factor.clear()
    assert "动态验证码" in browser.sign_in(Attempt()).text


@pytest.mark.parametrize(
    ("seconds", "status"), [(-60, 401), (-30, 303), (0, 303), (30, 303), (60, 401)]
)
def test_a_phone_may_be_one_step_off(
    browser: Browser, secret: str, frozen: FrozenClock, seconds: int, status: int
) -> None:
    frozen.advance(timedelta(minutes=5))
    page = browser.sign_in(Attempt())
    code = totp.code_at(secret, clock.now() + timedelta(seconds=seconds))
    assert browser.submit(page, code=code).status_code == status


def test_a_used_code_is_refused_and_so_is_an_older_one(
    browser: Browser, secret: str, frozen: FrozenClock
) -> None:
    frozen.advance(timedelta(minutes=5))
    used = totp.code_at(secret, clock.now())
    older = totp.code_at(secret, clock.now() - NEXT_CODE)
    sent_back(browser.submit(browser.sign_in(Attempt()), code=used))
    for code in (used, older):
        again = browser.submit(browser.sign_in(Attempt()), code=code)
        assert again.status_code == 401
        assert "已使用过" in error_of(again)


def test_one_code_sent_twice_at_once_is_accepted_once(secret: str, people: TestDatabase) -> None:
    known = credentials.find("li.clerk")
    assert known is not None
    code, together = totp.code_at(secret, clock.now()), Barrier(2)

    def use(_: int) -> bool | None:
        together.wait()
        return credentials.use_code(known, code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2)), key=repr) == [None, True]


def test_wrong_codes_lock_the_login_and_a_right_password_does_not_reset_them(
    browser: Browser, secret: str
) -> None:
    statuses = []
    for _ in range(5):
        page = browser.sign_in(Attempt())
        statuses.append(browser.submit(page, code="000000").status_code)
    assert statuses == [401] * 4 + [429]
    assert browser.sign_in(Attempt()).status_code == 429


def test_the_right_password_gives_back_its_attempt_and_no_other(
    browser: Browser, secret: str
) -> None:
    browser.sign_in(Attempt(), password=WRONG)
    page = browser.sign_in(Attempt())
    assert "还可尝试 3 次" in error_of(browser.submit(page, code="000000"))


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12 34", "①②③④⑤x"])
def test_what_is_no_code_is_refused_without_costing_an_attempt(
    browser: Browser, secret: str, code: str
) -> None:
    page = browser.sign_in(Attempt())
    answers = [browser.submit(page, code=code) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {400}
    assert "6 位数字" in error_of(answers[0])


def test_a_code_typed_with_a_space_or_full_width_digits_is_the_same_code(
    browser: Browser, secret: str
) -> None:
    code = totp.code_at(secret, clock.now())
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    page = browser.sign_in(Attempt())
    assert browser.submit(page, code=f"{wide[:3]} {wide[3:]}").status_code == 303


def test_the_second_page_lives_five_minutes(
    browser: Browser, secret: str, frozen: FrozenClock
) -> None:
    page = browser.sign_in(Attempt())
    frozen.advance(timedelta(minutes=5))
    answer = browser.submit(page, code=totp.code_at(secret, clock.now()))
    assert (answer.status_code, "登录页已过期" in answer.text) == (400, True)


def test_the_first_page_cannot_be_passed_off_as_the_second(browser: Browser, secret: str) -> None:
    page = browser.open(Attempt())
    answer = browser.submit(page, code=totp.code_at(secret, clock.now()))
    assert (answer.status_code, error_of(answer)) == (400, "请填写账号和密码。")


def test_an_account_disabled_between_the_steps_does_not_get_in(
    browser: Browser, secret: str, people: TestDatabase
) -> None:
    page = browser.sign_in(Attempt())
    set_status(people, "li.clerk", "disabled")
    answer = browser.submit(page, code=totp.code_at(secret, clock.now()))
    assert answer.status_code == 403


def test_a_reset_by_the_administrator_asks_for_a_new_phone(
    browser: Browser, secret: str, demanded: Recorder
) -> None:
    demanded.second_factor.clear()
    provider.reset_second_factor("li.clerk")
    page = browser.sign_in(Attempt())
    assert shown_secret(page) != secret


def test_a_reset_may_also_take_the_second_factor_away(
    browser: Browser, secret: str, demanded: Recorder
) -> None:
    demanded.second_factor.clear()
    provider.reset_second_factor("li.clerk", enrol_again=False)
    assert browser.sign_in(Attempt()).status_code == 303


def test_of_two_enrolments_at_once_the_second_is_told(browser: Browser, demanded: Recorder) -> None:
    one, two = browser.sign_in(Attempt()), browser.sign_in(Attempt())
    sent_back(browser.submit(one, code=totp.code_at(shown_secret(one), clock.now())))
    late = browser.submit(two, code=totp.code_at(shown_secret(two), clock.now()))
    assert late.status_code == 409
    assert "另一部手机" in error_of(late)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1, cut to six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.code_at(secret, datetime.fromtimestamp(moment, UTC)) == code
