"""Sessions end on the server: by sign-out, by idling, by age, by a disabled account."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from auth import posts, sessions
from auth.tables import account
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests import people
from tests.conftest import TestDatabase

pytestmark = pytest.mark.usefixtures("database")


def _claims(clock: FrozenClock, **over: Any) -> dict[str, Any]:
    return {
        "iss": "http://localhost:8501/idp",
        "sub": "clerk",
        "iat": int(clock.now().timestamp()),
        "nonce": "n1",
        "sid": "sid-1",
        "amr": ["pwd"],
        "is_logged_in": True,
        **over,
    }


@pytest.fixture
def claims(database: TestDatabase, frozen: FrozenClock) -> dict[str, Any]:
    people.add_account("clerk")
    return _claims(frozen)


def test_the_first_sight_of_a_fresh_sign_in_opens_one_session(claims: dict[str, Any]) -> None:
    first, second = sessions.open_session(claims), sessions.open_session(claims)
    assert first is not None and second is not None
    assert first.id == second.id
    assert first.login == "clerk"


def test_a_revoked_session_does_not_come_back_with_its_cookie(claims: dict[str, Any]) -> None:
    live = sessions.open_session(claims)
    assert live is not None
    sessions.revoke(live.id, "本人退出")
    assert sessions.open_session(claims) is None
    assert sessions.check(live.id) is None
    assert sessions.alive([live.id]) == set()


def test_an_old_cookie_without_a_row_opens_nothing(
    claims: dict[str, Any], frozen: FrozenClock
) -> None:
    frozen.advance(timedelta(minutes=6))
    assert sessions.open_session(claims) is None


def test_a_cookie_from_the_future_opens_nothing(
    claims: dict[str, Any], frozen: FrozenClock
) -> None:
    future = int((frozen.now() + timedelta(hours=2)).timestamp())
    assert sessions.open_session({**claims, "iat": future}) is None


@pytest.mark.parametrize("iat", [None, "", 0, -5])
def test_claims_without_a_usable_time_open_nothing(claims: dict[str, Any], iat: object) -> None:
    assert sessions.open_session({**claims, "iat": iat}) is None


def test_idling_ends_a_session_and_activity_keeps_it(
    claims: dict[str, Any], frozen: FrozenClock
) -> None:
    live = sessions.open_session(claims)
    assert live is not None
    frozen.advance(timedelta(minutes=29))
    assert sessions.check(live.id, touch=True) is not None
    frozen.advance(timedelta(minutes=29))
    assert sessions.check(live.id) is not None, "touched 29 minutes ago"
    frozen.advance(timedelta(minutes=2))
    assert sessions.check(live.id) is None


def test_looking_at_a_session_is_no_activity(claims: dict[str, Any], frozen: FrozenClock) -> None:
    live = sessions.open_session(claims)
    assert live is not None
    for _ in range(3):
        frozen.advance(timedelta(minutes=9))
        assert sessions.check(live.id) is not None
        assert sessions.alive([live.id]) == {live.id}
    frozen.advance(timedelta(minutes=4))
    assert sessions.check(live.id) is None


def test_no_session_outlives_a_working_day_however_busy(
    claims: dict[str, Any], frozen: FrozenClock
) -> None:
    live = sessions.open_session(claims)
    assert live is not None
    for _ in range(24):
        frozen.advance(timedelta(minutes=20))
        sessions.check(live.id, touch=True)
    assert sessions.check(live.id) is None


def test_time_outs_are_settings(
    claims: dict[str, Any], frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import portal.settings as settings_module

    live = sessions.open_session(claims)
    assert live is not None
    monkeypatch.setenv("PORTAL_SESSION_IDLE_MINUTES", "5")
    settings_module.reload()
    frozen.advance(timedelta(minutes=6))
    assert sessions.check(live.id) is None


def test_a_disabled_account_loses_its_open_session_at_once(claims: dict[str, Any]) -> None:
    live = sessions.open_session(claims)
    assert live is not None
    with begin() as connection:
        connection.execute(update(account).values(status="disabled"))
    assert sessions.check(live.id) is None
    assert sessions.open_session({**claims, "nonce": "n2"}) is None


def test_an_unknown_person_of_a_real_provider_gets_no_session(claims: dict[str, Any]) -> None:
    assert sessions.open_session({**claims, "sub": "stranger", "nonce": "n3"}) is None


def test_a_demo_account_gets_no_session_in_production(
    frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import portal.settings as settings_module

    people.add_account("demo.clerk", demo="demo")
    monkeypatch.setenv("PORTAL_PRODUCTION", "true")
    settings_module.reload()
    assert sessions.open_session(_claims(frozen, sub="demo.clerk")) is None


def test_ending_at_the_provider_ends_every_session_of_that_sign_in(
    claims: dict[str, Any],
) -> None:
    live = sessions.open_session(claims)
    other = sessions.open_session({**claims, "nonce": "n2", "sid": "sid-2"})
    assert live is not None and other is not None
    sessions.revoke_idp_session("sid-1", "统一退出")
    assert sessions.alive([live.id, other.id]) == {other.id}


@pytest.mark.parametrize(
    ("claimed", "title"),
    [("com-2", "第二岗位"), ("com-1", "主岗位"), ("com-elsewhere", "主岗位"), (None, "主岗位")],
)
def test_the_unit_that_the_provider_names_picks_among_the_posts_held_here(
    frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch, claimed: str | None, title: str
) -> None:
    import portal.settings as settings_module

    monkeypatch.setenv("PORTAL_OIDC_UNIT_CLAIM", "dept")
    settings_module.reload()
    holder = people.add_account("holder")
    for unit_id, name in (("com-1", "主岗位"), ("com-2", "第二岗位")):
        people.add_unit(unit_id, "990102001001")
        people.add_post(
            holder, unit_id, roles=["reader"], prefixes=[], title=name, main=unit_id == "com-1"
        )
    live = sessions.open_session(_claims(frozen, sub="holder", dept=claimed))
    assert live is not None
    found = posts.principal_for(
        account_id=live.account_id, post_id=live.post_id, session_id=live.id, factors=()
    )
    assert found is not None
    assert found.post_title == title


def test_whoever_listens_hears_which_sessions_ended(claims: dict[str, Any]) -> None:
    heard: list[frozenset[str]] = []
    stop = sessions.on_revoked(heard.append)
    live = sessions.open_session(claims)
    assert live is not None
    sessions.revoke(live.id, "本人退出")
    stop()
    assert heard == [frozenset({live.id})]
