"""Server-side sessions: issued, last seen, revoked. The browser's cookie alone opens nothing.

The cookie that ``st.login`` sets is signed but lives on its own for thirty days. Here each sign-in
has a row, found by a hash of the claims that are different at every sign-in; a cookie without a
live row is worth nothing, wherever it was copied to.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Connection, Row, and_, bindparam, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth import audit
from auth.tables import account, position, post, session
from portal.settings import settings
from portal.store import clock
from portal.store.engine import begin

# A row is opened only for a cookie this young: an old cookie without a row stays shut.
_FRESH = timedelta(minutes=5)
# ``last_seen`` is written at most this often; idle time is measured in minutes anyway.
_TOUCH_EVERY = timedelta(seconds=20)
_IDENTIFYING = ("iss", "sub", "iat", "nonce", "sid", "auth_time", "at_hash")


@dataclass(frozen=True, kw_only=True)
class LiveSession:
    """A sign-in that still stands."""

    id: str
    account_id: UUID
    login: str
    post_id: UUID | None
    issued_at: datetime
    last_seen: datetime
    factors: tuple[str, ...]


_listeners: list[Callable[[frozenset[str]], None]] = []


def on_revoked(listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
    """Tell ``listener`` the ids of sessions revoked in this process; gives the way to stop."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def fingerprint(claims: Mapping[str, Any]) -> str:
    """The id of the session that these sign-in claims belong to."""
    known = json.dumps([claims.get(name) for name in _IDENTIFYING], default=str)
    return hashlib.sha256(known.encode()).hexdigest()


# Built once: asked at every click, and building a statement costs more than running it.
_MAY_SIGN_IN = and_(
    account.c.status == "active",
    or_(account.c.demo.is_(None), not_(bindparam("production", type_=Boolean))),
)
_LIVE = and_(
    session.c.revoked_at.is_(None),
    session.c.last_seen > bindparam("idle_since"),
    session.c.issued_at > bindparam("ended_since"),
    _MAY_SIGN_IN,
)
_CHECK = (
    select(session, account.c.login)
    .join(account, account.c.id == session.c.account_id)
    .where(session.c.id == bindparam("session_id"), _LIVE)
)


def _limits() -> dict[str, Any]:
    """The values of ``_LIVE``; in production no account that a demonstration made may sign in."""
    now, chosen = clock.now(), settings()
    return {
        "idle_since": now - timedelta(minutes=chosen.session_idle_minutes),
        "ended_since": now - timedelta(hours=chosen.session_hours),
        "production": chosen.production,
    }


def _as_session(row: Row[Any]) -> LiveSession:
    return LiveSession(
        id=row.id,
        account_id=row.account_id,
        login=row.login,
        post_id=row.post_id,
        issued_at=row.issued_at,
        last_seen=row.last_seen,
        factors=tuple(row.factors),
    )


def check(session_id: str, *, touch: bool = False) -> LiveSession | None:
    """The session if it still stands; ``touch`` counts this as the person's activity."""
    with begin() as connection:
        found = standing(connection, session_id)
        if found is not None and touch and clock.now() - found.last_seen > _TOUCH_EVERY:
            connection.execute(
                update(session).where(session.c.id == session_id).values(last_seen=clock.now())
            )
        return found


def standing(connection: Connection, session_id: str) -> LiveSession | None:
    """The session if it still stands, within a transaction that asks for more."""
    row = connection.execute(_CHECK, {"session_id": session_id, **_limits()}).first()
    return None if row is None else _as_session(row)


def _post_in_claimed_unit(
    connection: Connection, account_id: UUID, claims: Mapping[str, Any]
) -> UUID | None:
    """The post in the unit that the provider names; ``None`` leaves the choice to the main post.

    The claim only picks among posts that the person holds here: it never makes one.
    """
    name = settings().oidc_unit_claim
    if not name or not claims.get(name):
        return None
    query = (
        select(post.c.id)
        .join(position, position.c.id == post.c.position_id)
        .where(post.c.account_id == account_id, position.c.unit_id == str(claims[name]))
    )
    return connection.execute(query.order_by(post.c.is_main.desc())).scalar()


