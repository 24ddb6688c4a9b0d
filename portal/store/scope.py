"""Who may see which rows: the scope of a transaction, as row-level security reads it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.store.engine import engine

MAX_PREFIXES = 4
_PREFIX = re.compile(r"[0-9]{2,15}")

# The policies of the migrations are written with this text. Each slot is a plain range, so the
# planner can use the index on the region code; an empty or missing setting compares with NULL and
# shows nothing (a pooled connection holds '' after its first transaction, not NULL).
_SLOT = "nullif(split_part(current_setting('app.scope', true), ',', {n}), '')"
_RANGE = "({column} >= {slot} AND {column} < {slot} || ':')"


def in_scope_sql(column: str) -> str:
    """The SQL condition "this region code lies in the scope of the transaction"."""
    slots = [_SLOT.format(n=n) for n in range(1, MAX_PREFIXES + 1)]
    return "(" + " OR ".join(_RANGE.format(column=column, slot=slot) for slot in slots) + ")"


def of_my_unit_sql(column: str) -> str:
    """The SQL condition "this row is assigned to the unit of the transaction"."""
    return f"({column} = nullif(current_setting('app.unit', true), ''))"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a person sees: region prefixes, the unit that rows may be assigned to, and a name."""

    prefixes: tuple[str, ...]
    unit_id: str | None
    actor: str

    def __post_init__(self) -> None:
        if len(self.prefixes) > MAX_PREFIXES:
            raise ValueError(f"a post covers at most {MAX_PREFIXES} regions; use their parent")
        for prefix in self.prefixes:
            if not _PREFIX.fullmatch(prefix):
                raise ValueError(f"not a region prefix: {prefix!r}")

    def covers(self, region_code: str) -> bool:
        """Whether a region lies inside; the same rule as the database's policy."""
        return any(region_code.startswith(prefix) for prefix in self.prefixes)


NOTHING = Reach(prefixes=(), unit_id=None, actor="")

_SET = text(
    "SELECT set_config('app.scope', :scope, true), set_config('app.unit', :unit, true),"
    " set_config('app.actor', :actor, true), set_config('plan_cache_mode', :plans, true)"
)
# What row-level security lets a statement see depends on who asks: a plan made for nobody in
# particular reads a district's rows as if they were a community's. A service sees the same always,
# and writes much: with plans made anew every foreign key would be planned for every row.
_FOR_PERSONS, _FOR_SERVICES = "force_custom_plan", "auto"


def apply(connection: Connection, reach: Reach) -> None:
    """Put a reach on the running transaction; it ends with the transaction."""
    connection.execute(
        _SET,
        {
            "scope": ",".join(reach.prefixes),
            "unit": reach.unit_id or "",
            "actor": reach.actor,
            "plans": _FOR_SERVICES if reach.actor.startswith("service:") else _FOR_PERSONS,
        },
    )


_held: ContextVar[tuple[Reach, Connection] | None] = ContextVar("held", default=None)


@contextmanager
def scoped(reach: Reach) -> Iterator[Connection]:
    """One transaction that sees exactly the rows of ``reach``."""
    held = _held.get()
    if held is not None and held[0] == reach:
        yield held[1]
        return
    with engine().begin() as connection:
        apply(connection, reach)
        yield connection


@contextmanager
def together(reach: Reach) -> Iterator[None]:
    """What is read inside by the same reach, in this thread, shares one transaction.

    For a page that reads several small things: each transaction of its own costs more than the
    reading. Another reach inside still gets its own.
    """
    with scoped(reach) as connection:
        token = _held.set((reach, connection))
        try:
            yield
        finally:
            _held.reset(token)


_ACTOR = text("SELECT set_config('app.actor', :actor, true)")
# What stood there is read before it is set: the inner query comes first.
_CHANGE = text(
    "SELECT was, set_config('app.actor', :actor, true) FROM"
    " (SELECT coalesce(current_setting('app.actor', true), '') AS was OFFSET 0) AS before"
)


@contextmanager
def acting_as(connection: Connection, service: str) -> Iterator[None]:
    """Within a running transaction: a few statements under a service's name, then back again.

    A transaction that has failed cannot be set back and need not be: it is rolled back as a whole.
    """
    was = connection.execute(_CHANGE, {"actor": service}).scalar_one()
    yield
    connection.execute(_ACTOR, {"actor": was})
