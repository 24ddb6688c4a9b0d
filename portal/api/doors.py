"""``/api/v1/doors`` and ``/api/v1/tickets``: the doors with their health, and the back channel.

Jumping itself is not offered here: a ticket is for the browser of a person who is signed in.
"""

from collections.abc import Callable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Security

from auth.principal import Principal
from portal.api import access, errors, models
from portal.connectors.contract import Health
from portal.connectors.registry import BY_TICKET, TICKET_SECRET
from portal.functions.entry import Entry, WallDoor

_log = structlog.get_logger(__name__)

Who = Annotated[Principal, Depends(access.caller)]
System = Annotated[str, Depends(access.caller)]


def _door(door: WallDoor, health: Health | None) -> models.Door:
    same = ("system_id", "name", "owner", "field", "field_name", "mode", "simulated", "network")
    more = ("login", "unified", "open", "closed_why")
    return models.Door(
        **{name: getattr(door, name) for name in (*same, *more)},
        client_requires=list(door.client_requires),
        state=health.state.value if health else None,
        message=health.message if health else "",
        checked_at=health.checked_at if health else None,
    )


def router(entry: Callable[[], Entry]) -> APIRouter:
    """The doors of the caller's post."""
    made = APIRouter(
        prefix="/doors",
        tags=["统一入口"],
        route_class=access.guarded(access.program),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(401, 403, 429, 500),
    )

    @made.get("", response_model=models.Doors, summary="可使用的业务系统及实时状态")
    def doors(who: Who) -> Any:
        """状态为实际检测所得，至多半分钟前。"""
        function = entry()
        found = function.wall(who)
        health = {one.system_id: one for one in function.health(who)}
        return models.Doors(doors=[_door(one, health.get(one.system_id)) for one in found])

    return made


def tickets(entry: Callable[[], Entry]) -> APIRouter:
    """For the systems that take tickets in."""

    def password(system_id: str) -> str | None:
        system = entry().gateway.registry.systems.get(system_id)
        if system is None or system.manifest.login != BY_TICKET:
            return None
        try:
            return system.credential(TICKET_SECRET)
        except KeyError:
            _log.error("ticket_password_missing", system=system_id)
            return None

    def system(request: Request) -> str:
        return access.by_password(request.headers, password)

    made = APIRouter(
        prefix="/tickets",
        tags=["票据"],
        route_class=access.guarded(system),
        dependencies=[Security(access.BASIC)],
        responses=errors.responses(400, 401, 403, 409, 413, 415, 422, 500),
    )

    @made.post("/redeem", response_model=models.Visitor, summary="核销票据")
    def redeem(asked: models.Ticket, system: System) -> Any:
        """业务系统收到票据后在后台核销；每张票据只能核销一次，60 秒内有效。"""
        who = entry().redeem(system, asked.ticket)
        return models.Visitor(
            sub=who.login, name=who.name, unit=who.unit, target=who.target, account=who.account
        )

    return made


def keys(published: Callable[[], dict[str, Any]]) -> APIRouter:
    """The public keys, for everybody."""
    made = APIRouter(prefix="/tickets", tags=["票据"], responses=errors.responses(500))

    @made.get("/keys", response_model=models.Keys, summary="验证票据签名的公钥")
    def keys() -> Any:
        """JWKS（RFC 7517）。更换密钥后，旧公钥仍公布一天。"""
        return published()

    return made
