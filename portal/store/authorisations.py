"""Reads and writes of families' authorisations, inside a scoped transaction of the caller."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from portal.store.authorisation_tables import family_authorisation as table
from portal.store.scope import Reach

# Whether a paper is on file is asked for a person who has been admitted already, wherever it lies.
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:authorisations")


def covered(connection: Connection, subject_hash: str, purpose: str, today: date) -> frozenset[str]:
    """The systems that valid papers of a person cover for a purpose."""
    query = select(func.unnest(table.c.systems)).where(
        table.c.subject_hash == subject_hash,
        table.c.revoked_at.is_(None),
        table.c.signed_on <= today,
        table.c.valid_until >= today,
        table.c.purposes.contains([purpose]),
    )
    return frozenset(connection.execute(query).scalars())


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Put a paper on file."""
    connection.execute(insert(table).values(**row))


def of_subject(connection: Connection, subject_hash: str) -> Sequence[Row[Any]]:
    """A person's papers that the scope shows, the newest first."""
    query = select(table).where(table.c.subject_hash == subject_hash)
    return connection.execute(query.order_by(table.c.recorded_at.desc())).all()


def revoke(connection: Connection, paper_id: UUID, subject_hash: str, **values: Any) -> bool:
    """Mark a paper as revoked; false when there is none to revoke."""
    mine = (table.c.id == paper_id, table.c.subject_hash == subject_hash)
    done = connection.execute(
        update(table).where(*mine, table.c.revoked_at.is_(None)).values(**values)
    )
    return bool(done.rowcount)
