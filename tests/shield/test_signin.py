"""The embedded identity provider is there by default, and gone where a real one is configured."""

from uuid import UUID

import pytest

import portal.settings as settings_module
from portal import signin
from portal.store.citypack import CityPack
from tests import people


def _addresses() -> list[str]:
    return [str(getattr(route, "path", "")) for route in signin.routes()]


def test_by_default_the_provider_is_embedded(hailing: CityPack) -> None:
    assert "/idp/authorize" in _addresses()


def test_a_real_issuer_leaves_no_embedded_provider(
    hailing: CityPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_OIDC_ISSUER", "https://login.example.gov.cn")
    settings_module.reload()
    assert _addresses() == []


def _account_with(role: str) -> UUID:
    people.add_unit("u1", "9101")
    account = people.add_account("li")
    people.add_post(account, "u1", roles=[role], prefixes=["9101"])
    return account


def test_one_role_that_asks_for_a_second_factor_is_enough(
    hailing: CityPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = next(one for one in hailing.roles if not one.second_factor)
    _account_with(role.id)
    assert not signin.requires_second_factor("li")
    monkeypatch.setenv("PORTAL_SECOND_FACTOR_ROLES", f'["{role.id}"]')
    settings_module.reload()
    assert signin.requires_second_factor("li")


def test_somebody_unknown_is_not_told_apart(hailing: CityPack) -> None:
    assert not signin.requires_second_factor("nobody")
