"""Reminder digests: the key of a row is the promise of at most one per person and half day."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from portal.store.message_tables import digest
from portal.store.scope import Reach

SERVICE = Reach(prefixes=(), unit_id=None, actor="service:digests")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of thing in a digest: how much of it is due today, late, to be read."""

    name: str
    due: int = 0
    late: int = 0
    unread: int = 0

    @property
    def counts(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.due or self.late or self.unread)


def put(
    connection: Connection,
    *,
    account_id: UUID,
    half_day: str,
    login: str,
    post_id: UUID,
    at: datetime,
    lines: Sequence[Line],
) -> bool:
    """The digest of a half day, unless there is one; nothing to say is kept as said."""
    row: dict[str, Any] = {
        "account_id": account_id,
        "half_day": half_day,
        "login": login,
        "post_id": post_id,
        "made_at": at,
        "lines": [asdict(one) for one in lines],
        "seen_at": None if lines else at,
    }
    statement = upsert(digest).values(**row).on_conflict_do_nothing()
    return connection.execute(statement.returning(digest.c.account_id)).first() is not None


def done(connection: Connection, half_day: str) -> set[UUID]:
    """Whose digest of that half day is made."""
    query = select(digest.c.account_id).where(digest.c.half_day == half_day)
    return set(connection.execute(query).scalars())


def last(connection: Connection, account_id: UUID) -> datetime | None:
    """When a person's last digest was made, as far as they are kept."""
    query = select(func.max(digest.c.made_at)).where(digest.c.account_id == account_id)
    return connection.execute(query).scalar()


# Asked at every click on a home: built once.
_UNSEEN = select(digest).where(
    digest.c.account_id == bindparam("account"),
    digest.c.half_day == bindparam("half"),
    digest.c.seen_at.is_(None),
)


def unseen(connection: Connection, account_id: UUID, half_day: str) -> Row[Any] | None:
    """A person's digest of that half day while it was not put away."""
    return connection.execute(_UNSEEN, {"account": account_id, "half": half_day}).first()


def saw(connection: Connection, account_id: UUID, half_day: str, at: datetime) -> None:
    """The person put it away."""
    mine = (digest.c.account_id == account_id, digest.c.half_day == half_day)
    connection.execute(update(digest).where(*mine).values(seen_at=at))


def alone(connection: Connection) -> bool:
    """Whether no other process is at it; held until the transaction ends."""
    query = select(func.pg_try_advisory_xact_lock(func.hashtext("digest.round")))
    return bool(connection.execute(query).scalar_one())


def forget(connection: Connection, before: datetime) -> int:
    """Drop old digests; gives how many."""
    return int(connection.execute(delete(digest).where(digest.c.made_at < before)).rowcount)
