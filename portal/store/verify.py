"""Reads and writes of batches, always inside a scoped transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, or_, select, update

from portal.store import verify_tally
from portal.store.scope import acting_as
from portal.store.verify_tables import verify_job, verify_row

# The one service that asks on behalf of who asked, and that throws away what has expired.
SERVICE = verify_tally.SERVICE
WAITING, ASKING, DONE = "待核验", "核验中", "已核验"


def add(connection: Connection, job: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """A batch with all its rows, in one transaction."""
    connection.execute(insert(verify_job).values(**job))
    connection.execute(insert(verify_row), list(rows))


def number_after(connection: Connection, prefix: str) -> int:
    """How many batches of a day there are; whoever asks numbers alone until the commit."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("verify_job.number"))))
    query = select(func.count()).select_from(verify_job)
    with acting_as(connection, SERVICE.actor):
        return connection.execute(
            query.where(verify_job.c.number.startswith(prefix, autoescape=True))
        ).scalar_one()


def find(connection: Connection, job_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """One batch."""
    query = select(verify_job).where(verify_job.c.id == job_id)
    return connection.execute(query.with_for_update() if lock else query).first()


def jobs(connection: Connection, condition: Any, limit: int) -> Sequence[Row[Any]]:
    """Batches, the newest first."""
    query = select(verify_job).where(condition).order_by(verify_job.c.asked_at.desc())
    return connection.execute(query.limit(limit)).all()


def change(connection: Connection, job_id: UUID, **values: Any) -> None:
    """Change one batch."""
    connection.execute(update(verify_job).where(verify_job.c.id == job_id).values(**values))


def progress(connection: Connection, job_id: UUID) -> int:
    """How many rows are done."""
    query = select(func.count()).select_from(verify_row)
    mine = (verify_row.c.job_id == job_id, verify_row.c.state == DONE)
    return connection.execute(query.where(*mine)).scalar_one()


def rows(connection: Connection, job_id: UUID) -> Sequence[Row[Any]]:
    """Every row, in the order of the file."""
    query = select(verify_row).where(verify_row.c.job_id == job_id)
    return connection.execute(query.order_by(verify_row.c.number)).all()


def forget_rows(connection: Connection, job_id: UUID) -> None:
    """Throw away persons and answers; the batch itself stays as a line of what was done."""
    connection.execute(delete(verify_row).where(verify_row.c.job_id == job_id))


# -- the worker -----------------------------------------------------------------------------------


def claim(
    connection: Connection, *, state: str, now: datetime, lease: timedelta, most: int
) -> Sequence[Row[Any]]:
    """Take rows of running batches, or those whose worker died; nobody else gets them meanwhile.

    Whoever claims commits before asking: a killed worker costs the time of the lease, not a row.
    """
    free = or_(
        verify_row.c.state == WAITING,
        and_(verify_row.c.state == ASKING, verify_row.c.lease_until < now),
    )
    chosen = (
        select(verify_row.c.job_id, verify_row.c.number)
        .join(verify_job, verify_job.c.id == verify_row.c.job_id)
        .where(verify_job.c.state == state, free)
        .order_by(verify_job.c.started_at, verify_row.c.number)
        .limit(most)
        .with_for_update(skip_locked=True, of=verify_row)
        .cte("chosen")
    )
    same = (verify_row.c.job_id == chosen.c.job_id, verify_row.c.number == chosen.c.number)
    taken = (
        update(verify_row)
        .where(*same)
        .values(state=ASKING, attempts=verify_row.c.attempts + 1, lease_until=now + lease)
        .returning(verify_row)
    )
    return sorted(connection.execute(taken).all(), key=lambda row: (row.job_id, row.number))


def settle(connection: Connection, row: Row[Any], state: str, **values: Any) -> bool:
    """Write a row's outcome, unless another worker has it now or the batch no longer runs."""
    running = exists().where(verify_job.c.id == row.job_id, verify_job.c.state == state)
    mine = and_(
        verify_row.c.job_id == row.job_id,
        verify_row.c.number == row.number,
        verify_row.c.state == ASKING,
        verify_row.c.attempts == row.attempts,
    )
    done = connection.execute(
        update(verify_row).where(mine, running).values(state=DONE, lease_until=None, **values)
    )
    return bool(done.rowcount)


def finish(
    connection: Connection, job_id: UUID, *, running: str, differs: str, **values: Any
) -> bool:
    """A batch all of whose rows are done; true for the one worker that says so.

    How many rows came to ``differs`` stays with the batch, for the measures.
    """
    left = exists().where(verify_row.c.job_id == job_id, verify_row.c.state != DONE)
    different = (
        select(func.count())
        .select_from(verify_row)
        .where(verify_row.c.job_id == job_id, verify_row.c.outcome == differs)
        .scalar_subquery()
    )
    mine = and_(verify_job.c.id == job_id, verify_job.c.state == running, ~left)
    change = update(verify_job).where(mine).values(**values, different=different)
    done = connection.execute(change.returning(verify_job)).first()
    if done is not None:
        verify_tally.COUNT.follow(connection, [(None, done)])
    return done is not None


def running(connection: Connection, state: str) -> list[UUID]:
    """The batches that are being worked on."""
    query = select(verify_job.c.id).where(verify_job.c.state == state)
    return list(connection.execute(query).scalars())


def overdue(connection: Connection, states: Sequence[str], now: datetime) -> Sequence[Row[Any]]:
    """Batches whose time is over, locked."""
    query = select(verify_job).where(verify_job.c.state.in_(states), verify_job.c.expires_at <= now)
    return connection.execute(query.with_for_update(skip_locked=True)).all()
