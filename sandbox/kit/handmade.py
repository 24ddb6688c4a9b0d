"""A simulated system that is written out by hand in a package of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.kit.serve import Ground, Served


@dataclass(frozen=True, kw_only=True)
class Handmade:
    """``credentials`` are references; ``build`` gives nothing where what it needs is not there."""

    id: str
    name: str  # over its entrance
    credentials: tuple[str, ...]
    build: Callable[[Ground], Served | None]
    pages: Sequence[str] = ()  # addresses behind the entrance that people are sent to
