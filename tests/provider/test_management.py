"""Starting, refusing to start, and what an administrator does."""

import pytest
from sqlalchemy import select

from auth import provider
from auth.provider import ProviderRefusedError, UnknownLoginError, WeakPasswordError, keys
from auth.provider.tables import idp_credential, idp_key
from portal.settings import settings
from portal.store.engine import begin
from tests.conftest import TestDatabase
from tests.provider.harness import DEMO, ISSUER, Attempt, Browser, Recorder


@pytest.mark.parametrize(
    "issuer", ["https://sso.example.gov.cn", "https://sso.example.gov.cn/", "http://other/idp"]
)
def test_it_refuses_to_start_beside_a_real_issuer(
    configured: object, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setattr(settings(), "oidc_issuer", issuer)
    with pytest.raises(ProviderRefusedError, match="不能同时启动"):
        provider.routes(recorder.deps())


@pytest.mark.parametrize("issuer", [None, "", ISSUER, f"{ISSUER}/"])
def test_it_starts_where_it_is_the_issuer(
    configured: object, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, issuer: str | None
) -> None:
    monkeypatch.setattr(settings(), "oidc_issuer", issuer)
    assert provider.routes(recorder.deps())


def test_it_refuses_to_take_passwords_in_clear(
    configured: object, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "public_url", "http://portal.example.gov.cn")
    with pytest.raises(ProviderRefusedError, match="https"):
        provider.routes(recorder.deps())


def test_it_refuses_demo_accounts_in_production(
    configured: object, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "production", True)
    with pytest.raises(ProviderRefusedError, match="演示账号"):
        provider.routes(recorder.deps(DEMO))
    assert provider.routes(recorder.deps())


# -- passwords ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Ab1!xyz", "长度"),
        ("Ab1!" + "x" * 125, "长度"),
        ("abcdefghij1", "三类"),
        ("ABCDEFGHIJ!", "三类"),
        ("1234567890!", "三类"),
        ("Li.Clerk-2026", "账号"),
        ("Abcdef-1234\n", "控制字符"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(
    people: TestDatabase, password: str, says: str
) -> None:
    with pytest.raises(WeakPasswordError, match=says):
        provider.set_password("li.clerk", password)


@pytest.mark.parametrize("password", ["Abcdefgh12", "abcdefg-12", "ABCDEFG-12", "Abcdefgh-!"])
def test_ten_characters_of_three_classes_are_enough(
    people: TestDatabase, browser: Browser, password: str
) -> None:
    provider.set_password("li.clerk", password)
    assert browser.sign_in(Attempt(), password=password).status_code == 303


def test_a_password_typed_in_full_width_letters_is_the_same(browser: Browser) -> None:
    provider.set_password("li.clerk", "Abcdef-2026")
    wide = "Ａｂｃｄｅｆ－２０２６"
    assert browser.sign_in(Attempt(), password=wide).status_code == 303


def test_the_demo_password_is_spared_the_policy_in_a_demonstration_only(
    people: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeakPasswordError):
        provider.set_password("li.clerk", "demo")
    provider.set_password("li.clerk", "demo", demo=True)
    monkeypatch.setattr(settings(), "production", True)
    with pytest.raises(WeakPasswordError, match="正式环境"):
        provider.set_password("li.clerk", "demo", demo=True)


def test_passwords_are_kept_as_argon2id(people: TestDatabase) -> None:
    with begin() as connection:
        kept = connection.execute(select(idp_credential.c.password_hash)).scalars().all()
    assert len(kept) == 2
    assert all(one.startswith("$argon2id$") for one in kept)


def test_a_hash_of_weaker_parameters_is_renewed_at_the_next_sign_in(
    people: TestDatabase, browser: Browser
) -> None:
    from argon2 import PasswordHasher
    from sqlalchemy import update

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("Correct-Horse-7")
    mine = idp_credential.c.login == "li.clerk"
    with begin() as connection:
        connection.execute(update(idp_credential).where(mine).values(password_hash=weak))
    assert browser.sign_in(Attempt()).status_code == 303
    with begin() as connection:
        kept = connection.execute(select(idp_credential.c.password_hash).where(mine)).scalar_one()
    assert "m=19456,t=2" in kept


def test_an_unknown_login_is_named(people: TestDatabase) -> None:
    with pytest.raises(UnknownLoginError, match="没有账号"):
        provider.set_password("nobody", "Abcdefgh12")
    with pytest.raises(UnknownLoginError):
        provider.reset_second_factor("nobody")


# -- keys ---------------------------------------------------------------------------------------


def test_one_key_is_made_and_kept_encrypted(database: TestDatabase) -> None:
    first, again = keys.signing_key(), keys.signing_key()
    assert first.kid == again.kid
    with begin() as connection:
        rows = connection.execute(select(idp_key)).all()
    assert len(rows) == 1
    assert '"d"' not in rows[0].private_key


def test_processes_that_start_together_make_one_key(database: TestDatabase) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    together = Barrier(4)

    def ask(_: int) -> str | None:
        together.wait()
        return keys.signing_key().kid

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
