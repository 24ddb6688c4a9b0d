"""What loading a city's pack leaves in an empty database: loaded once, then poured.

More than a thousand tests begin with the small second city. Loading it asks some sixty questions
of the database; its rows are poured back in one go instead, with the moment of the pouring.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from portal.store import clock
from tests.databases import SEQUENCES, TABLES, quoted

# The moment at which the copied rows were written: nothing else of a city speaks of it.
_MOMENT = datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
_WRITTEN = re.compile(rb"2001-02-03 04:05:06\.789012\+00")
_LIKE_A_MOMENT = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass
class Loaded:
    """The rows of one city, by table, and how far its sequences have counted."""

    rows: dict[str, bytes] = field(default_factory=dict)
    counted: list[tuple[str, int]] = field(default_factory=list)

    def load(self, address: str, load: Callable[[], None]) -> None:
        """Load the city into the empty database at that address; the first time, really."""
        with psycopg.connect(address) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET session_replication_role = replica")
            if not self.rows:
                self._take(connection, load)
            self._pour(connection)

    def _take(self, connection: psycopg.Connection, load: Callable[[], None]) -> None:
        before = {name for name, _size in connection.execute(TABLES).fetchall()}
        connection.commit()
        with clock.use(clock.FrozenClock(_MOMENT)):
            load()
        for name in sorted({one for one, _ in connection.execute(TABLES).fetchall()} - before):
            self.rows[name] = _all(connection, name)
            connection.execute(sql.SQL("DELETE FROM {}").format(quoted(name)))
        for (name,) in connection.execute(SEQUENCES).fetchall():
            last = sql.SQL("SELECT last_value FROM {}").format(quoted(name))
            self.counted.append((name, connection.execute(last).fetchall()[0][0]))

    def _pour(self, connection: psycopg.Connection) -> None:
        now = clock.now().astimezone(UTC).isoformat(" ").encode()
        with connection.cursor() as cursor:
            for name, rows in self.rows.items():
                with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(quoted(name))) as copy:
                    copy.write(_WRITTEN.sub(now, rows))
        for name, last in self.counted:
            connection.execute("SELECT setval(%s::regclass, %s)", [name, last])


def _all(connection: psycopg.Connection, table: str) -> bytes:
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(quoted(table))) as copy,
    ):
        rows = b"".join(bytes(one) for one in copy)
    strange = _LIKE_A_MOMENT.findall(_WRITTEN.sub(b"", rows))
    assert not strange, f"{table} holds a moment that is not the clock's: {strange}"
    return rows
