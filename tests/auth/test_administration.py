"""Who may administer whom: a table of cases, and what holds whatever the tree looks like."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import administration as rules
from auth.administration import Administrator, Where
from portal.store.citypack import CityPack, RoleText

LEVELS = {4: "city", 6: "district", 9: "street", 12: "community"}
ORDER = list(LEVELS.values())
ME = uuid4()


def where(code: str, kind: str = "government", name: str = "") -> Where:
    """The unit of a place, or a department there."""
    level = LEVELS[len(code)]
    kind = "community" if level == "community" and kind == "government" else kind
    return Where(unit_id=name or f"{kind}-{code}", kind=kind, level=level, region_code=code)


def admin(unit: Where) -> Administrator:
    """An administrator of a unit, with the whole of its place (a department: no place at all)."""
    prefixes = () if unit.kind == "department" else (unit.region_code,)
    return Administrator(
        account_ids=frozenset({ME}), position_id="mine", where=unit, prefixes=prefixes
    )


CITY, EAST, STREET, WILLOW = map(where, ("9901", "990102", "990102001", "990102001001"))
LOTUS, WEST = where("990102001002"), where("990103")
CIVIL = where("9901", "department")
EAST_CIVIL = where("990102", "department")


@pytest.mark.parametrize(
    ("who", "unit", "says"),
    [
        (CITY, CITY, ""),
        (CITY, WILLOW, ""),
        (CITY, CIVIL, ""),
        (EAST, WILLOW, ""),
        (EAST, EAST_CIVIL, ""),
        (EAST, WEST, "不在您的管辖范围"),
        (EAST, CITY, "不在您的管辖范围"),
        (EAST, CIVIL, "不在您的管辖范围"),
        (STREET, WILLOW, ""),
        (STREET, EAST, "不在您的管辖范围"),
        (WILLOW, WILLOW, ""),
        (WILLOW, LOTUS, "不在您的管辖范围"),
        (WILLOW, STREET, "不在您的管辖范围"),
        (CIVIL, CIVIL, ""),
        (CIVIL, WILLOW, "只管理本部门"),
        (CIVIL, EAST_CIVIL, "只管理本部门"),
        (CIVIL, CITY, "只管理本部门"),
    ],
)
def test_an_administrator_reaches_the_own_scope_at_the_own_level_and_below(
    who: Where, unit: Where, says: str
) -> None:
    reasons = rules.over_unit(admin(who), unit)
    assert bool(reasons) is bool(says)
    assert says in "".join(reasons)


def test_a_wide_scope_does_not_lift_somebody_above_the_own_level() -> None:
    lent = Administrator(
        account_ids=frozenset({ME}), position_id="mine", where=STREET, prefixes=("990102",)
    )
    assert rules.over_unit(lent, WILLOW) == ()
    assert rules.over_unit(lent, EAST) == ("该单位的层级高于您的层级",)


def test_the_own_unit_is_kept_by_the_level_above() -> None:
    assert rules.change_unit(admin(EAST), EAST)
    assert not rules.change_unit(admin(CITY), EAST)
    assert not rules.change_unit(admin(EAST), EAST_CIVIL)


@pytest.mark.parametrize(
    ("who", "unit", "role", "says"),
    [
        (CITY, WILLOW, "community_clerk", ""),
        (WILLOW, WILLOW, "community_clerk", ""),
        (WILLOW, WILLOW, "guarded_clerk", "不由您这一级授予"),
        (STREET, WILLOW, "guarded_clerk", ""),
        (STREET, STREET, "community_clerk", "不能设在这类单位"),
        (EAST, WILLOW, "city_officer", "不能设在这类单位"),
        (EAST, EAST, "explainer", ""),
        (CIVIL, CIVIL, "department_officer", ""),
        (CIVIL, CIVIL, "city_officer", "不能设在这类单位"),
        (CITY, CITY, "system_admin", "本级"),
        (CITY, EAST, "system_admin", ""),
        (CITY, CIVIL, "system_admin", ""),
        (EAST, EAST, "system_admin", "本级"),
        (EAST, STREET, "system_admin", ""),
        (STREET, WILLOW, "system_admin", ""),
        (WILLOW, WILLOW, "system_admin", "不由您这一级授予"),
        (CIVIL, CIVIL, "system_admin", "不由您这一级授予"),
        (CITY, CITY, "security_admin", "不由您这一级授予"),
        (CITY, CITY, "audit_admin", "不由您这一级授予"),
    ],
)
def test_a_role_is_given_by_the_levels_that_may(
    hailing: CityPack, who: Where, unit: Where, role: str, says: str
) -> None:
    found = hailing.role(role)
    assert found is not None
    reasons = rules.grant(admin(who), unit, found)
    assert bool(reasons) is bool(says)
    assert says in "".join(reasons)


CLERK = RoleText(id="clerk", name="工作人员", permissions=("records.open",))
PLAIN = RoleText(id="plain", name="统计", permissions=("reports.view",))
THREE = [
    RoleText(id=duty, name=name, permissions=(), duty=duty)  # type: ignore[arg-type]
    for duty, name in rules.DUTIES.items()
]


@pytest.mark.parametrize(
    ("who", "unit", "roles", "prefixes", "says"),
    [
        (EAST, WILLOW, [CLERK], ["990102001001"], ""),
        (EAST, WILLOW, [CLERK], ["990102001001003"], ""),
        (EAST, WILLOW, [CLERK], ["990102001002"], "超出单位所在区划"),
        (EAST, WILLOW, [CLERK], ["990103"], "超出您的管辖范围"),
        (EAST, WILLOW, [CLERK], ["99"], "超出您的管辖范围"),
        (CITY, CIVIL, [CLERK], [], ""),
        (CITY, CIVIL, [CLERK], ["9901"], "不设管辖范围"),
        (CITY, CIVIL, [PLAIN], ["9901"], ""),
        (CIVIL, CIVIL, [PLAIN], ["9901"], "超出您的管辖范围"),
    ],
)
def test_the_scope_of_a_post_stays_inside(
    who: Where, unit: Where, roles: list[RoleText], prefixes: list[str], says: str
) -> None:
    reasons = rules.scope(admin(who), unit, roles, prefixes)
    assert bool(reasons) is bool(says)
    assert says in "".join(reasons)


def test_nobody_changes_the_own_post_or_the_own_account() -> None:
    me = admin(CITY)
    assert rules.own_post(me, "mine") and not rules.own_post(me, "other")
    assert rules.own_account(me, ME) and not rules.own_account(me, uuid4())
    assert not rules.own_account(me, None)


@given(st.lists(st.sampled_from([*THREE, CLERK, PLAIN])))
def test_the_three_administrators_are_three_persons(roles: list[RoleText]) -> None:
    several = len({one.duty for one in roles} - {""}) > 1
    assert bool(rules.separate(roles)) is several


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        (([], []), (["a"], []), True),
        ((["a"], []), (["a"], []), False),
        ((["a", "b"], []), (["a"], []), False),
        ((["a"], []), (["ab"], []), True),
        (([], ["9901"]), ([], ["990102"]), False),
        (([], ["990102"]), ([], ["9901"]), True),
        (([], ["990102"]), ([], ["990103"]), True),
        ((["a"], ["9901"]), ([], []), False),
    ],
)
def test_only_more_needs_an_approval(
    old: tuple[list[str], list[str]], new: tuple[list[str], list[str]], more: bool
) -> None:
    assert rules.more(old, new) is more


# -- whatever the tree looks like ----------------------------------------------------------------


@st.composite
def units(draw: st.DrawFn) -> Where:
    """A unit somewhere in a small city, so that relatives are common."""
    district, street, community = draw(st.tuples(*[st.sampled_from("12")] * 3))
    whole = f"99010{district}00{street}00{community}"
    code = whole[: draw(st.sampled_from(list(LEVELS)))]
    return where(code, draw(st.sampled_from(["government", "department"])))


@given(units(), units())
def test_reach_is_never_upwards_and_never_sideways(who: Where, unit: Where) -> None:
    if rules.over_unit(admin(who), unit):
        return
    assert unit.region_code.startswith(who.region_code)
    assert ORDER.index(unit.level) >= ORDER.index(who.level)
    if who.kind == "department":
        assert unit.unit_id == who.unit_id


@given(units(), units())
def test_two_different_units_never_administer_each_other_but_beside_their_government(
    one: Where, other: Where
) -> None:
    if one.unit_id == other.unit_id:
        return
    both = not rules.change_unit(admin(one), other) and not rules.change_unit(admin(other), one)
    assert not both


@given(units(), units())
def test_nobody_makes_an_administrator_of_the_own_level(who: Where, unit: Where) -> None:
    role = RoleText(
        id="admin",
        name="系统管理员",
        permissions=(),
        duty="system",
        grantable_by=("city", "district", "street", "community", "department"),
    )
    reach = rules.over_unit(admin(who), unit) or rules.grant(admin(who), unit, role)
    if not reach:
        assert unit.unit_id != who.unit_id
        assert unit.level != who.level or unit.kind == "department"


@given(units(), units(), st.lists(st.sampled_from(["9901", "990101", "990102", "990102001"])))
def test_nobody_gives_a_scope_that_they_do_not_have(
    who: Where, unit: Where, prefixes: list[str]
) -> None:
    if not rules.scope(admin(who), unit, [PLAIN], prefixes):
        assert all(one.startswith(tuple(admin(who).prefixes)) for one in prefixes)
