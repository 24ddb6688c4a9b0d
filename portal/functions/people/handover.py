"""工作交接: one act that ends a post, moves what hangs on it, and leaves a printed 交接单."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from auth import administration as rules
from auth import audit, permissions
from auth.administration import Administrator, Where
from auth.posts import moments
from auth.principal import Principal
from auth.sessions import Ended, end_account
from auth.tables import account, post
from portal.functions.entry import accounts
from portal.functions.people import holdings
from portal.functions.people.base import among, as_position, held_roles, member_now
from portal.functions.people.holdings import Carriers
from portal.functions.people.model import Refused
from portal.functions.people.tables import handover, staff_member, staff_position
from portal.store.citypack import RoleText, pack
from portal.store.scope import scoped

Kind = Literal["调动", "离任"]
KINDS: tuple[Kind, ...] = ("调动", "离任")


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A 交接单 as it is shown and printed."""

    id: str
    number: str
    kind: str
    unit: str
    title: str
    position_id: str
    holder: str
    login: str
    successor: str
    at: datetime
    by: str
    reason: str
    moved: tuple[tuple[str, int], ...]
    deputies: int

    @property
    def waits(self) -> bool:
        """Whether nobody has taken over yet."""
        return not self.successor


def _roles(ids: Any) -> list[RoleText]:
    return [role for one in ids if (role := pack().role(one)) is not None]


def _unit(row: Row[Any]) -> Where:
    return Where(unit_id=row.unit_id, kind=row.kind, level=row.level, region_code=row.region_code)


def _against(principal: Principal, row: Row[Any]) -> list[str]:
    """Why this administrator may not fill or empty that post."""
    admin = Administrator.of(principal)
    reasons = list(rules.own_post(admin, getattr(row, "position_id", None) or row.id))
    reasons += rules.over_unit(admin, _unit(row))
    for role in _roles(row.roles):
        reasons += rules.grant(admin, _unit(row), role)
    return reasons


def _refuse(principal: Principal, reasons: list[str]) -> None:
    if reasons:
        permissions.refuse(principal, "handover.make", f"{reasons[0]}。")


def _leaving(connection: Connection, principal: Principal, post_id: str) -> Row[Any]:
    query = select(staff_member).where(staff_member.c.post_id == UUID(post_id), member_now())
    row = connection.execute(query, moments()).first()
    if row is None:
        raise Refused("该人员已不在此岗位，未作任何变更。请刷新后核对。")
    admin = Administrator.of(principal)
    _refuse(principal, [*rules.own_account(admin, row.account_id), *_against(principal, row)])
    return row


def _successor(
    connection: Connection, principal: Principal, leaving: Row[Any], login: str
) -> Row[Any]:
    """Whoever takes over: known in scope, not the same person, and free of other duties."""
    query = (
        select(staff_member)
        .where(staff_member.c.login == login, staff_member.c.account_status == "active")
        .limit(1)
    )
    found = connection.execute(query).first()
    if found is None:
        raise Refused(f"在您管辖的单位中没有账号“{login}”，未作任何变更。请先导入该人员。")
    if found.account_id == leaving.account_id:
        raise Refused("接任人不能是移交人本人，未作任何变更。")
    _refuse(principal, list(rules.own_account(Administrator.of(principal), found.account_id)))
    held = held_roles(connection, {login})[login]
    if leaving.position_id in held:
        raise Refused(f"{found.name}已在此岗位，未作任何变更。")
    everything = {**held, leaving.position_id: tuple(leaving.roles)}
    _separate(found.name, everything)
    return found


def _separate(name: str, posts: Mapping[str, tuple[str, ...]]) -> None:
    reasons = rules.separate(role for roles in posts.values() for role in _roles(roles))
    if reasons:
        raise Refused(f"{name}不能担任该岗位：{reasons[0]}。未作任何变更。")


