"""Work that one process does while the others leave it alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from portal.store.engine import begin


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Whether this process is the only one at that work, for as long as the block runs.

    The claim hangs on an open transaction: it ends with the block, the process or its connection.
    """
    key = func.hashtextextended(work, 0)
    with begin() as connection:
        yield bool(connection.execute(select(func.pg_try_advisory_xact_lock(key))).scalar())
