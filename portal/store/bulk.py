"""Many rows in one statement: what comes in by the hundred costs one round trip per table."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, TextClause, text


@lru_cache(maxsize=256)
def said(sql: str) -> TextClause:
    """A statement of the code's own words, read once: the same few are said for every delivery."""
    return text(sql)


def statement(table: Table, names: Sequence[str], tail: str = "") -> TextClause:
    """``INSERT`` of the rows that ``:rows`` holds as JSON; each column has the table's own type."""
    return said(f"{insert_sql(table, names)} {tail}")


def insert_sql(table: Table, names: Sequence[str], rows: str = "rows") -> str:
    """The words of such an ``INSERT``."""
    unknown = [name for name in names if name not in table.c]
    if unknown:
        raise LookupError(f"{table.name} has no {', '.join(unknown)}")
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"  # noqa: S608 - names of the code
        f" FROM jsonb_populate_recordset(NULL::{table.name}, cast(:{rows} AS jsonb))"
    )


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as ``:rows`` takes them; times and ids as their own words."""
    return json.dumps([dict(one) for one in rows], ensure_ascii=False, default=str)


def insert_together(
    connection: Connection, groups: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
) -> None:
    """Rows of several tables in one statement; none of them may need to see another's."""
    filled = [(table, rows) for table, rows in groups if rows]
    if not filled:
        return
    each = [insert_sql(table, list(rows[0]), f"rows_{n}") for n, (table, rows) in enumerate(filled)]
    before = ", ".join(f"group_{n} AS ({one})" for n, one in enumerate(each[:-1]))
    given = {f"rows_{n}": packed(rows) for n, (_, rows) in enumerate(filled)}
    connection.execute(said(f"WITH {before} {each[-1]}" if before else each[-1]), given)
