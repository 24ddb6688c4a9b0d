"""Jump tickets: signed, for one person at one system, good for sixty seconds and exactly once.

The signature says where a ticket comes from; whether it is still good stands in the database, in
one row that one UPDATE takes. A ticket lives no longer than the sign-in it was made in.
"""

import secrets as random_secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import audit, permissions, posts, sessions
from auth.principal import Principal
from auth.signing import ALGORITHM, KeyRing
from auth.tables import session
from portal.functions.entry.accounts import account_for
from portal.functions.entry.tables import door_use, jump_key, jump_ticket
from portal.settings import settings
from portal.store import clock
from portal.store.crypto import keyed_hash
from portal.store.scope import Reach, scoped

PERMISSION = "entry.jump"
LIFE = timedelta(seconds=60)
TYPE = "jump+jwt"
REDEEMER = Reach(prefixes=(), unit_id=None, actor="service:tickets")
LONGEST = 4096
# Old tickets say nothing that the audit does not; they go when the same person jumps again.
_KEPT = timedelta(days=1)

keys = KeyRing(jump_key, "portal.entry.keys")
_log = structlog.get_logger(__name__)

REFUSALS = {
    "ticket_invalid": "票据无法识别或已被改动，请从平台“统一入口”重新进入。",
    "ticket_other_system": "这张票据不是给本系统的，请从平台“统一入口”重新进入。",
    "ticket_expired": "票据已超过 60 秒有效期，请从平台“统一入口”重新进入。",
    "ticket_used": "票据已经用过，不能再次使用，请从平台“统一入口”重新进入。",
    "ticket_signed_out": "该人员已退出平台或登录已失效，请重新登录平台后再进入。",
    "ticket_not_allowed": "该人员当前岗位不能进入本系统，如确需使用，请联系本单位管理员。",
}


class TicketRefused(Exception):
    """A ticket is worth nothing; the code is for the system, the message for the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = REFUSALS[code]


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """Who has come, as the system they came to is told."""

    login: str
    name: str
    unit: str
    target: str
    account: str = ""  # whom the system itself knows the person as; empty: it was never said


def issue(principal: Principal, system_id: str, target: str) -> str:
    """A ticket for this person at that system, and the note that they went there."""
    now, number = clock.now(), random_secrets.token_urlsafe(24)
    mine = jump_ticket.c.login == principal.login
    with scoped(principal.reach) as connection:
        account = account_for(connection, principal, system_id)
        connection.execute(delete(jump_ticket).where(mine, jump_ticket.c.issued_at < now - _KEPT))
        connection.execute(
            insert(jump_ticket).values(
                id_hash=keyed_hash(number),
                account_id=principal.account_id,
                login=principal.login,
                post_id=principal.post_id,
                session_id=principal.session_id,
                system_id=system_id,
                target=target,
                foreign_account=account,
                issued_at=now,
                expires_at=now + LIFE,
            )
        )
    key = keys.signing_key()
    claims = {
        "iss": settings().public_url,
        "aud": system_id,
        "sub": principal.login,
        "jti": number,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "name": principal.name,
        "unit": principal.unit.name,
        "target": target,
        **({"account": account} if account else {}),
    }
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def remember(principal: Principal, system_id: str) -> None:
    """Note which door was used last in this post; only the moment, never how often."""
    row = upsert(door_use).values(
        login=principal.login,
        post_id=principal.post_id,
        system_id=system_id,
        last_at=clock.now(),
    )
    with scoped(principal.reach) as connection:
        connection.execute(
            row.on_conflict_do_update(
                index_elements=[door_use.c.login, door_use.c.post_id, door_use.c.system_id],
                set_={"last_at": row.excluded.last_at},
            )
        )


def redeem(system_id: str, ticket: str) -> Redeemed:
    """Take a ticket in for the system that was given it; of two who try, one wins."""
    claims = _verified(system_id, ticket)
    row = _take(system_id, claims)
    who = posts.principal_for(
        account_id=row.account_id, post_id=row.post_id, session_id=row.session_id, factors=()
    )
    if sessions.check(row.session_id) is None or who is None or who.post_id != row.post_id:
        _refuse(system_id, "ticket_signed_out", claims)
    if system_id not in permissions.usable_systems(who, PERMISSION, [system_id]):
        _refuse(system_id, "ticket_not_allowed", claims)
    audit.append(
        action="entry.redeem",
        actor=who.login,
        unit_id=who.unit.id,
        region_code=who.unit.region_code,
        detail={"system": system_id, "target": row.target},
    )
    return Redeemed(
        login=who.login,
        name=who.name,
        unit=who.unit.name,
        target=row.target,
        account=row.foreign_account or "",
    )


def _verified(system_id: str, ticket: str) -> dict[str, Any]:
    """The claims of a ticket that we signed for that system and that is still young."""
    claims = _read(ticket)
    if claims is None or claims.get("iss") != settings().public_url:
        _refuse(system_id, "ticket_invalid", {})
    if claims.get("aud") != system_id:
        _refuse(system_id, "ticket_other_system", claims)
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= clock.now().timestamp():
        _refuse(system_id, "ticket_expired", claims)
    return claims


def _read(ticket: str) -> dict[str, Any] | None:
    if len(ticket) > LONGEST or not ticket.isascii():
        return None
    try:
        token = jwt.decode(ticket, keys.verifying_keys(), algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    claims = dict(token.claims)
    named = all(isinstance(claims.get(one), str) for one in ("sub", "jti", "aud", "iss"))
    return claims if token.header.get("typ") == TYPE and named else None


def _take(system_id: str, claims: dict[str, Any]) -> Any:
    now = clock.now()
    mine = jump_ticket.c.id_hash == keyed_hash(claims["jti"])
    standing = exists().where(
        session.c.id == jump_ticket.c.session_id, session.c.revoked_at.is_(None)
    )
    taken = (
        update(jump_ticket)
        .where(
            mine,
            jump_ticket.c.system_id == system_id,
            jump_ticket.c.login == claims["sub"],
            jump_ticket.c.used_at.is_(None),
            jump_ticket.c.expires_at > now,
            standing,
        )
        .values(used_at=now)
        .returning(jump_ticket)
    )
    with scoped(REDEEMER) as connection:
        row = connection.execute(taken).first()
        if row is not None:
            return row
        known = connection.execute(select(jump_ticket.c.used_at).where(mine)).first()
    if known is None:
        _refuse(system_id, "ticket_invalid", claims)
    _refuse(system_id, "ticket_used" if known.used_at else "ticket_signed_out", claims)


def _refuse(system_id: str, code: str, claims: dict[str, Any]) -> NoReturn:
    """Every refused ticket is in the audit: a replay is somebody trying."""
    actor = claims.get("sub", f"system:{system_id}")
    audit.append(
        action="entry.redeem",
        actor=actor,
        outcome="refused",
        detail={"system": system_id, "why": code},
    )
    _log.warning("ticket_refused", system=system_id, why=code)
    raise TicketRefused(code)