def make(
    principal: Principal,
    post_id: str,
    *,
    kind: Kind,
    successor: str = "",
    next_position: str = "",
    reason: str = "",
    carriers: Carriers,
) -> Slip:
    """Hand a post over: the old rights end this second, the successor's begin, the work moves.

    ``successor`` is a login (empty: nobody yet, the work waits at the post); ``next_position`` is
    where the person goes on a transfer. All of it happens, or nothing.
    """
    permissions.check(principal, "handover.make")
    if kind not in KINDS:
        raise Refused("请选择交接类型：调动或离任。")
    with scoped(principal.reach) as connection:
        holdings.lock(connection)
        row = _leaving(connection, principal, post_id)
        taker = _successor(connection, principal, row, successor) if successor else None
        left = holdings.leave(
            connection, principal, row.post_id, kind=kind, reason=reason.strip()[:200]
        )
        ended = [left.ended]
        if taker is not None:
            opened = holdings.new(taker.account_id, row.position_id)
            connection.execute(insert(post).values(opened))
            holdings.take_over(connection, [opened], carriers)
        if next_position and kind == "调动":
            _move_on(connection, principal, row, next_position, carriers)
        if kind == "离任":
            ended += _close_account(connection, row)
        slip = _slip(connection, left.handover_id)
        _record(principal, slip, row)
    for one in ended:
        one.tell()
    return slip


def _move_on(
    connection: Connection,
    principal: Principal,
    row: Row[Any],
    position_id: str,
    carriers: Carriers,
) -> None:
    """The new post of who is transferred."""
    target = connection.execute(
        select(staff_position).where(
            staff_position.c.id == position_id, staff_position.c.status == "active"
        )
    ).first()
    if target is None:
        raise Refused(f"在您管辖的单位中没有岗位 {position_id}，未作任何变更。")
    _refuse(principal, _against(principal, target))
    query = select(staff_member.c.post_id).where(
        staff_member.c.position_id == position_id, member_now()
    )
    if len(connection.execute(query, moments()).all()) >= as_position(target).quota:
        raise Refused(f"岗位“{target.title}”没有空缺，未作任何变更。")
    held = held_roles(connection, {row.login})[row.login]
    _separate(row.name, {**held, position_id: tuple(target.roles)})
    opened = holdings.new(row.account_id, position_id, main=bool(row.is_main))
    connection.execute(insert(post).values(opened))
    holdings.take_over(connection, [opened], carriers)


def _close_account(connection: Connection, row: Row[Any]) -> list[Ended]:
    """Who leaves without another post anywhere can sign in no more."""
    if held_roles(connection, {row.login})[row.login]:
        return []
    connection.execute(
        update(account).where(account.c.id == row.account_id).values(status="disabled")
    )
    accounts.end_all(connection, row.account_id, "离任交接")
    return [end_account(connection, row.account_id, "离任交接")]


def _record(principal: Principal, slip: Slip, row: Row[Any]) -> None:
    audit.append(
        action="handover.make",
        actor=principal.login,
        unit_id=row.unit_id,
        region_code=row.region_code,
        detail={
            "number": slip.number,
            "kind": slip.kind,
            "from": f"{slip.holder}（{slip.login}）",
            "to": slip.successor or "空岗",
            "post": slip.title,
            "moved": dict(slip.moved),
        },
    )


# -- reading -------------------------------------------------------------------------------------


def _as_slip(row: Row[Any]) -> Slip:
    words = row.words
    by = f"{words['by']}（{words['by_post']}）"
    return Slip(
        id=str(row.id),
        number=row.number,
        kind=row.kind,
        unit=words["unit"],
        title=words["title"],
        position_id=row.position_id,
        holder=words["holder"],
        login=words["login"],
        successor=words["successor"],
        at=row.at,
        by=f"{by} 代 {words['for']}" if words["for"] else by,
        reason=row.reason,
        moved=tuple((what, int(count)) for what, count in words["moved"]),
        deputies=int(words["deputies"]),
    )


def _slip(connection: Connection, handover_id: UUID) -> Slip:
    return _as_slip(connection.execute(select(handover).where(handover.c.id == handover_id)).one())


def slips(principal: Principal, *, limit: int = 100) -> tuple[Slip, ...]:
    """The 交接单 of one's scope, the newest first."""
    permissions.check(principal, "people.view")
    query = select(handover).order_by(handover.c.at.desc(), handover.c.number.desc()).limit(limit)
    with scoped(principal.reach) as connection:
        return tuple(_as_slip(row) for row in connection.execute(query))


def find(principal: Principal, number: str) -> Slip | None:
    """One 交接单 by its number."""
    permissions.check(principal, "people.view")
    with scoped(principal.reach) as connection:
        row = connection.execute(select(handover).where(among(handover.c.number, [number]))).first()
    return _as_slip(row) if row is not None else None
