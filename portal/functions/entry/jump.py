"""Going through a door: who may, where exactly to, and with or without a ticket."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.endpoint import below
from portal.connectors.registry import BY_TICKET, Registry, System
from portal.functions.entry import tickets
from portal.functions.entry.tickets import PERMISSION
from portal.functions.entry.wall import closed_why
from portal.store.crypto import keyed_hash

_SLOT = re.compile(r"\{([a-z_]+)\}")
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
ROUTE = "/jump"


class NoSuchDoor(LookupError):
    """There is no such system or page to go to; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Jump:
    """Where the browser goes: with a ticket it is posted there, without one it is sent there."""

    system_id: str
    name: str
    simulated: bool
    login: str
    address: str
    target: str
    ticket: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> str:
        """The only place that a form with the ticket may be sent to."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


def jump(
    registry: Registry,
    principal: Principal,
    system_id: str,
    target: str | None = None,
    values: Mapping[str, str] | None = None,
) -> Jump:
    """Let this person into that system, at its front page or at a page the manifest names."""
    system = _admit(registry, principal, system_id)
    path = _path(system, target, values or {})
    manifest, site = system.manifest, system.site
    assert manifest.entry is not None  # noqa: S101 - an open door has one
    by_ticket = manifest.login == BY_TICKET
    ticket = tickets.issue(principal, system_id, path) if by_ticket else None
    tickets.remember(principal, system_id)
    audit.append(
        action=PERMISSION,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"system": system_id, "login": manifest.login, "target": target or "front"},
    )
    return Jump(
        system_id=system_id,
        name=site.name,
        simulated=site.simulated,
        login=manifest.login,
        address=below(site.entry, manifest.entry.landing if by_ticket else path),
        target=path,
        ticket=ticket,
    )


def _admit(registry: Registry, principal: Principal, system_id: str) -> System:
    permissions.check(principal, PERMISSION)
    if system_id not in permissions.usable_systems(principal, PERMISSION, [system_id]):
        permissions.refuse(principal, PERMISSION, "该系统不在当前岗位可使用的系统之内。")
    system = registry.systems.get(system_id)
    if system is None:
        raise NoSuchDoor("没有这个业务系统，请从“统一入口”重新选择。")
    why = closed_why(system)
    if why:
        raise NoSuchDoor(f"“{system.name}”{why}，请联系本单位管理员。")
    return system


def _path(system: System, target: str | None, values: Mapping[str, str]) -> str:
    """The page inside the system: a template of the manifest, filled with plain codes only."""
    entry = system.manifest.entry
    assert entry is not None  # noqa: S101 - an open door has one
    if target is not None and target not in entry.links:
        raise NoSuchDoor(f"“{system.name}”没有登记这个页面，请从“统一入口”重新选择。")
    template = entry.front if target is None else entry.links[target].path
    wanted = set(_SLOT.findall(template))
    if wanted != values.keys() or not all(map(_VALUE.fullmatch, values.values())):
        raise NoSuchDoor("要打开的页面编号不完整或有误，请从“统一入口”重新选择。")
    return _SLOT.sub(lambda found: values[found[1]], template)


# -- the link on a page ---------------------------------------------------------------------------


def _intent(
    principal: Principal, system_id: str, target: str | None, values: Mapping[str, str]
) -> str:
    """What ties a link to the sign-in and the post it was drawn for: elsewhere it opens nothing."""
    told = (
        "jump",
        principal.session_id,
        principal.post_id,
        system_id,
        target,
        sorted(values.items()),
    )
    return keyed_hash(repr(told))[:32]


def way(
    principal: Principal,
    system_id: str,
    target: str | None = None,
    values: Mapping[str, str] | None = None,
) -> str:
    """The address of a door for this person's own browser; it carries no ticket."""
    given = dict(values or {})
    query = {"to": target} if target else {}
    sealed = _intent(principal, system_id, target, given)
    return f"{ROUTE}/{system_id}?{urlencode({**query, **given, 'i': sealed})}"


def link_way(principal: Principal, system_id: str) -> str:
    """The address that begins to prove an account over there, good in this sign-in and post."""
    sealed = _intent(principal, system_id, "linking", {})
    return f"/link/start/{system_id}?{urlencode({'i': sealed})}"


def meant(
    principal: Principal,
    system_id: str,
    target: str | None,
    values: Mapping[str, str],
    sealed: str,
) -> bool:
    """Whether this link was drawn for this very sign-in and post."""
    expected = _intent(principal, system_id, target, values)
    return hmac.compare_digest(expected.encode(), sealed.encode("utf-8", "replace"))
