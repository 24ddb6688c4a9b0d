"""Some of what waits is taken: never more than was asked for, whatever plan the database has."""

from typing import Any

import pytest
from sqlalchemy import Connection, column, delete, select, table, text

from portal.store.claiming import picked
from portal.store.engine import begin

pytestmark = pytest.mark.usefixtures("database")

WAITING: Any = table("waiting", column("id"))
# A plan that runs the inner side of a join again for each row of the outer one.
AGAIN = ("hashjoin", "mergejoin", "material", "hashagg", "sort", "memoize")


def _prepared(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE waiting (id int) ON COMMIT DROP"))
    connection.execute(text("INSERT INTO waiting SELECT generate_series(1, 50)"))
    for one in AGAIN:
        connection.execute(text(f"SET LOCAL enable_{one} = off"))


def _taken(connection: Connection, chosen: Any) -> int:
    return connection.execute(delete(WAITING).where(WAITING.c.id.in_(chosen))).rowcount


def test_no_more_is_picked_than_was_asked_for() -> None:
    query = select(WAITING.c.id).order_by(WAITING.c.id).limit(5)
    with begin() as connection:
        _prepared(connection)
        assert _taken(connection, picked(query)) == 5
        assert _taken(connection, query.with_for_update(skip_locked=True)) > 5, "why it is needed"
