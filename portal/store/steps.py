"""The switch-over checklist of a system as it is stored: the newest row of an item holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.store import clock
from portal.store.system_tables import system_step


def current(connection: Connection, system_id: str | None = None) -> list[Row[Any]]:
    """The newest row of every item, of one system or of all."""
    query = (
        select(system_step)
        .ext(distinct_on(system_step.c.system_id, system_step.c.item))
        .order_by(system_step.c.system_id, system_step.c.item, system_step.c.id.desc())
    )
    if system_id is not None:
        query = query.where(system_step.c.system_id == system_id)
    return list(connection.execute(query))


def put(
    connection: Connection,
    *,
    system_id: str,
    region_code: str,
    item: str,
    evidence: str,
    until: date | None,
    manifest_version: int,
    actor: str,
    actor_name: str,
) -> None:
    """Write down that an item was done, or taken back (no evidence)."""
    connection.execute(
        insert(system_step).values(
            system_id=system_id,
            region_code=region_code,
            item=item,
            evidence=evidence,
            until=until,
            manifest_version=manifest_version,
            actor=actor,
            actor_name=actor_name,
            at=clock.now(),
        )
    )
