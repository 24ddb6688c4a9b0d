"""Migrated databases for tests: copied once, emptied after use, copied anew when changed in shape.

Copying a database costs some seventy milliseconds of files, and every test wants a fresh one.
One that was used is emptied instead and gets a new name, so that whoever still holds the old
address finds nothing there. What was in the template stays; a table of it that changed, or any
change of the schema, ends the database.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from portal.store.cluster import Cluster

_SHAPE = """
WITH ours AS (
  SELECT oid FROM pg_namespace
   WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
SELECT
  (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relrowsecurity, relacl), ','
                     ORDER BY oid)
     FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)),
  (SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull), ','
                     ORDER BY attrelid, attnum)
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace IN (SELECT oid FROM ours)),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_policy),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_trigger WHERE NOT tgisinternal),
  (SELECT string_agg(concat_ws(' ', oid, md5(prosrc)), ',' ORDER BY oid)
     FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)),
  (SELECT string_agg(concat_ws(' ', oid, contype), ',' ORDER BY oid) FROM pg_constraint
    WHERE connamespace IN (SELECT oid FROM ours))
"""
TABLES = """
SELECT pg_class.oid::regclass::text, pg_relation_size(pg_class.oid)
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
   AND relkind = 'r' AND pg_relation_size(pg_class.oid) > 0
"""
SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE last_value IS NOT NULL
"""
_UNCOUNTED = """
SELECT pg_clear_relation_stats(nspname, relname)
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE pg_class.oid = ANY (%s::regclass[])
"""
# Deleting and vacuuming a small table is fifty times faster than truncating it: no new files.
_SMALL = 1 << 20


def quoted(name: str) -> sql.SQL:
    """A name as the database itself wrote it, quoted where it must be."""
    return sql.SQL(name)


def _used(connection: psycopg.Connection) -> dict[str, int]:
    return dict(connection.execute(TABLES).fetchall())


def _empty(connection: psycopg.Connection, used: dict[str, int]) -> None:
    small = [name for name, size in used.items() if size <= _SMALL]
    large = [name for name in used if name not in small]
    connection.execute("SET session_replication_role = replica")
    if large:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(_listed(large)))
    if small:
        with connection.transaction():
            for name in small:
                connection.execute(sql.SQL("DELETE FROM {}").format(quoted(name)))
        connection.execute(
            sql.SQL("VACUUM (PROCESS_TOAST FALSE, SKIP_DATABASE_STATS) {}").format(_listed(small))
        )
    # What the planner believes goes too: a table nobody has counted yet is planned for otherwise.
    connection.execute(_UNCOUNTED, [list(used)])
    for (name,) in connection.execute(SEQUENCES).fetchall():
        connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(quoted(name)))


def _listed(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(quoted, names))


def _sums(connection: psycopg.Connection, tables: list[str]) -> dict[str, str]:
    query = "SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM {} AS t"
    return {
        name: connection.execute(sql.SQL(query).format(quoted(name))).fetchall()[0][0]
        for name in tables
    }


@dataclass
class Databases:
    """Copies of one template, lent and taken back."""

    server: Cluster
    owner: str
    template: str
    _free: list[str] = field(default_factory=list)
    _shape: tuple[object, ...] | None = None
    _kept: dict[str, str] = field(default_factory=dict)

    def lend(self, name: str) -> None:
        """Make a database of this name that is like the template."""
        if not self._free:
            self.server.ensure_database(name, self.owner, self.template)
            if self._shape is None:
                self._look(name)
            return
        with psycopg.connect(self.server.superuser_url(), autocommit=True) as connection:
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(
                rename.format(sql.Identifier(self._free.pop()), sql.Identifier(name))
            )

    def take_back(self, name: str) -> None:
        """Empty it for the next, or drop it."""
        with psycopg.connect(self.server.superuser_url(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
        if self._emptied(name):
            self._free.append(name)
        else:
            self.server.drop_database(name)

    def _look(self, name: str) -> None:
        with psycopg.connect(self.server.superuser_url(name), autocommit=True) as connection:
            self._shape = connection.execute(_SHAPE).fetchone()
            self._kept = _sums(connection, list(_used(connection)))

    def _emptied(self, name: str) -> bool:
        with psycopg.connect(self.server.superuser_url(name), autocommit=True) as connection:
            if connection.execute(_SHAPE).fetchone() != self._shape:
                return False
            if _sums(connection, list(self._kept)) != self._kept:
                return False
            used = _used(connection)
            _empty(connection, {name: used[name] for name in used.keys() - self._kept.keys()})
            return True
