"""The classes of other systems in words of ours: mapped where the city says how, else left open.

A code that nobody has mapped costs no order: it comes in without a class, says so, and stands on a
line of the desk until the code is mapped or the orders are classified by hand.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.intake_tables import order_class_gap
from portal.store.citypack import pack
from portal.store.scope import scoped

DISPATCH = "orders.dispatch"
OPEN = "分类待定"  # the tag of an order whose class the desk has still to find
MOST_CODE = 44
_OURS = re.compile(r"[0-9A-Za-z]{1,8}(\.[0-9A-Za-z]{1,8}){0,4}")

Lookup = Callable[[Connection, str], Mapping[str, str]]
_lookup: list[Lookup] = []  # of this process: the composition root says which


def named_by(lookup: Lookup | None) -> None:
    """Let classes be known and named by this list; ``None``: any well-formed code is a class."""
    _lookup[:] = [lookup] if lookup else []


def names(connection: Connection, region_code: str) -> Mapping[str, str]:
    """The classes that count at a place, by code; none where there is no list."""
    return _lookup[0](connection, region_code) if _lookup else {}


def called(connection: Connection, region_code: str, code: str) -> str:
    """What people call a class: its name, or the code where it has none."""
    return names(connection, region_code).get(code, code)


def is_class(connection: Connection, region_code: str, code: str) -> bool:
    """Whether a code names a class at a place."""
    known = names(connection, region_code)
    return code in known if known else _fit(code) is not None


def ours(source: str | None, code: str | None) -> tuple[str, str]:
    """Our class for the code of a source, and the code where there is none for it.

    Without a source the code is one of ours, as the own desks write it.
    """
    theirs = " ".join((code or "").split())[:MOST_CODE]
    if not theirs:
        return "", ""
    table = pack().intake.classes_of(source) if source else None
    found = table.get(theirs) if table is not None else _fit(theirs)
    return (found, "") if found else ("", theirs)


def _fit(code: str) -> str | None:
    """A source without a table speaks our codes."""
    return code if _OURS.fullmatch(code) else None


def words(theirs: str) -> str:
    """What the history of an order says of a code that nobody has mapped."""
    return f"；来源分类代码“{theirs}”没有对应，分类待定，请派单时选定" if theirs else ""


def note(connection: Connection, rows: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Keep a line for every code that was not understood, with how many orders bore it."""
    many = Counter((row["source"], row["their_class"]) for row in rows if row["their_class"])
    for (source, code), number in sorted(many.items()):  # one order: nobody waits in a circle
        fresh = insert(order_class_gap).values(
            source=source, code=code, orders=number, first_at=now, last_at=now
        )
        again = {"orders": order_class_gap.c.orders + number, "last_at": now}
        connection.execute(
            fresh.on_conflict_do_update(index_elements=["source", "code"], set_=again)
        )


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A code of another system that stands for no class of ours yet."""

    source: str
    code: str
    orders: int
    first_at: datetime
    last_at: datetime


def gaps(principal: Principal, most: int = 8) -> tuple[Gap, ...]:
    """The codes to be mapped, the last seen first; one that is mapped by now is none any more."""
    permissions.check(principal, DISPATCH)
    query = select(order_class_gap).order_by(order_class_gap.c.last_at.desc())
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.limit(most * 4)).all()
    found = [
        Gap(**{name: getattr(row, name) for name in Gap.__dataclass_fields__})
        for row in rows
        if not ours(row.source, row.code)[0]
    ]
    return tuple(found[:most])
