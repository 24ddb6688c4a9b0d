"""Shapes of answers that did not fit: a few for each system, the oldest make way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from portal.store.scope import scoped
from portal.store.switches import SERVICE
from portal.store.system_tables import system_sample

MOST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One answer's shape: of which call, what did not fit, when; never a value."""

    system_id: str
    call: str
    why: str
    shape: str
    at: datetime


def keep(given: Sequence[Sample], region_code: str) -> None:
    """Keep these, and no more than a few of each system."""
    with scoped(SERVICE) as connection:
        for one in given:
            row = {name: getattr(one, name) for name in Sample.__dataclass_fields__}
            connection.execute(insert(system_sample).values(region_code=region_code, **row))
        for system_id in {one.system_id for one in given}:
            own = system_sample.c.system_id == system_id
            newest = (
                select(system_sample.c.id)
                .where(own)
                .order_by(system_sample.c.id.desc())
                .limit(MOST)
            )
            connection.execute(delete(system_sample).where(own, system_sample.c.id.not_in(newest)))


def of(connection: Connection, system_id: str) -> list[Row[Any]]:
    """The samples of one system, newest first."""
    query = select(system_sample).where(system_sample.c.system_id == system_id)
    return list(connection.execute(query.order_by(system_sample.c.id.desc())))
