"""The lock-out: failed attempts counted per login and per source address, in the database.

An attempt is counted *before* the proof is looked at and given back when the proof is right. So a
hundred guesses sent at once are a hundred attempts, however many processes serve them: no more
than the limit is ever compared with anything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, case, delete, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth.provider.tables import idp_login_attempt as table
from portal.settings import settings
from portal.store import clock
from portal.store.crypto import keyed_hash
from portal.store.engine import begin

Kind = Literal["login", "address"]

# A whole office sits behind one address; it may mistype more often than one person.
ADDRESS_FACTOR = 10


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An attempt that was counted, or the reason why it may not be made."""

    login: str
    address: str
    allowed: bool
    left: int  # attempts that remain for this login after this one
    locked: Kind | None = None  # what stands locked now (with ``allowed``: should this one fail)
    until: datetime | None = None


def _key(kind: Kind, value: str) -> str:
    return keyed_hash(f"idp-attempt:{kind}:{value}")


def _limit(kind: Kind) -> int:
    return settings().lockout_attempts * (ADDRESS_FACTOR if kind == "address" else 1)


def _count(connection: Connection, kind: Kind, value: str) -> tuple[int, datetime | None] | None:
    """Count one attempt in one statement; ``None`` when the lock stands and nothing was counted."""
    now, span = clock.now(), timedelta(minutes=settings().lockout_minutes)
    limit, old = _limit(kind), table.c
    is_over = or_(old.locked_until <= now, old.window_started_at <= now - span)
    failures = case((is_over, 1), else_=old.failures + 1)
    lock = literal(now + span)
    row = connection.execute(
        insert(table)
        .values(
            key_hash=_key(kind, value),
            kind=kind,
            failures=1,
            window_started_at=now,
            locked_until=now + span if limit <= 1 else None,
        )
        .on_conflict_do_update(
            index_elements=[old.key_hash],
            set_={
                "failures": failures,
                "window_started_at": case((is_over, now), else_=old.window_started_at),
                "locked_until": case((failures >= limit, lock), else_=null()),
            },
            where=or_(old.locked_until.is_(None), old.locked_until <= now),
        )
        .returning(old.failures, old.locked_until)
    ).first()
    return None if row is None else (row.failures, row.locked_until)


def _lock_of(connection: Connection, kind: Kind, value: str) -> datetime:
    query = select(table.c.locked_until).where(table.c.key_hash == _key(kind, value))
    until: datetime | None = connection.execute(query).scalar()
    return until or clock.now()


def claim(login: str, address: str) -> Claim:
    """Ask for one attempt. A locked address costs the login nothing: it must lock nobody out."""
    with begin() as connection:
        # Always the address before the login, so that no two transactions wait for each other.
        by_address = _count(connection, "address", address)
        if by_address is None:
            until = _lock_of(connection, "address", address)
            return Claim(
                login=login, address=address, allowed=False, left=0, locked="address", until=until
            )
        by_login = _count(connection, "login", login)
        if by_login is None:
            until = _lock_of(connection, "login", login)
            return Claim(
                login=login, address=address, allowed=False, left=0, locked="login", until=until
            )
    locked: Kind | None = "login" if by_login[1] else ("address" if by_address[1] else None)
    left = max(_limit("login") - by_login[0], 0)
    until_when = by_login[1] or by_address[1]
    return Claim(
        login=login, address=address, allowed=True, left=left, locked=locked, until=until_when
    )


def _give_back(connection: Connection, kind: Kind, value: str) -> None:
    fewer = func.greatest(table.c.failures - 1, 0)
    connection.execute(
        update(table)
        .where(table.c.key_hash == _key(kind, value))
        .values(
            failures=fewer,
            locked_until=case((fewer < _limit(kind), null()), else_=table.c.locked_until),
        )
    )


def undo(made: Claim) -> None:
    """The proof was right but the sign-in is not finished: this attempt does not count."""
    with begin() as connection:
        _give_back(connection, "address", made.address)
        _give_back(connection, "login", made.login)


def succeed(made: Claim) -> None:
    """The person is in: the login starts afresh; the address keeps what others got wrong."""
    with begin() as connection:
        _give_back(connection, "address", made.address)
        connection.execute(delete(table).where(table.c.key_hash == _key("login", made.login)))


def forget(login: str) -> None:
    """Lift the lock of a login (an administrator's decision)."""
    with begin() as connection:
        connection.execute(delete(table).where(table.c.key_hash == _key("login", login)))


def forget_addresses(addresses: Collection[str]) -> None:
    """Lift the locks of source addresses (an administrator's decision)."""
    keys = [_key("address", address) for address in addresses]
    with begin() as connection:
        connection.execute(delete(table).where(table.c.key_hash.in_(keys)))


def purge(connection: Connection) -> None:
    """Remove counters that can matter no more."""
    now = clock.now()
    connection.execute(
        delete(table).where(
            and_(
                table.c.window_started_at < now - timedelta(days=1),
                or_(table.c.locked_until.is_(None), table.c.locked_until < now),
            )
        )
    )
