"""初始密码: given by the administrator, told once, changed by the person at the first sign-in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from auth import administration as rules
from auth import audit, permissions
from auth.administration import Administrator, Where
from auth.posts import moments
from auth.principal import Principal
from auth.provider import credentials
from auth.sessions import revoke_account
from portal.functions.people.base import among, held_roles, member_now
from portal.functions.people.model import Refused
from portal.functions.people.tables import staff_member, staff_position
from portal.settings import settings
from portal.store.citypack import pack
from portal.store.scope import scoped

MOST_AT_ONCE = 100  # each costs a deliberate moment of computing


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What a person is told on paper."""

    login: str
    name: str
    unit: str
    password: str


def own_provider() -> bool:
    """Whether passwords are kept here at all, and not by the city's identity provider."""
    return not settings().oidc_issuer


def _against(admin: Administrator, row: Row[Any]) -> list[str]:
    """Why a post in scope is not one whose rights this administrator may give."""
    unit = Where(unit_id=row.unit_id, kind=row.kind, level=row.level, region_code=row.region_code)
    reasons = list(rules.over_unit(admin, unit))
    for role_id in row.roles:
        role = pack().role(role_id)
        reasons += rules.grant(admin, unit, role) if role else ()
    return reasons


def _check(principal: Principal, connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Whoever gives a password could sign in with it: so every right behind it must be theirs."""
    admin = Administrator.of(principal)
    everywhere = held_roles(connection, {row.login for row in rows})
    ids = {position_id for posts in everywhere.values() for position_id in posts}
    query = select(staff_position).where(among(staff_position.c.id, ids))
    places = {row.id: row for row in connection.execute(query)}
    for row in rows:
        reasons = list(rules.own_account(admin, row.account_id))
        for position_id in everywhere[row.login]:
            place = places.get(position_id)
            reasons += (
                _against(admin, place)
                if place is not None
                else ["还在您管辖以外任职，初始密码由共同的上级管理员发放"]
            )
        if reasons:
            permissions.refuse(principal, "people.manage", f"{row.name}：{reasons[0]}。")


def issue(principal: Principal, logins: Sequence[str]) -> tuple[Slip, ...]:
    """New initial passwords for people one administers; who was signed in is signed out."""
    permissions.check(principal, "people.manage")
    if not own_provider():
        raise Refused("密码由统一身份认证管理，本平台不发放密码。")
    if not 0 < len(set(logins)) <= MOST_AT_ONCE:
        raise Refused(f"一次可为 1 至 {MOST_AT_ONCE} 人发放初始密码；未发放。")
    with scoped(principal.reach) as connection:
        query = select(staff_member).where(
            among(staff_member.c.login, logins),
            staff_member.c.account_status == "active",
            member_now(),
        )
        rows = connection.execute(query, moments()).all()
        missing = set(logins) - {row.login for row in rows}
        if missing:
            words = "、".join(sorted(missing)[:5])
            raise Refused(f"在您管辖的单位中没有在岗账号：{words}。未发放任何密码。")
        _check(principal, connection, rows)
    people = {row.login: row for row in rows}
    audit.append(
        action="people.password",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"logins": sorted(people)},
    )
    made = []
    for login, row in sorted(people.items()):
        password = credentials.set_initial(login)
        revoke_account(row.account_id, "重新发放初始密码")
        made.append(Slip(login=login, name=row.name, unit=row.unit_name, password=password))
    return tuple(made)
