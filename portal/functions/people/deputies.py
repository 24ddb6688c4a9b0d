"""AB角、委托: somebody acts for the holder of a post, in named matters, from one moment to another.

The holder appoints for the own post; an administrator for a post they administer. Who acts for
another may not pass it on, and the rights end by the clock, checked at every run as posts are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, or_, select, update

from auth import administration as rules
from auth import audit, permissions
from auth.administration import Administrator, Where
from auth.permissions import NOT_DELEGABLE, PERMISSIONS
from auth.posts import moments
from auth.principal import Principal
from auth.sessions import end_deputy
from auth.tables import account, deputy
from portal.functions.people import holdings
from portal.functions.people.base import held_roles, member_now
from portal.functions.people.model import Refused
from portal.functions.people.tables import staff_member
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped

MAX_DAYS = 180


@dataclass(frozen=True, kw_only=True)
class Deputy:
    """A deputy as a list shows it."""

    id: str
    post_id: str
    holder: str
    title: str
    unit_name: str
    name: str
    login: str
    items: tuple[str, ...]
    starts: datetime
    ends: datetime
    reason: str
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """Where it stands now."""
        now = clock.now()
        if self.revoked_at is not None:
            return "已撤销"
        if now >= self.ends:
            return "已到期"
        return "生效中" if now >= self.starts else "未开始"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody who may be asked to act for a post."""

    account_id: str
    login: str
    name: str
    posts: str


def delegable(roles: Collection[str]) -> dict[str, str]:
    """What a post with these roles may hand over: permission -> words."""
    granted = {
        one for role_id in roles if (role := pack().role(role_id)) for one in role.permissions
    }
    return {
        key: label
        for key, label in PERMISSIONS.items()
        if key in granted - NOT_DELEGABLE and not key.startswith("home.")
    }


def _post(connection: Connection, post_id: UUID) -> Row[Any]:
    query = select(staff_member).where(staff_member.c.post_id == post_id, member_now())
    found = connection.execute(query, moments()).first()
    if found is None:
        raise Refused("没有找到该岗位的在岗人员，未作任何变更。请刷新后核对。")
    return found


def _may_appoint(principal: Principal, row: Row[Any]) -> None:
    """The holder for the own post; an administrator for what they administer, never for both."""
    if row.account_id == principal.account_id and principal.acting_for is None:
        permissions.check(principal, "deputies.appoint")
        return
    permissions.check(principal, "people.manage")
    admin = Administrator.of(principal)
    unit = Where(unit_id=row.unit_id, kind=row.kind, level=row.level, region_code=row.region_code)
    reasons = list(rules.over_unit(admin, unit)) + list(rules.own_post(admin, row.position_id))
    for role_id in row.roles:
        role = pack().role(role_id)
        reasons += rules.grant(admin, unit, role) if role else ()
    if reasons:
        permissions.refuse(principal, "people.manage", f"{reasons[0]}。")


def colleagues(principal: Principal, post_id: str) -> tuple[Colleague, ...]:
    """The people in post in the same unit, who may act for a post."""
    with scoped(principal.reach) as connection:
        row = _post(connection, UUID(post_id))
        _may_appoint(principal, row)
        query = (
            select(staff_member)
            .where(
                staff_member.c.unit_id == row.unit_id,
                staff_member.c.account_id != row.account_id,
                staff_member.c.account_status == "active",
                member_now(),
            )
            .order_by(staff_member.c.name)
        )
        rows = connection.execute(query, moments()).all()
    found: dict[str, Colleague] = {}
    for one in rows:
        had = found.get(one.login)
        posts = f"{had.posts}、{one.title}" if had else one.title
        found[one.login] = Colleague(
            account_id=str(one.account_id), login=one.login, name=one.name, posts=posts
        )
    return tuple(found.values())


def _check(
    items: Collection[str], roles: Collection[str], starts: datetime, ends: datetime
) -> None:
    offered = delegable(roles)
    if not items or not set(items) <= set(offered):
        raise Refused("请至少选择一项可委托的事项；未保存任何内容。")
    if ends <= starts or ends <= clock.now():
        raise Refused("结束时间应晚于开始时间和当前时间；未保存任何内容。")
    if ends - starts > timedelta(days=MAX_DAYS):
        raise Refused(f"一次委托最长 {MAX_DAYS} 天；未保存任何内容。")


def _check_person(connection: Connection, row: Row[Any], person: Row[Any]) -> None:
    held = held_roles(connection, {person.login})[person.login]
    all_roles = [*row.roles, *(role for roles in held.values() for role in roles)]
    if reasons := rules.separate(role for one in all_roles if (role := pack().role(one))):
        raise Refused(f"{person.name}不能代理该岗位：{reasons[0]}。未保存任何内容。")


