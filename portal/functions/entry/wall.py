"""The door wall: the systems one may enter, what each needs, and how to find one by typing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pypinyin import Style, lazy_pinyin
from sqlalchemy import select

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import Capability
from portal.connectors.registry import BY_TICKET, OFF, Registry, System
from portal.functions.entry.accounts import standing, today
from portal.functions.entry.linkrules import LinkState, state_of
from portal.functions.entry.tables import door_use
from portal.functions.entry.tickets import PERMISSION
from portal.store.citypack import pack
from portal.store.scope import scoped

AGAIN = "需再次登录"
# What the person will meet behind the door, in one sentence.
LOGINS = {
    BY_TICKET: "一次登录：由平台带您进入，不再输入密码",
    "对方统一认证": "由对方统一认证核验身份，平台不代为登录",
    AGAIN: "需在对方系统再次登录，不属于统一登录",
}
# How well the name over a door is known to be the system's own.
MARKS = {
    "A": "公开资料可见",
    "N": "全国可见",
    "M": "为拟，机制可见",
    "P": "为推定",
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A page inside a system that one can be taken to at once."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class WallDoor:
    """A door as drawn before anybody has knocked: everything but its health."""

    system_id: str
    name: str
    owner: str
    field: str
    field_name: str
    mode: str
    simulated: bool
    mark: str
    network: str
    client_requires: tuple[str, ...]
    login: str
    unified: bool
    open: bool
    closed_why: str
    links: tuple[Link, ...]
    last_used: datetime | None
    account: str = ""  # whom the system knows the person as, where that needs a word


def wall(registry: Registry, principal: Principal) -> tuple[WallDoor, ...]:
    """The doors of the acting post: last used first, then by name."""
    permissions.check(principal, PERMISSION)
    mine = permissions.usable_systems(principal, PERMISSION, registry.systems)
    with scoped(principal.reach) as connection:
        rows = connection.execute(
            select(door_use.c.system_id, door_use.c.last_at).where(
                door_use.c.login == principal.login, door_use.c.post_id == principal.post_id
            )
        ).all()
        held = {one.system_id: one for one in connection.execute(standing(principal.login))}
    last = {row.system_id: row.last_at for row in rows}
    doors = [
        _door(one, last.get(one.id), _account(held.get(one.id)))
        for one in registry.systems.values()
        if one.id in mine and Capability.ENTRY in one.manifest.capabilities
    ]
    doors.sort(key=lambda one: lazy_pinyin(one.name))
    doors.sort(key=lambda one: -one.last_used.timestamp() if one.last_used else 0.0)
    return tuple(doors)


def used_last(doors: Sequence[WallDoor], most: int = 5) -> tuple[WallDoor, ...]:
    """The open doors used last in this post, whatever their field."""
    return tuple(one for one in doors if one.last_used and one.open)[:most]


def closed_why(system: System) -> str:
    """Why nobody can go through; empty when the door is open."""
    if not system.serves(Capability.ENTRY):
        decided = system.decision
        why = f"（{decided.reason}）" if decided and system.mode == OFF else ""
        return f"{system.mode}{why}，暂不能进入"
    if not system.site.entry or system.manifest.entry is None:
        return "入口地址尚未登记，暂不能进入"
    return ""


def _account(row: Any) -> str:
    """Whom the system knows one as, and whether that ends soon."""
    if row is None:
        return ""
    state = state_of(True, row.expires_on, row.checked_at, today(), pack().link_warn_days)
    said = "" if state in (LinkState.GOOD, LinkState.IMPORTED) else f"（{state.value}）"
    return f"对方账号 {row.foreign_account}{said}"


def _door(system: System, last_used: datetime | None, account: str) -> WallDoor:
    manifest, site, why = system.manifest, system.site, closed_why(system)
    named = {one.id: one.name for one in pack().fields}
    links = manifest.entry.links if manifest.entry and not why else {}
    return WallDoor(
        system_id=site.id,
        name=site.name,
        owner=site.owner,
        field=manifest.field,
        field_name=named.get(manifest.field, "其他业务"),
        mode=system.mode,
        simulated=site.simulated,
        mark=site.mark,
        network=manifest.network,
        client_requires=manifest.client_requires,
        login=manifest.login,
        unified=manifest.login == BY_TICKET,
        open=not why,
        closed_why=why,
        links=tuple(
            Link(id=key, name=one.name) for key, one in links.items() if "{" not in one.path
        ),
        last_used=last_used,
        account=account,
    )


@lru_cache(maxsize=512)
def _spellings(name: str) -> tuple[str, str, str]:
    return (
        name.lower(),
        "".join(lazy_pinyin(name)).lower(),
        "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower(),
    )


def matches(name: str, typed: str) -> bool:
    """Whether a name holds what was typed: characters, pinyin, or initials."""
    wanted = "".join(typed.lower().split())
    return not wanted or any(wanted in one for one in _spellings(name))


def grouped(doors: Sequence[WallDoor]) -> dict[str, tuple[WallDoor, ...]]:
    """The doors by field under the city's names, in the city's order of fields."""
    order: dict[str, int] = {one.id: place for place, one in enumerate(pack().fields)}
    placed = sorted(doors, key=lambda one: order.get(one.field, len(order)))
    titles = dict.fromkeys(one.field_name for one in placed)
    # Fields that the city has no name for stand together: no door may be lost.
    return {title: tuple(one for one in doors if one.field_name == title) for title in titles}
