"""A simulated system that offers views of its database, from its declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from sandbox.distort import Clock, local
from sandbox.kit.declared import Row
from sandbox.misbehaviour import Mode

MODES = frozenset(
    {Mode.NORMAL, Mode.SLOW, Mode.HANG, Mode.DOWN, Mode.FLAPPING, Mode.GARBAGE, Mode.DISAGREE}
)
_CONTROL = """
CREATE TABLE {schema}.t_control (zl text NOT NULL, ys integer NOT NULL);
INSERT INTO {schema}.t_control VALUES ('normal', 0);
CREATE FUNCTION {schema}.f_control() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
DECLARE k t_control;
BEGIN
    SELECT * INTO k FROM t_control;
    IF k.zl = 'slow' THEN PERFORM pg_sleep(k.ys / 1000.0); END IF;
    WHILE k.zl = 'hang' LOOP
        PERFORM pg_sleep(0.2);
        SELECT * INTO k FROM t_control;
    END LOOP;
    -- whoever reads may not write: flapping goes by the number of the reader's own transaction
    IF k.zl = 'down' OR (k.zl = 'flapping' AND pg_current_xact_id()::text::bigint % 2 = 0) THEN
        RAISE EXCEPTION USING ERRCODE = '57P03', MESSAGE = 'the database system is shutting down';
    END IF;
    RETURN k.zl;
END $$;
"""


@dataclass(frozen=True, kw_only=True)
class View:
    """One view: its columns, and from where its rows come. The first column is its key."""

    name: str
    columns: Sequence[str]
    rows: str  # people or things
    garbled: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ViewFace:
    """A schema with views and a reader of its own."""

    schema: str
    reader: str
    views: Sequence[View]
    status: str = "v_status"  # (zt, sjsj): whether all is well, and as of when
    needs: tuple[str, ...] = ("reader",)


class ViewDatabase:
    """Owns the schema. The reader's role is made here, or by whoever gave us the address."""

    def __init__(self, url: str, face: ViewFace, password: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._face, self._password = face, password
        self._schema = sql.Identifier(face.schema)

    def install(self, rows: Mapping[str, Sequence[Row]], clock: Clock) -> None:
        """Replace the schema by a fresh one, in one transaction."""
        with psycopg.connect(self._url, connect_timeout=10) as connection:
            self._make_reader(connection)
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(self._schema))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(self._schema))
            connection.execute(_CONTROL.format(schema=self._face.schema).encode())
            for view in self._face.views:
                self._make(connection, view, rows[view.rows])
            self._make_status(connection, clock)
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(connection.info.dbname), sql.Identifier(self._face.reader)
                )
            )
            names = [one.name for one in self._face.views] + [self._face.status]
            reader = sql.Identifier(self._face.reader)
            connection.execute(
                sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(self._schema, reader)
            )
            for name in names:
                connection.execute(
                    sql.SQL("GRANT SELECT ON {} TO {}").format(self._in(name), reader)
                )

    def turn(self, mode: Mode, delay_ms: int) -> None:
        """Behave like that from now on."""
        with psycopg.connect(self._url, connect_timeout=10) as connection:
            connection.execute(
                sql.SQL("UPDATE {} SET zl = %s, ys = %s").format(self._in("t_control")),
                (mode.value, delay_ms),
            )

    def refill(self, people: Sequence[Row]) -> None:
        """Write down the people anew, as the system now sees them."""
        with psycopg.connect(self._url, connect_timeout=10) as connection:
            for view in self._face.views:
                if view.rows == "people":
                    table = self._in(f"t_{view.name}")
                    connection.execute(sql.SQL("DELETE FROM {}").format(table))
                    self._fill(connection, view, people)

    def _fill(
        self, connection: psycopg.Connection[tuple[object, ...]], view: View, rows: Sequence[Row]
    ) -> None:
        table = self._in(f"t_{view.name}")
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in rows:
                copy.write_row([row.get(name) for name in view.columns])

    def _in(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._face.schema, name)

    def _make(
        self, connection: psycopg.Connection[tuple[object, ...]], view: View, rows: Sequence[Row]
    ) -> None:
        table = self._in(f"t_{view.name}")
        cells = sql.SQL(", ").join(
            sql.SQL('{} text COLLATE "C"').format(sql.Identifier(one)) for one in view.columns
        )
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, cells))
        self._fill(connection, view, rows)
        key = sql.Identifier(view.columns[0])
        connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(table, key))
        shown = sql.SQL(", ").join(self._shown(view, one) for one in view.columns)
        connection.execute(
            sql.SQL("CREATE VIEW {} AS SELECT {} FROM {}() AS k (zl) CROSS JOIN {} AS r").format(
                self._in(view.name), shown, self._in("f_control"), table
            )
        )

    def _shown(self, view: View, column: str) -> sql.Composed:
        name = sql.Identifier(column)
        if column not in view.garbled:
            return sql.SQL("r.{0}").format(name)
        return sql.SQL("CASE k.zl WHEN 'garbage' THEN '※' ELSE r.{0} END AS {0}").format(name)

    def _make_status(
        self, connection: psycopg.Connection[tuple[object, ...]], clock: Clock
    ) -> None:
        moment = f"{local(clock()):%Y-%m-%d} 03:00:00"
        connection.execute(
            sql.SQL(
                "CREATE VIEW {} AS SELECT '正常'::text AS zt, {}::text AS sjsj,"
                " '模拟数据'::text AS sjly FROM {}() AS k (zl)"
            ).format(self._in(self._face.status), sql.Literal(moment), self._in("f_control"))
        )

    def _make_reader(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """Make the role, or give it our password; one that we may not touch is taken as it is."""
        reader = sql.Identifier(self._face.reader)
        found = connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (self._face.reader,)
        ).fetchone()
        with suppress(InsufficientPrivilege), connection.transaction():
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    sql.SQL("ALTER" if found else "CREATE"), reader, sql.Literal(self._password)
                )
            )
            connection.execute(
                sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(reader)
            )
