"""Counting look-ups of a while, and the alarms that come of too many."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, distinct, func, insert, select, text, update

from portal.store.lookup_tables import bulk_alarm, lookup_use
from portal.store.scope import Reach

# The one service that counts; whoever looks something up sees none of it.
COUNTER = Reach(prefixes=(), unit_id=None, actor="service:lookups")
MOST_SHOWN = 200


def alone(connection: Connection, account_id: UUID) -> None:
    """Count one person's look-ups one after the other: two at once must not both be the last."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 15))"),
        {"key": f"lookups|{account_id}"},
    )


def note(
    connection: Connection,
    *,
    account_id: UUID,
    post_id: UUID,
    kind: str,
    place: str | None,
    at: datetime,
    forget_before: datetime,
) -> None:
    """Count one look-up, and forget those of the same person that no limit asks about."""
    use = lookup_use.c
    connection.execute(
        delete(lookup_use).where(use.account_id == account_id, use.at < forget_before)
    )
    connection.execute(
        insert(lookup_use).values(
            account_id=account_id, post_id=post_id, kind=kind, place=place, at=at
        )
    )


def used(connection: Connection, account_id: UUID, kind: str, since: datetime) -> int:
    """How many look-ups of a kind one person made since."""
    use = lookup_use.c
    query = select(func.count()).where(
        use.account_id == account_id, use.kind == kind, use.at > since
    )
    return int(connection.execute(query).scalar_one())


def places(connection: Connection, account_id: UUID, since: datetime) -> int:
    """Into how many communities one person has looked since."""
    use = lookup_use.c
    query = select(func.count(distinct(use.place))).where(
        use.account_id == account_id, use.kind == "open", use.at > since
    )
    return int(connection.execute(query).scalar_one())


def raised(connection: Connection, account_id: UUID, kind: str, since: datetime) -> bool:
    """Whether an alarm of that kind about one person was raised since."""
    alarm = bulk_alarm.c
    query = select(alarm.id).where(
        alarm.account_id == account_id, alarm.kind == kind, alarm.at > since
    )
    return connection.execute(query.limit(1)).first() is not None


def put(connection: Connection, row: dict[str, Any]) -> None:
    """Raise an alarm."""
    connection.execute(insert(bulk_alarm).values(**row))


def alarms(connection: Connection, *, seen: bool) -> list[Row[Any]]:
    """The alarms in scope, newest first."""
    alarm = bulk_alarm.c
    which = alarm.seen_at.is_not(None) if seen else alarm.seen_at.is_(None)
    query = select(bulk_alarm).where(which).order_by(alarm.id.desc()).limit(MOST_SHOWN)
    return list(connection.execute(query))


def unseen(connection: Connection) -> int:
    """How many alarms in scope nobody has acknowledged: all of them, not only those shown."""
    query = select(func.count()).select_from(bulk_alarm).where(bulk_alarm.c.seen_at.is_(None))
    return int(connection.execute(query).scalar_one())


def acknowledge(
    connection: Connection, alarm_id: int, *, who: str, reason: str, at: datetime
) -> Row[Any] | None:
    """Somebody has looked into an alarm; ``None`` when it is not there or was looked into."""
    alarm = bulk_alarm.c
    return connection.execute(
        update(bulk_alarm)
        .where(alarm.id == alarm_id, alarm.seen_at.is_(None))
        .values(seen_by=who, seen_at=at, reason=reason)
        .returning(bulk_alarm)
    ).first()
