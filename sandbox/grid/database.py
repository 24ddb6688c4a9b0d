"""The grid system's database: built on start, steered by a control row and the reader's login."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row

from sandbox.distort import Clock, local
from sandbox.grid.numbers import NUMBERS, VIEW
from sandbox.grid.records import Records
from sandbox.grid.tasks import rows
from sandbox.kit.views import MODES
from sandbox.misbehaviour import Mode

__all__ = ["MODES", "GridDatabase", "GridUnavailable"]
READER = "grid_reader"
SCHEMA = "zzwg"
VIEWS = ("v_syrk", "v_fw", "v_dw", "v_zt", "v_rw", VIEW)
FINISH = "f_bj(text, text, text, text, text)"
_SHOWN = (
    'SELECT "RWBH" AS id, "RWLX" AS kind, "XM" AS name, "QHDM" AS region,'
    """ CASE "ZT" WHEN '1' THEN 'done' ELSE 'open' END AS state,"""
    ' "BLR" AS handler, "BLJG" AS outcome, "BLQK" AS note, "CS" AS applied'
    ' FROM zzwg.t_rw ORDER BY "RWBH"'
)
_HERE = Path(__file__).parent
_Connection = psycopg.Connection[tuple[object, ...]]


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class GridUnavailable(Exception):
    """The database cannot carry the grid system; the text says what to do."""


class GridDatabase:
    """Owns the schema. The reader's role is made here, or by whoever gave us the address."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._password = password

    def install(self, records: Records, clock: Clock = _wall_clock) -> None:
        """Replace the schema by a fresh one, in one transaction: readers see the old or the new."""
        try:
            with self._connect() as connection:
                self._make_reader(connection)
                connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
                connection.execute(_script("schema.sql"))
                connection.execute(_script("tasks.sql"))
                self._fill(connection, records, clock)
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

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks as the system holds them."""
        with self._connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute(_SHOWN).fetchall()

    def seen(self) -> dict[str, int]:
        """The keys of the commands, and how often each came."""
        with self._connect() as connection:
            found = connection.execute("SELECT lsh, cs FROM zzwg.t_ls").fetchall()
        return {str(key): int(str(times)) for key, times in found}

    def finish(self, task_id: str) -> bool:
        """Somebody at the system's own desk finishes a task."""
        statement = (
            """UPDATE zzwg.t_rw SET "ZT" = '1', "BLR" = '网格中心', "BLJG" = '1',"""
            """ "GXSJ" = zzwg.f_now() WHERE "RWBH" = %s AND "ZT" <> '1'"""
        )
        with self._connect() as connection:
            return connection.execute(statement, (task_id,)).rowcount == 1

    def _connect(self) -> _Connection:
        return psycopg.connect(self.url, connect_timeout=10)

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

    def _fill(self, connection: _Connection, records: Records, clock: Clock) -> None:
        cursor = connection.cursor()
        with cursor.copy("COPY zzwg.t_syrk FROM STDIN") as copy:
            for row in records.persons():
                copy.write_row(row)
        with cursor.copy("COPY zzwg.t_fw FROM STDIN") as copy:
            for row in records.houses():
                copy.write_row(row)
        with cursor.copy("COPY zzwg.t_dw FROM STDIN") as copy:
            for row in records.enterprises():
                copy.write_row(row)
        with cursor.copy("COPY zzwg.t_tj FROM STDIN") as copy:
            for counted in NUMBERS.rows(records.register, local(clock()).date()):
                copy.write_row([counted[name] for name in NUMBERS.columns])
        with cursor.copy("COPY zzwg.t_rw FROM STDIN") as copy:
            for row in rows(records, clock):
                copy.write_row(row)

    def _grant(self, connection: _Connection) -> None:
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        for view in VIEWS:
            connection.execute(f"GRANT SELECT ON {SCHEMA}.{view} TO {READER}")
        connection.execute(f"REVOKE ALL ON FUNCTION {SCHEMA}.{FINISH} FROM PUBLIC")
        connection.execute(f"GRANT EXECUTE ON FUNCTION {SCHEMA}.{FINISH} TO {READER}")


def _script(name: str) -> bytes:
    return (_HERE / name).read_bytes()
