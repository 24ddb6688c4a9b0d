"""Alarms about systems that were down for too long, and what is remembered between two looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.store import clock
from portal.store.system_tables import system_alarm, system_watch


def watches(connection: Connection) -> dict[str, Row[Any]]:
    """What is remembered of every system."""
    return {row.system_id: row for row in connection.execute(select(system_watch))}


def remember(
    connection: Connection,
    *,
    system_id: str,
    region_code: str,
    seen: int,
    failing_since: datetime | None,
    alarmed: bool,
    heard_at: datetime | None,
) -> None:
    """Remember how far was looked and what was found."""
    row = {
        "region_code": region_code,
        "seen": seen,
        "failing_since": failing_since,
        "alarmed": int(alarmed),
        "heard_at": heard_at,
    }
    connection.execute(
        insert(system_watch)
        .values(system_id=system_id, **row)
        .on_conflict_do_update(index_elements=["system_id"], set_=row)
    )


def put(
    connection: Connection,
    *,
    system_id: str,
    region_code: str,
    kind: str,
    since: datetime,
    at: datetime,
    fault: str,
) -> None:
    """Write an alarm down; the same one twice is one."""
    connection.execute(
        insert(system_alarm)
        .values(
            system_id=system_id,
            region_code=region_code,
            kind=kind,
            since=since,
            at=at,
            fault=fault,
        )
        .on_conflict_do_nothing()
    )


def unseen(connection: Connection) -> list[Row[Any]]:
    """The alarms that nobody has acknowledged, newest first."""
    query = select(system_alarm).where(system_alarm.c.seen_at.is_(None))
    return list(connection.execute(query.order_by(system_alarm.c.id.desc()).limit(200)))


def of(connection: Connection, system_id: str, most: int) -> list[Row[Any]]:
    """The alarms of one system, newest first."""
    query = select(system_alarm).where(system_alarm.c.system_id == system_id)
    return list(connection.execute(query.order_by(system_alarm.c.id.desc()).limit(most)))


def acknowledge(connection: Connection, system_id: str, until: int, who: str) -> int:
    """Somebody has seen the alarms of a system up to this one; gives how many were new."""
    done = connection.execute(
        update(system_alarm)
        .where(
            system_alarm.c.system_id == system_id,
            system_alarm.c.id <= until,
            system_alarm.c.seen_at.is_(None),
        )
        .values(seen_by=who, seen_at=clock.now())
    )
    return done.rowcount
