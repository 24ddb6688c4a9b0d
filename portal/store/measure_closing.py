"""Closing a period for a place, reopening it, and what there is to say about it meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from portal.store import measure_locks, measure_signed, measures
from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_rebuild import alone
from portal.store.measure_words import Grain, Period


class PeriodStateError(ValueError):
    """A period is closed already, or is not; the text is for the person."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One closing of a period by a place."""

    region_code: str
    grain: Grain
    starts: date
    ends: date
    version: int
    closed_by: str
    closed_at: datetime
    reopened_by: str | None = None
    reopened_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is closed of a period of a place, and how many numbers wait there."""

    locks: tuple[Lock, ...]
    waiting: int
    reopened: tuple[Lock, ...] = ()  # earlier closings of this very period by this very place


def close(connection: Connection, region: str, period: Period, by: str, at: datetime) -> int:
    """Close a period for a place and all below it; gives the version that stands from now on."""
    alone(connection)
    former = history(connection, region, period)
    if former and former[-1].reopened_at is None:
        raise PeriodStateError("本期已经锁定，没有重复锁定。")
    version = max(len(former), measure_signed.last(connection, region, period)) + 1
    connection.execute(
        insert(measure_period_lock).values(
            region_code=region,
            grain=period.grain,
            starts=period.starts,
            ends=period.ends,
            version=version,
            closed_by=by,
            closed_at=at,
        )
    )
    return version


def reopen(
    connection: Connection, region: str, period: Period, by: str, reason: str, at: datetime
) -> int:
    """Reopen a period; what waited for it counts now. Gives how many numbers that were.

    What another closing still covers goes on waiting. The figures as they were signed are kept.
    """
    alone(connection)
    lock = measure_period_lock.c
    done = connection.execute(
        update(measure_period_lock)
        .where(
            lock.region_code == region,
            lock.grain == period.grain,
            lock.starts == period.starts,
            lock.reopened_at.is_(None),
        )
        .values(reopened_by=by, reopened_at=at, reason=reason)
        .returning(lock.version)
    ).scalar()
    if done is None:
        raise PeriodStateError("本期没有锁定，无需重开。")
    measure_signed.keep(connection, region, period, done)
    rows = measure_locks.take_pending(connection, region, period)
    return measures.apply_pending(connection, rows) if rows else 0


def history(connection: Connection, region: str, period: Period) -> list[Lock]:
    """Every closing of a period by a place, the first one first."""
    lock = measure_period_lock.c
    query = (
        select(measure_period_lock)
        .where(lock.region_code == region, lock.grain == period.grain, lock.starts == period.starts)
        .order_by(lock.version)
    )
    return [_lock(row) for row in connection.execute(query)]


def standing(connection: Connection, above: Sequence[str], region: str, period: Period) -> Standing:
    """How a period of a place stands: closed by itself, above it (``above``) or below it."""
    lock, row = measure_period_lock.c, measure_pending.c
    touches = (lock.starts < period.ends, lock.ends > period.starts)
    inside = (lock.region_code >= region) & (lock.region_code < region + ":")
    of_its_own = and_(
        lock.region_code == region, lock.grain == period.grain, lock.starts == period.starts
    )
    query = (
        select(measure_period_lock)
        .where(
            or_(lock.region_code.in_(list(above)), inside),
            or_(lock.reopened_at.is_(None), of_its_own),
            *touches,
        )
        .order_by(func.length(lock.region_code), lock.region_code, lock.starts, lock.version)
    )
    waiting = select(func.count()).where(
        row.region_code >= region,
        row.region_code < region + ":",
        row.starts < period.ends,
        row.until > period.starts,
    )
    found = [_lock(one) for one in connection.execute(query)]
    return Standing(
        locks=tuple(one for one in found if one.reopened_at is None),
        waiting=connection.execute(waiting).scalar_one(),
        reopened=tuple(one for one in found if one.reopened_at is not None),
    )


def _lock(row: Row[tuple[object, ...]]) -> Lock:
    return Lock(**row._mapping)
