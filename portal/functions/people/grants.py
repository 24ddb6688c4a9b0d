"""What the security administrator does: agree to the rights of a post, lock and unlock accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from auth import administration as rules
from auth import audit, permissions
from auth.administration import Administrator
from auth.posts import moments
from auth.principal import Principal
from auth.provider import credentials
from auth.sessions import end_account
from auth.tables import account, position
from portal.functions.people import holdings
from portal.functions.people.base import member_now
from portal.functions.people.listing import role_names
from portal.functions.people.model import Refused
from portal.functions.people.tables import grant_request, staff_member, staff_position
from portal.store import clock, divisions
from portal.store.scope import scoped

AGREED, RETURNED = "同意", "退回"


@dataclass(frozen=True, kw_only=True)
class Request:
    """Rights of a post that were asked for and wait."""

    id: str
    position_id: str
    title: str
    unit_name: str
    had: tuple[str, ...]
    roles: tuple[str, ...]
    places: tuple[str, ...]
    asked_by: str
    asked_at: datetime


def waiting(principal: Principal) -> tuple[Request, ...]:
    """What waits for an approval in one's scope, the oldest first."""
    permissions.check(principal, "grants.approve")
    query = (
        select(
            grant_request,
            staff_position.c.title,
            staff_position.c.unit_name,
            staff_position.c.roles.label("had"),
        )
        .join(staff_position, staff_position.c.id == grant_request.c.position_id)
        .where(grant_request.c.decision.is_(None))
        .order_by(grant_request.c.asked_at, grant_request.c.position_id)
        .limit(500)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    return tuple(
        Request(
            id=str(row.id),
            position_id=row.position_id,
            title=row.title,
            unit_name=row.unit_name,
            had=role_names(row.had),
            roles=role_names(row.roles),
            places=tuple(divisions.full_name(one) for one in row.prefixes),
            asked_by=row.asked_by,
            asked_at=row.asked_at,
        )
        for row in rows
    )


def decide(principal: Principal, request: str, *, agree: bool, reason: str = "") -> None:
    """Agree, and the rights are there with the next click; or return it with a reason."""
    permissions.check(principal, "grants.approve")
    if not agree and not reason.strip():
        raise Refused("退回须写明理由；尚未作出决定。")
    with scoped(principal.reach) as connection:
        holdings.lock(connection)
        row = connection.execute(
            select(grant_request).where(
                grant_request.c.id == UUID(request), grant_request.c.decision.is_(None)
            )
        ).first()
        if row is None:
            raise Refused("该申请已被处理或撤回，未作任何变更。请刷新后核对。")
        _not_own(principal, row)
        connection.execute(
            update(grant_request)
            .where(grant_request.c.id == row.id)
            .values(
                decision=AGREED if agree else RETURNED,
                decided_by=principal.login,
                decided_at=clock.now(),
                reason=reason.strip()[:200] or None,
            )
        )
        if agree:
            connection.execute(
                update(position)
                .where(position.c.id == row.position_id)
                .values(roles=list(row.roles), prefixes=list(row.prefixes))
            )
        audit.append(
            action="grants.decide",
            actor=principal.login,
            unit_id=row.unit_id,
            region_code=row.region_code,
            detail={
                "decision": AGREED if agree else RETURNED,
                "post": row.position_id,
                "roles": list(role_names(row.roles)),
                "prefixes": list(row.prefixes),
                "asked_by": row.asked_by,
                "reason": reason.strip()[:200],
            },
        )


def _not_own(principal: Principal, row: Row[Any]) -> None:
    reasons = rules.own_post(Administrator.of(principal), row.position_id)
    if reasons or row.asked_by == principal.login:
        permissions.refuse(principal, "grants.approve", "不能审批自己的岗位或自己提出的申请。")


# -- locks ---------------------------------------------------------------------------------------


def _person(principal: Principal, connection: Any, login: str) -> Row[Any]:
    found = connection.execute(
        select(staff_member).where(staff_member.c.login == login, member_now()).limit(1), moments()
    ).first()
    if found is None:
        raise Refused(f"在您管辖的单位中没有在岗账号“{login}”，未作任何变更。")
    if rules.own_account(Administrator.of(principal), found.account_id):
        permissions.refuse(principal, "people.lock", "不能锁定或解锁自己的账号。")
    row: Row[Any] = found
    return row


def lock(principal: Principal, login: str, reason: str) -> None:
    """Shut an account at once: every tab of it closes."""
    permissions.check(principal, "people.lock")
    if not reason.strip():
        raise Refused("锁定须写明理由；未作任何变更。")
    with scoped(principal.reach) as connection:
        row = _person(principal, connection, login)
        connection.execute(
            update(account)
            .where(account.c.id == row.account_id, account.c.status == "active")
            .values(status="locked")
        )
        ended = end_account(connection, row.account_id, "安全管理员锁定")
        _record_lock(principal, row, "people.lock", reason)
    ended.tell()


def unlock(principal: Principal, login: str) -> None:
    """Open an account again that was locked, or that locked itself after wrong passwords."""
    permissions.check(principal, "people.lock")
    with scoped(principal.reach) as connection:
        row = _person(principal, connection, login)
        connection.execute(
            update(account)
            .where(account.c.id == row.account_id, account.c.status == "locked")
            .values(status="active")
        )
        _record_lock(principal, row, "people.unlock", "")
    credentials.unlock(login)


def _record_lock(principal: Principal, row: Row[Any], action: str, reason: str) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=row.unit_id,
        region_code=row.region_code,
        detail={"login": row.login, "name": row.name, "reason": reason.strip()[:200]},
    )
