"""Signs of life of the recurring jobs: any process can tell whether they run, and when each did.

A process that runs jobs writes one row of its own again and again; nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from portal.store import clock
from portal.store.scope import scoped
from portal.store.switches import SERVICE
from portal.store.system_tables import job_beat

_KEPT = timedelta(days=1)  # so long one can see when the jobs of a process that is gone last ran


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One job in one process: how often it has its turn, and how the last one went."""

    seconds: float
    began: datetime | None = None
    ended: datetime | None = None
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class Beat:
    """The newest sign of life of one process."""

    worker: str
    started_at: datetime
    beat_at: datetime
    ended_at: datetime | None
    turns: Mapping[str, Turn]

    def lives(self, now: datetime, limit: timedelta) -> bool:
        """Whether it may be counted on at this moment."""
        return self.ended_at is None and now - self.beat_at <= limit


def write(
    worker: str,
    region_code: str,
    started_at: datetime,
    turns: Mapping[str, Turn],
    *,
    ended: bool = False,
) -> None:
    """Give a sign of life, or the last one; drops those of processes that are long gone."""
    now = clock.now()
    row = {
        "region_code": region_code,
        "started_at": started_at,
        "beat_at": now,
        "ended_at": now if ended else None,
        "turns": {name: _packed(one) for name, one in turns.items()},
    }
    with scoped(SERVICE) as connection:
        connection.execute(
            insert(job_beat)
            .values(worker=worker, **row)
            .on_conflict_do_update(index_elements=["worker"], set_=row)
        )
        connection.execute(delete(job_beat).where(job_beat.c.beat_at < now - _KEPT))


def newest(connection: Connection) -> tuple[Beat, ...]:
    """The signs of life that the transaction may see, the newest first."""
    rows = connection.execute(select(job_beat).order_by(job_beat.c.beat_at.desc()))
    return tuple(
        Beat(
            worker=row.worker,
            started_at=row.started_at,
            beat_at=row.beat_at,
            ended_at=row.ended_at,
            turns={name: _unpacked(one) for name, one in row.turns.items()},
        )
        for row in rows
    )


def _packed(one: Turn) -> dict[str, Any]:
    moments = {"began": one.began, "ended": one.ended}
    said = {name: at.isoformat() for name, at in moments.items() if at is not None}
    return {"seconds": one.seconds, "failed": one.failed, **said}


def _unpacked(given: Mapping[str, Any]) -> Turn:
    moments = {
        name: datetime.fromisoformat(given[name]) for name in ("began", "ended") if name in given
    }
    return Turn(seconds=given["seconds"], failed=given["failed"], **moments)
