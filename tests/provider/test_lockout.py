"""The lock-out: who is counted, when it closes and opens, and what nobody can learn from it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, select
from starlette.applications import Starlette

from auth import provider
from auth.provider import attempts, passwords
from auth.provider.tables import idp_login_attempt
from portal.settings import settings
from portal.store.clock import FrozenClock
from portal.store.engine import begin, engine
from tests.conftest import TestDatabase
from tests.provider.conftest import add_account, set_status
from tests.provider.harness import PASSWORD, WRONG, Attempt, Browser, Recorder, error_of

RIGHT, BAD = "right", "wrong"


def tries(browser: Browser, *steps: str, login: str = "li.clerk") -> list[int]:
    """The status of each attempt in a row."""
    given = {RIGHT: PASSWORD, BAD: WRONG}
    return [browser.sign_in(Attempt(), login, given[step]).status_code for step in steps]


@pytest.mark.parametrize(
    ("steps", "statuses"),
    [
        ([BAD], [401]),
        ([BAD] * 4 + [RIGHT], [401] * 4 + [303]),
        ([BAD] * 4 + [RIGHT] + [BAD] * 4 + [RIGHT], ([401] * 4 + [303]) * 2),
        ([BAD] * 5, [401] * 4 + [429]),
        ([BAD] * 5 + [RIGHT], [401] * 4 + [429, 429]),
        ([BAD] * 7, [401] * 4 + [429] * 3),
    ],
)
def test_the_fifth_failure_in_a_row_locks_and_a_success_starts_afresh(
    browser: Browser, steps: list[str], statuses: list[int]
) -> None:
    assert tries(browser, *steps) == statuses


@pytest.mark.parametrize(
    ("waited", "status"),
    [(timedelta(minutes=14, seconds=59), 429), (timedelta(minutes=15), 303)],
)
def test_the_lock_opens_after_its_time_and_not_before(
    browser: Browser, frozen: FrozenClock, waited: timedelta, status: int
) -> None:
    tries(browser, *[BAD] * 5)
    frozen.advance(waited)
    assert tries(browser, RIGHT) == [status]


def test_trying_during_the_lock_does_not_prolong_it(browser: Browser, frozen: FrozenClock) -> None:
    tries(browser, *[BAD] * 5)
    frozen.advance(timedelta(minutes=10))
    tries(browser, *[BAD] * 5)
    frozen.advance(timedelta(minutes=5))
    assert tries(browser, RIGHT) == [303]


def test_after_a_lock_the_whole_number_of_attempts_is_there_again(
    browser: Browser, frozen: FrozenClock
) -> None:
    tries(browser, *[BAD] * 5)
    frozen.advance(timedelta(minutes=15))
    assert tries(browser, *[BAD] * 5) == [401] * 4 + [429]


def test_old_failures_are_forgotten(browser: Browser, frozen: FrozenClock) -> None:
    tries(browser, *[BAD] * 4)
    frozen.advance(timedelta(minutes=15))
    assert tries(browser, *[BAD] * 4) == [401] * 4


def test_the_limits_are_settings(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "lockout_attempts", 1)
    monkeypatch.setattr(settings(), "lockout_minutes", 60)
    page = browser.sign_in(Attempt(), password=WRONG)
    assert page.status_code == 429
    assert page.headers["retry-after"] == "3600"


def test_the_message_says_when_it_ends_and_what_to_do(browser: Browser) -> None:
    texts = [error_of(browser.sign_in(Attempt(), password=WRONG)) for _ in range(5)]
    assert texts[0] == "账号或密码不正确。还可尝试 4 次，之后将暂停登录 15 分钟。"
    assert texts[3] == "账号或密码不正确。还可尝试 1 次，之后将暂停登录 15 分钟。"
    assert "暂停登录至 09:15（约 15 分钟后）" in texts[4]
    assert "数据不受影响" in texts[4]
    assert "联系本单位系统管理员" in texts[4]


def test_one_login_locked_leaves_the_others_free(browser: Browser) -> None:
    tries(browser, *[BAD] * 5)
    assert tries(browser, RIGHT, login="wang.city") == [303]


def test_a_login_is_the_same_however_it_is_typed(browser: Browser) -> None:
    for typed in ("li.clerk", " LI.CLERK ", "ｌｉ．ｃｌｅｒｋ", "Li.Clerk", "li.Clerk"):
        browser.sign_in(Attempt(), typed, WRONG)
    assert tries(browser, RIGHT) == [429]


def test_a_lock_holds_at_every_process_and_address(browser: Browser, app: Starlette) -> None:
    tries(browser, *[BAD] * 5)
    assert tries(Browser(app, address="198.51.100.7"), RIGHT) == [429]


def test_an_address_that_tries_many_logins_is_stopped_and_nobody_else_is(
    browser: Browser, app: Starlette
) -> None:
    limit = settings().lockout_attempts * attempts.ADDRESS_FACTOR
    for number in range(limit):
        browser.sign_in(Attempt(), f"guess.{number}", WRONG)
    stopped = browser.sign_in(Attempt())
    assert stopped.status_code == 429
    assert "本机所在网络" in error_of(stopped)
    assert tries(Browser(app, address="198.51.100.7"), RIGHT) == [303]


def test_a_stopped_address_can_lock_nobody(browser: Browser, app: Starlette) -> None:
    for number in range(settings().lockout_attempts * attempts.ADDRESS_FACTOR):
        browser.sign_in(Attempt(), f"guess.{number}", WRONG)
    tries(browser, *[BAD] * 6)
    assert tries(Browser(app, address="198.51.100.7"), RIGHT) == [303]


def test_people_who_sign_in_use_up_nothing_of_their_address(browser: Browser) -> None:
    limit = settings().lockout_attempts * attempts.ADDRESS_FACTOR
    assert set(tries(browser, *[RIGHT] * (limit + 1))) == {303}


def test_an_administrator_opens_a_lock(browser: Browser) -> None:
    tries(browser, *[BAD] * 5)
    provider.unlock("li.clerk")
    assert tries(browser, RIGHT) == [303]


def test_a_new_password_opens_a_lock(browser: Browser) -> None:
    tries(browser, *[BAD] * 5)
    provider.set_password("li.clerk", "Another-Horse-8")
    assert browser.sign_in(Attempt(), password="Another-Horse-8").status_code == 303


# -- at the same time ---------------------------------------------------------------------------


def test_failures_at_the_same_moment_are_all_counted(people: TestDatabase) -> None:
    together = Barrier(4)

    def guess(_: int) -> attempts.Claim:
        together.wait()
        return attempts.claim("li.clerk", "192.0.2.10")

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(guess, range(4)))
    assert sorted(one.left for one in made) == [1, 2, 3, 4]


def test_many_guesses_at_once_are_never_more_than_the_limit(people: TestDatabase) -> None:
    together = Barrier(12)

    def guess(_: int) -> bool:
        together.wait()
        return attempts.claim("li.clerk", "192.0.2.10").allowed

    with ThreadPoolExecutor(12) as pool:
        allowed = list(pool.map(guess, range(12)))
    assert sum(allowed) == settings().lockout_attempts


# -- what cannot be learnt ----------------------------------------------------------------------


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs meanwhile."""
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield seen
    event.remove(engine(), "before_cursor_execute", note)