def open_session(claims: Mapping[str, Any]) -> LiveSession | None:
    """The live session of verified claims; the first sight of a fresh sign-in opens its row.

    ``None`` when the row is revoked or timed out, when the sign-in is old and has no row, or when
    no active account answers to the claim that names the user.
    """
    session_id = fingerprint(claims)
    found = check(session_id)
    if found is not None:
        return found
    issued = datetime.fromtimestamp(float(claims.get("iat") or 0), UTC)
    if not -_FRESH < clock.now() - issued < _FRESH:
        return None
    login = str(claims.get(settings().oidc_user_claim) or "")
    with begin() as connection:
        owner = connection.execute(
            select(account.c.id).where(account.c.login == login, _MAY_SIGN_IN),
            {"production": settings().production},
        ).first()
        if owner is None:
            return None
        made = connection.execute(
            insert(session)
            .values(
                id=session_id,
                account_id=owner.id,
                post_id=_post_in_claimed_unit(connection, owner.id, claims),
                issued_at=clock.now(),
                last_seen=clock.now(),
                factors=[str(one) for one in claims.get("amr") or ()],
                idp_session=claims.get("sid"),
            )
            .on_conflict_do_nothing()
        ).rowcount
    if made:
        audit.append(action="session.open", actor=login, detail={"session": session_id[:12]})
    return check(session_id)


def alive(session_ids: Collection[str]) -> set[str]:
    """Which of these sessions still stand: one query for all open sockets of a process."""
    if not session_ids:
        return set()
    query = (
        select(session.c.id)
        .join(account, account.c.id == session.c.account_id)
        .where(session.c.id.in_(list(session_ids)), _LIVE)
    )
    with begin() as connection:
        return set(connection.execute(query, _limits()).scalars())


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Sessions that a transaction ended; told to whoever listens once it has committed."""

    logins: dict[str, str]  # session -> login
    why: str

    def tell(self) -> None:
        """Record each end, and let the open tabs know."""
        for session_id, login in self.logins.items():
            audit.append(
                action="session.close",
                actor=login,
                detail={"session": session_id[:12], "why": self.why},
            )
        for listener in list(_listeners):
            listener(frozenset(self.logins))


def _end(connection: Connection, condition: Any, why: str) -> Ended:
    rows = connection.execute(
        update(session)
        .where(condition, session.c.revoked_at.is_(None), account.c.id == session.c.account_id)
        .values(revoked_at=clock.now(), revoked_why=why)
        .returning(session.c.id, account.c.login)
    ).all()
    return Ended(logins={row.id: row.login for row in rows}, why=why)


def _revoke(condition: Any, why: str) -> None:
    with begin() as connection:
        ended = _end(connection, condition, why)
    ended.tell()


def end_account(connection: Connection, account_id: UUID, why: str) -> Ended:
    """End every session of a person within a running transaction; ``tell`` it afterwards."""
    return _end(connection, session.c.account_id == account_id, why)


def end_post(connection: Connection, post_id: UUID, account_id: UUID, why: str) -> Ended:
    """End every session that acts in a post, its deputies' included, within a transaction.

    A session without a chosen post acts in the main one, which may be this.
    """
    by_default = and_(session.c.account_id == account_id, session.c.post_id.is_(None))
    return _end(connection, or_(session.c.post_id == post_id, by_default), why)


def end_deputy(connection: Connection, post_id: UUID, account_id: UUID, why: str) -> Ended:
    """End a deputy's sessions in the post they act in, within a transaction."""
    return _end(
        connection, and_(session.c.post_id == post_id, session.c.account_id == account_id), why
    )


def revoke(session_id: str, why: str) -> None:
    """End one session at once."""
    _revoke(session.c.id == session_id, why)


def revoke_idp_session(idp_session: str, why: str) -> None:
    """End every session that came from one sign-in at the identity provider."""
    _revoke(session.c.idp_session == idp_session, why)


def revoke_account(account_id: UUID, why: str) -> None:
    """End every session of a person: on transfer, leave or a changed password."""
    _revoke(session.c.account_id == account_id, why)


def switch_post(session_id: str, post_id: UUID) -> None:
    """Let the session act in another post (the caller has checked that the person holds it)."""
    with begin() as connection:
        connection.execute(
            update(session).where(session.c.id == session_id).values(post_id=post_id)
        )
