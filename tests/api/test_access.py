"""Who may ask: a good token in one proper header, within its limits and its rate. Nobody else."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

import portal.settings as settings_module
from auth import clients
from auth.clients import TokenRefusedError
from auth.tables import account, api_token, position, post
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests.doorway import LOTUS, WILLOW, Browser, Doorway, audit, wish

DOORS, REPORTS, SEARCH = "/api/v1/doors", "/api/v1/reports", "/api/v1/records/search"


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error, in the one shape and in Chinese."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) - {"fields"} == {"code", "message", "trace_id"}
    assert error["trace_id"] == answer.headers["x-trace-id"]
    assert any("一" <= letter <= "鿿" for letter in error["message"])
    return error


@pytest.fixture
def token(doorway: Doorway) -> str:
    return clients.issue(wish())[1]


def test_a_token_opens_and_is_kept_only_as_a_hash(doorway: Doorway, token: str) -> None:
    assert Browser(doorway.app(), token=token).get(DOORS).status_code == 200
    with begin() as connection:
        assert token not in repr(connection.execute(select(api_token)).all())
    assert token not in repr(audit())


HEADERS: list[Callable[[str], list[tuple[str, str]]]] = [
    lambda token: [],
    lambda token: [("Authorization", "")],
    lambda token: [("Authorization", token)],
    lambda token: [("Authorization", f"Basic {token}")],
    lambda token: [("Authorization", f"Bearer  {token}")],
    lambda token: [("Authorization", f"Bearer {token},x")],
    lambda token: [("Authorization", f"Bearer {token[:-1]}")],
    lambda token: [("Authorization", f"Bearer {token.swapcase()}")],
    lambda token: [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
    lambda token: [("Authorization", "Bearer pt_" + "A" * 43)],
    lambda token: [("Authorization", "Bearer pt_' OR 1=1 --")],
    lambda token: [("Authorization", "Bearer " + "A" * 6000)],
    lambda token: [("Cookie", "in=clerk")],
    lambda token: [("X-Authorization", f"Bearer {token}")],
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", [DOORS, REPORTS, SEARCH])
def test_anything_but_one_good_token_is_401(
    doorway: Doorway, token: str, header: Callable[[str], list[tuple[str, str]]], path: str
) -> None:
    doorway.sign_in("clerk")
    method = "POST" if path == SEARCH else "GET"
    answer = Browser(doorway.app()).send(method, path, headers=header(token))
    assert error_of(answer, 401)["code"] == "not_signed_in"
    assert answer.headers["www-authenticate"] == 'Bearer realm="portal"'


def test_who_asks_is_found_out_before_anything_is_read(doorway: Doorway) -> None:
    answer = Browser(doorway.app()).post(SEARCH, content=b"{", headers={"Content-Type": "x/y"})
    error_of(answer, 401)


def _revoked(number: UUID) -> None:
    assert clients.revoke(number)
    assert not clients.revoke(number)


def _account_off(number: UUID) -> None:
    with begin() as connection:
        connection.execute(update(account).values(status="disabled"))


def _post_over(number: UUID) -> None:
    with begin() as connection:
        connection.execute(update(post).values(ends=date(2020, 1, 2)))


@pytest.mark.parametrize("end", [_revoked, _account_off, _post_over])
def test_what_has_ended_opens_nothing_at_once(
    doorway: Doorway, end: Callable[[UUID], None]
) -> None:
    number, token = clients.issue(wish())
    browser = Browser(doorway.app(), token=token)
    assert browser.get(DOORS).status_code == 200
    end(number)
    error_of(browser.get(DOORS), 401)


def test_a_token_expires(frozen: FrozenClock, doorway: Doorway) -> None:
    token = clients.issue(wish(days=1))[1]
    browser = Browser(doorway.app(), token=token)
    frozen.advance(timedelta(hours=23, minutes=59))
    assert browser.get(DOORS).status_code == 200
    frozen.advance(timedelta(minutes=1))
    error_of(browser.get(DOORS), 401)


def test_a_token_narrows_its_post(doorway: Doorway) -> None:
    token = clients.issue(wish(permissions=("reports.view",), purposes=()))[1]
    browser = Browser(doorway.app(), token=token)
    assert browser.get(REPORTS).status_code == 200
    assert "不含" in error_of(browser.get(DOORS), 403)["message"]
    asked = {"text": "张三", "purpose": "counter"}
    error_of(browser.post(SEARCH, json=asked), 403)


def test_a_purpose_outside_the_token_is_refused(doorway: Doorway) -> None:
    token = clients.issue(wish(purposes=("case",)))[1]
    answer = Browser(doorway.app(), token=token).post(
        SEARCH, json={"text": "张三", "purpose": "counter"}
    )
    error_of(answer, 403)


def test_a_role_that_loses_a_right_takes_it_from_the_token(doorway: Doorway, token: str) -> None:
    with begin() as connection:
        connection.execute(update(position).values(roles=["reader"]))
    error_of(Browser(doorway.app(), token=token).get(DOORS), 403)


WRONG = [
    {"permissions": ("records.unmask",)},
    {"permissions": ("audit.view",)},
    {"permissions": ()},
    {"role": "leader"},
    {"role": "nobody"},
    {"unit_id": "nowhere"},
    {"purposes": ("spying",)},
    {"prefixes": ("9901",)},
    {"prefixes": (LOTUS,)},
    {"prefixes": ("99x",)},
    {"days": 0},
    {"days": 5000},
    {"client": "x\ny"},
    {"client": ""},
]


@pytest.mark.parametrize("changed", WRONG)
def test_a_token_cannot_be_wider_than_its_role_and_unit(
    doorway: Doorway, changed: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefusedError):
        clients.issue(wish(**changed))
    assert clients.listed() == ()
    assert all(row.action != "tokens.issue" for row in audit())


def test_a_program_can_never_sign_in(doorway: Doorway, token: str) -> None:
    with begin() as connection:
        row = connection.execute(select(account)).one()
    assert (row.login, row.status) == ("program:核对程序", "service")
    from auth import posts

    assert posts.posts_of(row.id) == ()


def test_the_rate_is_kept_and_says_when_to_come_again(
    frozen: FrozenClock, doorway: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_API_PER_MINUTE", "3")
    settings_module.reload()
    one, other = (
        Browser(doorway.app(), token=clients.issue(wish(client=name))[1])
        for name in ("甲程", "乙程")
    )
    frozen.advance(timedelta(seconds=20))
    assert [one.get(DOORS).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = one.get(DOORS)
    error_of(refused, 429)
    assert refused.headers["retry-after"] == "40"
    assert other.get(DOORS).status_code == 200
    frozen.advance(timedelta(seconds=40))
    assert one.get(DOORS).status_code == 200


def test_the_same_program_may_hold_several_tokens(doorway: Doorway) -> None:
    first, token = clients.issue(wish())
    second, newer = clients.issue(wish(permissions=("reports.view",)))
    clients.revoke(first)
    error_of(Browser(doorway.app(), token=token).get(REPORTS), 401)
    assert Browser(doorway.app(), token=newer).get(REPORTS).status_code == 200
    assert {one.id: one.state for one in clients.listed()} == {first: "已停用", second: "有效"}
    assert {one.action for one in audit()} >= {"tokens.issue", "tokens.revoke"}


def test_the_limits_reach_no_further_than_the_post(doorway: Doorway) -> None:
    token = clients.issue(wish())[1]
    with begin() as connection:
        connection.execute(update(position).values(prefixes=[LOTUS]))
    found = clients.caller(token)
    assert found is not None
    assert found.principal.prefixes == ()
    assert WILLOW not in found.principal.reach.prefixes
