"""Whether anything moved in what one may see of the inbox: asked often, so it must cost little.

A trigger adds one line per place whose tasks or commands changed; lines are only ever added, so no
two writers wait for each other, and every process sees them. A line that is committed late changes
the sum although a later one was seen before it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, text

from portal.store import clock
from portal.store.message_tables import task_stir
from portal.store.scope import scoped
from portal.store.tasks import SERVICE

KEPT = timedelta(minutes=10)  # longer than any tab waits before it draws anew anyway

_STAMP = text(
    "SELECT (SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM task_stir) || ' ' || coalesce("
    " (SELECT md5(string_agg(system_id || problem, ',' ORDER BY system_id))"
    " FROM task_source WHERE problem IS NOT NULL), '')"
)


def stamp(connection: Connection) -> str:
    """A mark of what the transaction's scope sees; another one means: look again."""
    return str(connection.execute(_STAMP).scalar_one())


def forget(before: datetime | None = None) -> int:
    """Drop the lines that nobody waits for any more; gives how many."""
    end = before or clock.now() - KEPT
    with scoped(SERVICE) as connection:
        done = connection.execute(delete(task_stir).where(task_stir.c.at < end))
    return int(done.rowcount)
