"""Permissions are data: granted by a role, bounded by a region, and able to say why."""

import pytest
from sqlalchemy import select

from auth import permissions
from auth.permissions import Denied, explain
from auth.tables import audit_entry
from portal.store.citypack import CityPack
from portal.store.engine import begin
from tests.people import principal

CLERK = ("community_clerk",)


@pytest.mark.parametrize(
    ("roles", "permission", "region", "allowed"),
    [
        (CLERK, "records.search", None, True),
        (CLERK, "records.search", "990102001001", True),
        (CLERK, "records.search", "990102001001003", True),
        (CLERK, "records.search", "990102001002", False),
        (CLERK, "records.search", "9901", False),
        (CLERK, "home.city", None, False),
        (CLERK, "no.such", None, False),
        (("city_officer",), "records.search", None, False),
        (("city_officer",), "records.open", None, True),
        ((), "records.open", None, False),
        (("no_such_role",), "records.open", None, False),
        (("reader", "community_clerk"), "records.open", None, True),
    ],
)
def test_a_role_grants_and_a_region_bounds(
    hailing: CityPack, roles: tuple[str, ...], permission: str, region: str | None, allowed: bool
) -> None:
    decision = explain(principal(roles=roles), permission, region)
    assert decision.allowed is allowed
    assert decision.reasons
    assert all(any("一" <= one <= "鿿" for one in reason) for reason in decision.reasons)


def test_a_refusal_names_the_roles_that_would_grant(hailing: CityPack) -> None:
    decision = explain(principal(roles=("reader",)), "records.search")
    assert "社区工作人员" in " ".join(decision.reasons)


def test_an_unknown_region_is_refused_by_its_code(hailing: CityPack) -> None:
    decision = explain(principal(), "records.open", "880000000000")
    assert not decision.allowed
    assert "880000000000" in decision.reasons[-1]


def test_a_department_without_a_region_sees_only_what_it_is_assigned(hailing: CityPack) -> None:
    decision = explain(principal(prefixes=()), "records.open", "990102001001")
    assert not decision.allowed
    assert "分派给本单位" in decision.reasons[-1]


@pytest.mark.parametrize(("factors", "allowed"), [(("pwd",), False), (("pwd", "otp"), True)])
def test_a_role_that_asks_for_a_second_factor_gets_no_personal_data_without_it(
    hailing: CityPack, factors: tuple[str, ...], allowed: bool
) -> None:
    person = principal(roles=("guarded_clerk",), factors=factors)
    assert explain(person, "records.open").allowed is allowed
    assert explain(person, "home.community").allowed


def test_a_second_factor_can_be_switched_on_per_role_by_a_setting(
    hailing: CityPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    import portal.settings as settings_module

    assert explain(principal(), "records.open").allowed
    monkeypatch.setenv("PORTAL_SECOND_FACTOR_ROLES", '["community_clerk"]')
    settings_module.reload()
    assert not explain(principal(), "records.open").allowed


def test_a_refusal_is_recorded_before_it_is_told(hailing: CityPack) -> None:
    with pytest.raises(Denied, match="不能打开市级首页"):
        permissions.check(principal(), "home.city")
    with begin() as connection:
        row = connection.execute(select(audit_entry)).one()
    assert (row.action, row.outcome, row.actor) == ("home.city", "refused", "someone")
