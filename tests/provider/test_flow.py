"""The authorization code flow with PKCE, from the sign-in page to the claims."""

import json
from datetime import timedelta

import pytest
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from authlib.oidc.rpinitiated import OpenIDProviderMetadata as LogoutMetadata
from sqlalchemy import select

from auth import provider
from auth.provider.tables import idp_code, idp_login_attempt, idp_session
from portal.settings import secrets, settings
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests.conftest import TestDatabase
from tests.provider.conftest import set_status
from tests.provider.harness import (
    BASE,
    CALLBACK,
    ISSUER,
    Attempt,
    Browser,
    Recorder,
    application,
    full_sign_in,
    id_claims,
    sent_back,
)


def test_the_discovery_document_is_valid_and_demands_s256(browser: Browser) -> None:
    document = browser.get("/idp/.well-known/openid-configuration").json()
    assert document["issuer"] == ISSUER
    assert document["code_challenge_methods_supported"] == ["S256"]
    # Checked as if behind TLS; the validator also wants RS256, which every general provider must
    # offer: this one serves one client, which takes ES256.
    assert document["id_token_signing_alg_values_supported"] == ["ES256"]
    public = json.loads(json.dumps(document).replace(BASE, "https://example.test"))
    public["id_token_signing_alg_values_supported"] = ["ES256", "RS256"]
    OpenIDProviderMetadata(public).validate(metadata_classes=[LogoutMetadata])


def test_the_published_key_holds_no_private_half(browser: Browser) -> None:
    keys = browser.get("/idp/jwks").json()["keys"]
    assert [key["alg"] for key in keys] == ["ES256"]
    assert "d" not in keys[0]


def test_a_person_signs_in_and_the_claims_say_who_when_and_how(
    browser: Browser, frozen: FrozenClock, recorder: Recorder
) -> None:
    attempt = Attempt()
    back = sent_back(browser.sign_in(attempt))
    assert back["state"] == attempt.state
    tokens = browser.tokens(attempt, back["code"]).json()
    claims = id_claims(browser, tokens["id_token"])
    now = int(frozen.now().timestamp())
    wanted = CodeIDToken(
        claims,
        header={"alg": "ES256"},
        options={
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": settings().oidc_client_id},
            "nonce": {"essential": True, "value": attempt.nonce},
        },
        params={"access_token": tokens["access_token"], "nonce": attempt.nonce},
    )
    wanted.validate(now=now)
    assert (claims["sub"], claims["name"]) == ("li.clerk", "李小梅")
    assert (claims["iat"], claims["auth_time"]) == (now, now)
    assert (claims["amr"], claims["acr"]) == (["pwd"], "aal1")
    assert recorder.heard("signin")[0]["outcome"] == "ok"


def test_the_claims_hold_nothing_personal_beyond_login_and_name(browser: Browser) -> None:
    claims = id_claims(browser, full_sign_in(browser)["id_token"])
    assert set(claims) == {
        *("iss", "aud", "iat", "exp", "auth_time", "nonce", "sid", "amr", "acr", "at_hash"),
        *("sub", "name"),
    }


def test_userinfo_answers_the_bearer_of_a_live_token_only(
    browser: Browser, frozen: FrozenClock
) -> None:
    bearer = {"Authorization": f"Bearer {full_sign_in(browser)['access_token']}"}
    answer = browser.get("/idp/userinfo", headers=bearer)
    assert answer.json() == {"sub": "li.clerk", "name": "李小梅"}
    assert browser.get("/idp/userinfo").status_code == 401
    frozen.advance(timedelta(minutes=6))
    assert browser.get("/idp/userinfo", headers=bearer).status_code == 401


def test_another_process_takes_over_at_every_step(
    browser: Browser, recorder: Recorder, people: TestDatabase
) -> None:
    attempt = Attempt()
    page = browser.open(attempt)
    browser.app = application(recorder)
    answered = browser.submit(page, login="li.clerk", password="Correct-Horse-7")
    browser.app = application(recorder)
    tokens = browser.tokens(attempt, sent_back(answered)["code"])
    browser.app = application(recorder)
    assert id_claims(browser, tokens.json()["id_token"])["sub"] == "li.clerk"


def test_a_changed_key_signs_new_tokens_and_old_ones_still_verify(browser: Browser) -> None:
    before = full_sign_in(browser)["id_token"]
    provider.rotate_key()
    after = full_sign_in(browser)["id_token"]
    assert id_claims(browser, before)["sub"] == id_claims(browser, after)["sub"]
    assert before.split(".")[0] != after.split(".")[0]


