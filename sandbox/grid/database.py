"""The grid system's database: built on start, steered by a control row and the reader's login."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from sandbox.grid.records import Records
from sandbox.misbehaviour import Mode

READER = "grid_reader"
SCHEMA = "zzwg"
VIEWS = ("v_syrk", "v_fw", "v_zt")
MODES = frozenset({Mode.NORMAL, Mode.SLOW, Mode.HANG, Mode.DOWN, Mode.GARBAGE})
_HERE = Path(__file__).parent
_Connection = psycopg.Connection[tuple[object, ...]]


class GridUnavailable(Exception):
    """The database cannot carry the grid system; the text says what to do."""


class GridDatabase:
    """Owns the schema. The reader's role is made here, or by whoever gave us the address."""

    def __init__(self, url: str, password: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._password = password

    def install(self, records: Records) -> None:
        """Replace the schema by a fresh one, in one transaction: readers see the old or the new."""
        try:
            with self._connect() as connection:
                self._make_reader(connection)
                connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
                connection.execute(_script("schema.sql"))
                self._fill(connection, records)
                connection.execute(_script("indexes.sql"))
                self._grant(connection)
                self._admit(connection)
        except psycopg.Error as error:
            raise GridUnavailable(f"无法准备网格系统的模拟数据库：{error}") from error

    def turn(self, mode: Mode, delay_ms: int) -> None:
        """Behave like that from now on; ``down`` lets nobody in and throws readers out."""
        with self._connect() as connection:
            connection.execute("UPDATE zzwg.t_kz SET zl = %s, ys = %s", (mode.value, delay_ms))
            self._admit(connection, refuse=mode is Mode.DOWN)
        if mode is Mode.DOWN:
            self._cut_off()

    def _connect(self) -> _Connection:
        return psycopg.connect(self._url, connect_timeout=10)

    def _admit(self, connection: _Connection, *, refuse: bool = False) -> None:
        verb = "REVOKE CONNECT ON DATABASE {} FROM" if refuse else "GRANT CONNECT ON DATABASE {} TO"
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL(verb + " PUBLIC, {}").format(database, sql.Identifier(READER)))

    def _cut_off(self) -> None:
        """Without the right to do so, open connections stay, and the views refuse them."""
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = %s AND datname = current_database()"
        )
        with self._connect() as connection, suppress(InsufficientPrivilege):
            connection.execute(query, (READER,))

    def _make_reader(self, connection: _Connection) -> None:
        """Make the role, or give it our password; one that we may not touch is taken as it is."""
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,))
        found = exists.fetchone() is not None
        try:
            with connection.transaction():
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                        sql.SQL("ALTER" if found else "CREATE"),
                        sql.Identifier(READER),
                        sql.Literal(self._password),
                    )
                )
                connection.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
        except InsufficientPrivilege:
            if not found:
                raise

    def _fill(self, connection: _Connection, records: Records) -> None:
        cursor = connection.cursor()
        with cursor.copy("COPY zzwg.t_syrk FROM STDIN") as copy:
            for row in records.persons():
                copy.write_row(row)
        with cursor.copy("COPY zzwg.t_fw FROM STDIN") as copy:
            for row in records.houses():
                copy.write_row(row)

    def _grant(self, connection: _Connection) -> None:
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        for view in VIEWS:
            connection.execute(f"GRANT SELECT ON {SCHEMA}.{view} TO {READER}")


def _script(name: str) -> bytes:
    return (_HERE / name).read_bytes()