def _faceless(text: str, login: str) -> str:
    text = re.sub(r'name="form" value="[^"]+"', "", text)
    return text.replace(login, "<login>")


@pytest.mark.parametrize("other", ["nobody.here", "no.password", "disabled.one"])
def test_a_wrong_password_looks_and_costs_the_same_whoever_it_is_for(
    browser: Browser, people: TestDatabase, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    add_account(people, "no.password", "未设密码")
    add_account(people, "disabled.one", "停用人员")
    provider.set_password("disabled.one", PASSWORD)
    set_status(people, "disabled.one", "disabled")
    checked: list[str] = []
    real = passwords._HASHER.verify

    class Counting:
        def verify(self, stored: str, given: str) -> bool:
            checked.append(stored.split("$")[3])  # the parameters, which are the work
            return real(stored, given)

    passwords.matches(None, "warm up")
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    seen = {}
    for login in ("li.clerk", other):
        page = browser.open(Attempt())
        checked.clear()
        with statements() as sql:
            answers = [
                browser.submit(page, login=login, password=WRONG)
                for _ in range(settings().lockout_attempts + 1)
            ]
        seen[login] = (
            [(one.status_code, _faceless(one.text, login)) for one in answers],
            list(checked),
            list(sql),
        )
    assert seen["li.clerk"] == seen[other]
    assert seen[other][1], "no password was compared at all"


def test_the_counters_name_nobody(browser: Browser) -> None:
    tries(browser, BAD)
    tries(browser, BAD, login="my-secret-password")
    with begin() as connection:
        rows = connection.execute(select(idp_login_attempt)).all()
    assert {row.kind for row in rows} == {"login", "address"}
    text = repr(rows)
    assert not any(word in text for word in ("li.clerk", "my-secret-password", "192.0.2.10"))


# -- the audit ----------------------------------------------------------------------------------


def test_failures_success_and_lock_are_in_the_audit(browser: Browser, recorder: Recorder) -> None:
    tries(browser, *[BAD] * 5)
    tries(browser, RIGHT, login="wang.city")
    told = [(row["action"], row["actor"], row["outcome"]) for row in recorder.rows]
    assert told == [
        *[("signin", "li.clerk", "refused")] * 5,
        ("signin.locked", "li.clerk", "refused"),
        ("signin", "wang.city", "ok"),
    ]
    assert recorder.rows[0]["detail"]["reason"] == "wrong_password"
    assert recorder.rows[0]["detail"]["address"] == "192.0.2.10"


def test_the_audit_never_holds_what_was_typed(browser: Browser, recorder: Recorder) -> None:
    browser.sign_in(Attempt(), "My-Secret-Pass-1", WRONG)
    text = repr(recorder.rows).lower()
    assert recorder.rows[0]["actor"].startswith("unknown:")
    assert "my-secret-pass-1" not in text
    assert WRONG.lower() not in text
