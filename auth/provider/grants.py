"""Codes, sessions and access tokens in the database: each usable once, briefly, by its holder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from auth.provider import attempts
from auth.provider.tables import idp_code, idp_session
from portal.settings import settings
from portal.store import clock
from portal.store.crypto import keyed_hash
from portal.store.engine import begin

CODE_SECONDS = 60
ACCESS_SECONDS = 300


class RequestSpentError(Exception):
    """This authorization request has already led to a sign-in."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person who proved who they are, how, and when."""

    login: str
    name: str
    amr: tuple[str, ...]
    auth_time: datetime


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code that was just spent, with the methods by which the protocol library asks it."""

    login: str
    sid: str
    nonce: str
    redirect_uri: str
    scope: str
    code_challenge: str
    amr: tuple[str, ...]
    auth_time: datetime
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.auth_time.timestamp())

    def get_amr(self) -> list[str]:
        return list(self.amr)

    def get_acr(self) -> str:
        return "aal2" if "otp" in self.amr else "aal1"


@dataclass(frozen=True, kw_only=True)
class Access:
    """A live access token."""

    login: str
    scope: str = "openid"

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False

    def get_scope(self) -> str:
        return self.scope


def _hash(kind: str, value: str) -> str:
    return keyed_hash(f"idp-{kind}:{value}")


def sid_of(code: str) -> str:
    """The session that a code leads to: derived, so that a replayed code names what to end."""
    return _hash("sid", code)


def is_spent(nonce: str) -> bool:
    """Whether the request of this nonce was already answered and the answer was used."""
    query = select(idp_code.c.nonce).where(
        idp_code.c.nonce == nonce, idp_code.c.consumed_at.is_not(None)
    )
    with begin() as connection:
        return connection.execute(query).first() is not None


def save_code(
    code: str, *, nonce: str, redirect_uri: str, scope: str, challenge: str, user: SignedIn
) -> None:
    """Keep a code for a minute. A second one for the same request replaces the first (a double
    click), unless the first was already used."""
    values = {
        "code_hash": _hash("code", code),
        "login": user.login,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "code_challenge": challenge,
        "amr": list(user.amr),
        "auth_time": user.auth_time,
        "expires_at": clock.now() + timedelta(seconds=CODE_SECONDS),
    }
    with begin() as connection:
        saved = connection.execute(
            insert(idp_code)
            .values(nonce=nonce, **values)
            .on_conflict_do_update(
                index_elements=[idp_code.c.nonce],
                set_=values,
                where=idp_code.c.consumed_at.is_(None),
            )
            .returning(idp_code.c.nonce)
        ).first()
    if saved is None:
        raise RequestSpentError(nonce)


def spend_code(code: str, on_replay: Callable[[str], object]) -> Code | None:
    """Spend a code: one statement, so of two requests with it one gets it.

    A code that comes a second time may have been stolen: what it led to is ended.
    """
    now, hashed = clock.now(), _hash("code", code)
    with begin() as connection:
        row = connection.execute(
            update(idp_code)
            .where(
                idp_code.c.code_hash == hashed,
                idp_code.c.consumed_at.is_(None),
                idp_code.c.expires_at > now,
            )
            .values(consumed_at=now)
            .returning(idp_code)
        ).first()
        spent = select(idp_code.c.consumed_at).where(idp_code.c.code_hash == hashed)
        is_replay = row is None and connection.execute(spent).scalar() is not None
    if is_replay:
        end_session(sid_of(code))
        on_replay(sid_of(code))
    if row is None:
        return None
    return Code(
        login=row.login,
        sid=sid_of(code),
        nonce=row.nonce,
        redirect_uri=row.redirect_uri,
        scope=row.scope,
        code_challenge=row.code_challenge,
        amr=tuple(row.amr),
        auth_time=row.auth_time,
    )


def start_session(code: Code, access_token: str) -> None:
    """Remember a sign-in whose tokens are handed out now."""
    now = clock.now()
    with begin() as connection:
        connection.execute(
            insert(idp_session).values(
                id_hash=_hash("session", code.sid),
                login=code.login,
                amr=list(code.amr),
                started_at=now,
                expires_at=now + timedelta(hours=settings().session_hours),
                access_hash=_hash("access", access_token),
                access_expires_at=now + timedelta(seconds=ACCESS_SECONDS),
            )
        )
        purge(connection)


def end_session(sid: str) -> bool:
    """End a sign-in and its access token; ``False`` when there is nothing left to end."""
    ended = (
        update(idp_session)
        .where(idp_session.c.id_hash == _hash("session", sid), idp_session.c.ended_at.is_(None))
        .values(ended_at=clock.now(), access_hash=None)
    )
    with begin() as connection:
        return connection.execute(ended).rowcount > 0


def live_access(token: str) -> Access | None:
    """What an access token opens, while it lives."""
    query = select(idp_session.c.login).where(
        idp_session.c.access_hash == _hash("access", token),
        idp_session.c.access_expires_at > clock.now(),
        idp_session.c.ended_at.is_(None),
    )
    with begin() as connection:
        login = connection.execute(query).scalar()
    return Access(login=login) if login else None


def purge(connection: Connection) -> None:
    """Remove what is a day past its end; until then it still tells a replay from a mistake."""
    old = clock.now() - timedelta(days=1)
    connection.execute(delete(idp_code).where(idp_code.c.expires_at < old))
    connection.execute(delete(idp_session).where(idp_session.c.expires_at < old))
    attempts.purge(connection)
