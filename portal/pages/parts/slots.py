"""Rows of a list that stay where they are while the page is looked at.

A list that is drawn anew by the clock may have become another one meanwhile. A row that came would
push down the field somebody is writing in, or the button under the finger: so it comes below, and a
row that went leaves its place behind. The next visit begins with the list as it is.
"""

from collections.abc import Iterable
from typing import cast

from auth.principal import Principal
from portal.pages.parts import memory

_Held = tuple[int, tuple[str, ...]]


def places(who: Principal, name: str, now: Iterable[str]) -> tuple[str, ...]:
    """The rows in the order of their places; also those that are gone, whose place is kept."""
    held = cast("_Held | None", memory.recall(who, f"slots.{name}"))
    before = held[1] if held is not None and held[0] == memory.visit() else ()
    every = (*before, *(one for one in now if one not in before))
    memory.keep(who, f"slots.{name}", (memory.visit(), every))
    return every


def anew(who: Principal, name: str) -> None:
    """After an act of the same hand: the next drawing has the list in its own order."""
    memory.keep(who, f"slots.{name}", None)
