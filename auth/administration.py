"""Who may administer whom: pure rules, from data of the city pack and of the posts concerned.

An administrator reaches units of their own scope at their own level or below, gives only the roles
that their level may give, and never touches the post or the account they act with. The three
administrators (系统、安全、审计) are three persons. Every function gives the reasons against it, in
Chinese; no reason means yes.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from auth.principal import Principal
from portal.store.citypack import Place, RoleText

# One rank per level; a department stands beside its own government, but has nobody below it.
_RANKS: dict[str, int] = {"city": 0, "district": 1, "street": 2, "community": 3}
DUTIES = {"system": "系统管理员", "security": "安全管理员", "audit": "审计管理员"}

Reasons = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Where:
    """A unit as the rules see it."""

    unit_id: str
    kind: str
    level: str
    region_code: str

    @property
    def place(self) -> Place:
        """The kind of unit in the words of the city pack."""
        return "department" if self.kind == "department" else self.level  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """Whoever administers, in the post they act in."""

    account_ids: frozenset[UUID]  # the own one, and that of a holder acted for
    position_id: str
    where: Where
    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, principal: Principal) -> "Administrator":
        """The administrator that a principal is."""
        own = {principal.account_id}
        if principal.holder_id is not None:
            own.add(principal.holder_id)
        return cls(
            account_ids=frozenset(own),
            position_id=principal.position_id,
            where=Where(
                unit_id=principal.unit.id,
                kind=principal.unit.kind,
                level=principal.unit.level,
                region_code=principal.unit.region_code,
            ),
            prefixes=principal.prefixes,
        )


def _inside(code: str, prefixes: Iterable[str]) -> bool:
    return any(code.startswith(prefix) for prefix in prefixes)


def over_unit(admin: Administrator, unit: Where) -> Reasons:
    """Against administering what is in a unit: posts, people, deputies, handovers."""
    if unit.unit_id == admin.where.unit_id:
        return ()
    if admin.where.place == "department":
        return ("部门管理员只管理本部门的岗位和人员",)
    if not _inside(unit.region_code, admin.prefixes):
        return ("该单位不在您的管辖范围内",)
    if _RANKS[unit.level] < _RANKS[admin.where.level]:
        return ("该单位的层级高于您的层级",)
    return ()


def change_unit(admin: Administrator, unit: Where) -> Reasons:
    """Against adding, renaming or closing a unit: only below the own one, or a department of it."""
    if unit.unit_id == admin.where.unit_id:
        return ("本单位由上级管理员维护",)
    return over_unit(admin, unit)


def grant(admin: Administrator, unit: Where, role: RoleText) -> Reasons:
    """Against giving a role to a post in a unit, or taking it away."""
    if role.places and unit.place not in role.places:
        return (f"角色“{role.name}”不能设在这类单位",)
    if admin.where.place not in role.grantable_by:
        return (f"角色“{role.name}”不由您这一级授予",)
    if role.duty and not _below(admin, unit):
        return (f"本级的{role.name}由上级授予，您只能授予下级的",)
    return ()


def _below(admin: Administrator, unit: Where) -> bool:
    """Whether a unit stands strictly below; a department stands below its government."""
    if unit.unit_id == admin.where.unit_id:
        return False
    if admin.where.place != "department" and unit.place == "department":
        return True
    return _RANKS[unit.level] > _RANKS[admin.where.level]


def scope(
    admin: Administrator, unit: Where, roles: Sequence[RoleText], prefixes: Sequence[str]
) -> Reasons:
    """Against a post's region prefixes: within the administrator's and within the unit's own."""
    reasons = []
    for prefix in prefixes:
        if not _inside(prefix, admin.prefixes):
            reasons.append(f"管辖范围 {prefix} 超出您的管辖范围")
        elif not prefix.startswith(unit.region_code):
            reasons.append(f"管辖范围 {prefix} 超出单位所在区划 {unit.region_code}")
    personal = any(one.startswith("records.") for role in roles for one in role.permissions)
    if prefixes and personal and unit.place == "department":
        reasons.append("部门中可查看个人信息的岗位不设管辖范围，只看分派给本部门的事项")
    return tuple(reasons)


def own_post(admin: Administrator, position_id: str) -> Reasons:
    """Against changing the post one acts in."""
    return ("不能变更自己的岗位",) if position_id == admin.position_id else ()


def own_account(admin: Administrator, account_id: UUID | None) -> Reasons:
    """Against changing oneself, or whom one acts for."""
    own = account_id is not None and account_id in admin.account_ids
    return ("不能变更自己的账号或任职",) if own else ()


def separate(roles: Iterable[RoleText]) -> Reasons:
    """Against one person (or one post) with the duties of two of the three administrators."""
    held = duties(roles)
    if len(held) < 2:
        return ()
    names = "、".join(DUTIES[one] for one in DUTIES if one in held)
    return (f"{names}不能由同一人担任（三员分立）",)


def duties(roles: Iterable[RoleText]) -> frozenset[str]:
    """Which of the three administrators these roles make somebody."""
    return frozenset(role.duty for role in roles if role.duty)


Rights = tuple[Collection[str], Collection[str]]  # roles, prefixes


def more(old: Rights, new: Rights) -> bool:
    """Whether a post's rights grow anywhere: only then must the security administrator agree.

    A longer prefix inside one that was there is less, not more.
    """
    roles = set(new[0]) - set(old[0])
    return bool(roles) or any(not _inside(one, old[1]) for one in new[1])