def appoint(
    principal: Principal,
    post_id: str,
    deputy_id: str,
    *,
    items: Collection[str],
    starts: datetime,
    ends: datetime,
    reason: str,
) -> str:
    """Let somebody act for the holder of a post; gives the id of the appointment."""
    with scoped(principal.reach) as connection:
        row = _post(connection, UUID(post_id))
        _may_appoint(principal, row)
        _check(items, row.roles, starts, ends)
        holdings.lock(connection)
        person = _colleague(connection, row, UUID(deputy_id))
        _check_person(connection, row, person)
        _check_overlap(connection, row.post_id, person.account_id, starts, ends)
        made = uuid4()
        connection.execute(
            insert(deputy).values(
                id=made,
                post_id=row.post_id,
                account_id=person.account_id,
                items=sorted(items),
                starts=starts,
                ends=ends,
                reason=reason.strip()[:200],
                granted_by=principal.login,
                granted_at=clock.now(),
            )
        )
        _record(principal, "deputies.appoint", row, person.name, items=sorted(items),
                starts=starts.isoformat(), ends=ends.isoformat())  # fmt: skip
    return str(made)


def _colleague(connection: Connection, row: Row[Any], account_id: UUID) -> Row[Any]:
    query = select(staff_member).where(
        staff_member.c.unit_id == row.unit_id,
        staff_member.c.account_id == account_id,
        staff_member.c.account_id != row.account_id,
        staff_member.c.account_status == "active",
        member_now(),
    )
    found = connection.execute(query, moments()).first()
    if found is None:
        raise Refused("代理人应为同一单位的在岗人员；未保存任何内容。")
    return found


def _check_overlap(
    connection: Connection, post_id: UUID, account_id: UUID, starts: datetime, ends: datetime
) -> None:
    query = select(deputy.c.id).where(
        deputy.c.post_id == post_id,
        deputy.c.account_id == account_id,
        deputy.c.revoked_at.is_(None),
        deputy.c.starts < ends,
        deputy.c.ends > starts,
    )
    if connection.execute(query).first() is not None:
        raise Refused("该人员在这段时间已代理此岗位，请先撤销原委托；未保存任何内容。")


def revoke(principal: Principal, appointment: str) -> None:
    """End an appointment this second; the deputy's tabs in that post close."""
    with scoped(principal.reach) as connection:
        found = connection.execute(
            select(deputy).where(deputy.c.id == UUID(appointment), deputy.c.revoked_at.is_(None))
        ).first()
        if found is None:
            raise Refused("该委托已经撤销，未作任何变更。")
        row = _post(connection, found.post_id)
        _may_appoint(principal, row)
        connection.execute(
            update(deputy)
            .where(deputy.c.id == found.id)
            .values(revoked_at=clock.now(), revoked_by=principal.login)
        )
        ended = end_deputy(connection, found.post_id, found.account_id, "委托撤销")
        name = connection.execute(
            select(account.c.name).where(account.c.id == found.account_id)
        ).scalar_one()
        _record(principal, "deputies.revoke", row, name)
    ended.tell()


def _record(principal: Principal, action: str, row: Row[Any], name: str, **more: Any) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=row.unit_id,
        region_code=row.region_code,
        detail={"post": row.title, "holder": row.name, "deputy": name, **more},
    )


def _listed(principal: Principal, *conditions: Any) -> tuple[Deputy, ...]:
    person = account.alias("person")
    query = (
        select(
            deputy,
            staff_member.c.name.label("holder"),
            staff_member.c.title,
            staff_member.c.unit_name,
            person.c.name,
            person.c.login,
        )
        .join(staff_member, staff_member.c.post_id == deputy.c.post_id)
        .join(person, person.c.id == deputy.c.account_id)
        .where(*conditions)
        .order_by(deputy.c.granted_at.desc())
        .limit(200)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(
        Deputy(
            id=str(row["id"]),
            post_id=str(row["post_id"]),
            holder=row["holder"],
            title=row["title"],
            unit_name=row["unit_name"],
            name=row["name"],
            login=row["login"],
            items=tuple(PERMISSIONS.get(one, one) for one in row["items"]),
            starts=row["starts"],
            ends=row["ends"],
            reason=row["reason"],
            revoked_at=row["revoked_at"],
        )
        for row in rows
    )


def mine(principal: Principal) -> tuple[Deputy, ...]:
    """Who acts for me, and for whom I act: now, later and before."""
    mine_or_me = or_(
        staff_member.c.account_id == principal.account_id,
        deputy.c.account_id == principal.account_id,
    )
    return _listed(principal, mine_or_me)


def of_scope(principal: Principal) -> tuple[Deputy, ...]:
    """All of one's scope, for its administrator."""
    permissions.check(principal, "people.view")
    return _listed(principal)
