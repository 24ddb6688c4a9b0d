"""How far each system is connected, as the operator decided it: stored once, known everywhere.

The newest row of a system holds. Every process keeps what it last read and reads anew each second
and after its own decisions, so that asking costs nothing; while the database is away, what was read
last holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import SQLAlchemyError

from portal.store import clock
from portal.store.engine import NoDatabaseError
from portal.store.scope import Reach, scoped
from portal.store.system_tables import system_switch

log = structlog.get_logger(__name__)

SERVICE = Reach(prefixes=(), unit_id=None, actor="service:systems")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The mode that somebody gave a system, and why."""

    system_id: str
    before: str
    mode: str
    reason: str
    actor_name: str
    at: datetime


_WORDS = ("system_id", "before", "mode", "reason", "actor_name", "at")
_COLUMNS = [system_switch.c[name] for name in _WORDS]


class Switches:
    """The decisions that hold, as this process last read them."""

    def __init__(self) -> None:
        self._held: Mapping[str, Decision] = MappingProxyType({})

    def of(self, system_id: str) -> Decision | None:
        """The decision about a system; ``None`` when the city pack's word stands."""
        return self._held.get(system_id)

    def refresh(self) -> None:
        """Read anew; a database that is away changes nothing."""
        try:
            with scoped(SERVICE) as connection:
                found = current(connection)
        except (SQLAlchemyError, NoDatabaseError) as error:
            log.warning("the systems' modes were not read", fault=type(error).__name__)
            return
        self._held = MappingProxyType(found)


def current(connection: Connection) -> dict[str, Decision]:
    """The newest decision about each system."""
    query = (
        select(*_COLUMNS)
        .ext(distinct_on(system_switch.c.system_id))
        .order_by(system_switch.c.system_id, system_switch.c.id.desc())
    )
    return {row.system_id: Decision(**row._mapping) for row in connection.execute(query)}


def history(connection: Connection, system_id: str, most: int) -> list[Decision]:
    """What was decided about one system, newest first."""
    query = (
        select(*_COLUMNS)
        .where(system_switch.c.system_id == system_id)
        .order_by(system_switch.c.id.desc())
        .limit(most)
    )
    return [Decision(**row._mapping) for row in connection.execute(query)]


def hold(connection: Connection, system_id: str) -> None:
    """Wait until nobody else decides about this system; until the transaction ends."""
    key = func.hashtextextended(f"system|{system_id}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def decide(
    connection: Connection,
    *,
    system_id: str,
    region_code: str,
    before: str,
    mode: str,
    reason: str,
    actor: str,
    actor_name: str,
) -> None:
    """Write a decision down."""
    connection.execute(
        insert(system_switch).values(
            system_id=system_id,
            region_code=region_code,
            before=before,
            mode=mode,
            reason=reason,
            actor=actor,
            actor_name=actor_name,
            at=clock.now(),
        )
    )
