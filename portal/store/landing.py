"""Landing what a file brought: the new whole drop takes the place of the former, or nothing moves.

Only ``service:drops`` writes. Rows go in with COPY inside the caller's transaction; until it is
committed everybody else reads the former drop, and whatever goes wrong leaves that one as it was.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from json.encoder import encode_basestring
from operator import add
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError

from portal.store.crypto import Sealer, decrypt
from portal.store.landing_tables import drop_file, drop_row
from portal.store.scope import Reach

WRITER = Reach(prefixes=(), unit_id=None, actor="service:drops")
BATCH = 500
_INTO = "COPY landing.drop_row_all (file_id, system_id, number, key_hash, region_code, payload)"
_CHECK = text("SET CONSTRAINTS landing.uq_drop_row_all_key IMMEDIATE")
_TWICE = text(
    "SELECT min(number) AS former, max(number) AS later FROM landing.drop_row"
    " WHERE file_id = :file_id GROUP BY key_hash HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
)


class State(StrEnum):
    """What became of a file."""

    LANDED = "已入库"
    DUPLICATE = "重复"
    INCOMPLETE = "不完整"
    REFUSED = "被拒"
    LATE = "迟到"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file that came, and what became of it."""

    id: UUID
    system_id: str
    name: str
    size: int
    modified: int
    sha256: str
    period: date
    sequence: int
    rows: int
    received_at: datetime
    state: State
    message: str
    current: bool
    simulated: str | None

    @property
    def order(self) -> tuple[date, int]:
        """A later period, or a later delivery of the same, is newer."""
        return self.period, self.sequence


class Landed(NamedTuple):
    """One checked row: where it stands in the file, its key, its place, its values."""

    number: int
    key: str
    region_code: str
    values: Mapping[str, str]


class SameKeyError(Exception):
    """Two rows of one file have the same key."""

    def __init__(self, later: int, former: int) -> None:
        super().__init__(later, former)
        self.later = later
        self.former = former


def arrivals(connection: Connection, system_id: str) -> list[Arrival]:
    """Every file of a system that was ever looked at, newest first."""
    query = (
        select(drop_file)
        .where(drop_file.c.system_id == system_id)
        .order_by(drop_file.c.received_at.desc(), drop_file.c.name.desc())
    )
    return [_arrival(row._mapping) for row in connection.execute(query)]


def latest(connection: Connection) -> dict[str, tuple[Arrival, Arrival | None]]:
    """By system: the file that came last, and the one whose rows are in use."""
    file = drop_file.c
    last = connection.execute(
        select(drop_file)
        .order_by(file.system_id, file.received_at.desc(), file.name.desc())
        .ext(distinct_on(file.system_id))
    )
    current = {
        row.system_id: _arrival(row._mapping)
        for row in connection.execute(select(drop_file).where(file.current))
    }
    return {row.system_id: (_arrival(row._mapping), current.get(row.system_id)) for row in last}


def current(connection: Connection, system_id: str) -> Arrival | None:
    """The file whose rows are in use."""
    query = select(drop_file).where(drop_file.c.system_id == system_id, drop_file.c.current)
    row = connection.execute(query).one_or_none()
    return _arrival(row._mapping) if row else None


def note(connection: Connection, arrival: Arrival) -> None:
    """Remember a file; what was only waited for under the same name is forgotten."""
    file = drop_file.c
    connection.execute(
        delete(drop_file).where(
            file.system_id == arrival.system_id,
            file.name == arrival.name,
            file.state == State.INCOMPLETE,
        )
    )
    connection.execute(insert(drop_file).values(**vars(arrival)))


def copy_rows(connection: Connection, system_id: str, file_id: UUID, rows: Iterable[Landed]) -> int:
    """Encrypt and write the rows of a file, a batch at a time; gives how many.

    The database puts them into the indices on its own core meanwhile. That no key is twice it
    checks at the end, when both rows can be named.
    """
    done = _copy(connection, f"{file_id}\t{system_id}", rows)
    try:
        with connection.begin_nested():
            connection.execute(_CHECK)
    except IntegrityError as error:
        twice = connection.execute(_TWICE, {"file_id": file_id}).one()
        raise SameKeyError(twice.later, twice.former) from error
    return done


class _Writer:
    """Writes flat rows as JSON: their keys, which are the same in every row, only once."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._heads: tuple[str, ...] = ()

    def __call__(self, values: Mapping[str, str]) -> str:
        names = tuple(values)
        if names != self._names:
            self._names = names
            self._heads = tuple(f"{encode_basestring(one)}:" for one in names)
        parts = map(add, self._heads, map(encode_basestring, values.values()))
        return f"{{{','.join(parts)}}}"


def _copy(connection: Connection, head: str, rows: Iterable[Landed]) -> int:
    sealer, write, done = Sealer(), _Writer(), 0
    cursor: Any = connection.connection.cursor()
    lines: list[str] = []
    with cursor, cursor.copy(f"{_INTO} FROM STDIN") as copy:
        for one in rows:
            key, sealed = sealer.keyed_hash(one.key), sealer.encrypt(write(one.values))
            lines.append(f"{head}\t{one.number}\t{key}\t{one.region_code}\t{sealed}\n")
            if len(lines) >= BATCH:
                copy.write("".join(lines))
                done += len(lines)
                lines.clear()
        copy.write("".join(lines))
    return done + len(lines)


def promote(connection: Connection, arrival: Arrival) -> None:
    """Let a file whose rows are written take the place of the former."""
    file = drop_file.c
    former = select(file.id).where(file.system_id == arrival.system_id, file.current)
    former_ids = [row.id for row in connection.execute(former)]
    connection.execute(delete(drop_row).where(drop_row.c.file_id.in_(former_ids)))
    connection.execute(update(drop_file).where(file.id.in_(former_ids)).values(current=False))
    changed = {name: one for name, one in vars(arrival).items() if name != "id"}
    connection.execute(update(drop_file).where(file.id == arrival.id).values(**changed))


def read(connection: Connection, system_id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows in use, as far as in scope: place and values."""
    row = drop_row.c
    query = (
        select(row.region_code, row.payload)
        .join(drop_file, drop_file.c.id == row.file_id)
        .where(drop_file.c.system_id == system_id, drop_file.c.current)
    )
    for one in connection.execute(query, execution_options={"yield_per": 1000}):
        yield one.region_code, json.loads(decrypt(one.payload))


def _arrival(row: Mapping[Any, Any]) -> Arrival:
    return Arrival(**{**row, "state": State(row["state"])})