# -- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": f"{CALLBACK}/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"code": "x" * 48}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
    ],
)
def test_a_token_request_that_differs_in_one_point_gets_nothing(
    browser: Browser, changed: dict[str, str | None], error: str
) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    answer = browser.tokens(attempt, code, **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_wrong_client_secret_gets_nothing_and_costs_the_code_nothing(browser: Browser) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    form = attempt.token_form(code)
    client = settings().oidc_client_id
    for how in (
        {"auth": (client, "wrong")},
        {"auth": ("other", secrets().idp_client_secret)},
        {"data": {**form, "client_id": client, "client_secret": secrets().idp_client_secret}},
        {"data": {**form, "client_id": client}},
    ):
        answer = browser.post("/idp/token", **{"data": form, **how})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert browser.tokens(attempt, code).status_code == 200


def test_a_code_dies_after_a_minute(browser: Browser, frozen: FrozenClock) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    frozen.advance(timedelta(seconds=60))
    assert browser.tokens(attempt, code).json()["error"] == "invalid_grant"


def test_a_code_used_twice_ends_the_session_it_led_to(browser: Browser, recorder: Recorder) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    tokens = browser.tokens(attempt, code).json()
    assert browser.tokens(attempt, code).json()["error"] == "invalid_grant"
    assert recorder.ended == [id_claims(browser, tokens["id_token"])["sid"]]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get("/idp/userinfo", headers=bearer).status_code == 401


def test_a_code_tried_with_a_wrong_verifier_is_burnt(browser: Browser) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    browser.tokens(attempt, code, code_verifier="w" * 64)
    assert browser.tokens(attempt, code).json()["error"] == "invalid_grant"


def test_an_account_disabled_after_the_password_gets_no_tokens(
    browser: Browser, people: TestDatabase
) -> None:
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt))["code"]
    set_status(people, "li.clerk", "disabled")
    assert browser.tokens(attempt, code).json()["error"] == "invalid_grant"


def test_a_disabled_account_is_told_so_after_the_right_password_only(
    browser: Browser, people: TestDatabase
) -> None:
    set_status(people, "li.clerk", "disabled")
    right = browser.sign_in(Attempt())
    wrong = browser.sign_in(Attempt(), password="Wrong-Horse-77")
    assert right.status_code == 403
    assert "已停用" in right.text
    assert "已停用" not in wrong.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_an_incomplete_request_is_sent_back_with_its_error(
    browser: Browser, changed: dict[str, str | None], error: str
) -> None:
    attempt = Attempt()
    back = sent_back(browser.open(attempt, **changed))
    assert (back["error"], back["state"]) == (error, attempt.state)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/oauth2callback"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?next=x"},
        {"redirect_uri": "http://127.0.0.1:8501/oauth2callback"},
        {"redirect_uri": None},
        {"response_type": "编码"},
        {"state": "坏"},
    ],
)
def test_an_untrusted_request_gets_a_chinese_page_and_no_redirect(
    browser: Browser, changed: dict[str, str | None]
) -> None:
    page = browser.open(Attempt(), **changed)
    assert page.status_code == 400
    assert "登录请求无效" in page.text
    assert "未作任何登录" in page.text


def test_times_come_from_the_injected_clock(browser: Browser, frozen: FrozenClock) -> None:
    frozen.advance(timedelta(days=400))
    claims = id_claims(browser, full_sign_in(browser)["id_token"])
    assert claims["iat"] == int(clock.now().timestamp())


def test_what_is_a_day_past_its_end_is_removed_by_later_sign_ins(
    browser: Browser, frozen: FrozenClock
) -> None:
    full_sign_in(browser)
    browser.sign_in(Attempt(), password="Wrong-Horse-77")
    frozen.advance(timedelta(hours=settings().session_hours, days=1, minutes=1))
    full_sign_in(browser, "wang.city")
    with begin() as connection:
        codes = connection.execute(select(idp_code.c.login)).scalars().all()
        sessions = connection.execute(select(idp_session.c.login)).scalars().all()
        counters = connection.execute(select(idp_login_attempt.c.kind)).scalars().all()
    assert (codes, sessions, counters) == (["wang.city"], ["wang.city"], ["address"])
