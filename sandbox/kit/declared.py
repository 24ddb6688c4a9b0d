"""What a module of a simulated system declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.distort import Register
from sandbox.people import Person
from sandbox.tasks import Task

Row = Mapping[str, Any]


class Face(Protocol):
    """RestFace, SoapFace, ViewFace, DropFace or DoorFace; each is served by its own module."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The kinds of its credentials."""
        ...


@dataclass(frozen=True, kw_only=True)
class People:
    """Whom a system knows, how many of them it lost, and what it says about one."""

    holds: Callable[[Person], bool]
    full: Callable[[Register, Person], Row]
    brief: Callable[[Register, Person], Row] | None = None  # the row of a list; else the full one
    misses: float = 0.03
    verify: Callable[[Register, Person, Mapping[str, str]], Row] | None = (
        None  # with what was asked
    )


@dataclass(frozen=True, kw_only=True)
class Errands:
    """The tasks of a system: their kinds, their words, and what it will not take.

    ``kinds`` maps the upper end of a share (0 to 99) to the system's own code.
    """

    number: Callable[[int], str]
    kinds: Mapping[int, str]
    row: Callable[[Task], Row]
    style: str  # strftime style of a moment
    notice: str | None = None
    desk: str = "业务科室"
    outcomes: tuple[str, ...] = ("1", "2")
    wants_note: str | None = "2"  # this outcome needs words
    holds: Callable[[Person], bool] | None = None  # without people: about whom tasks are


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """One simulated system."""

    id: str
    name: str  # over its entrance
    face: Face
    people: People | None = None
    things: Callable[[Any, Any], Iterable[Row]] | None = None  # (world, clock) -> rows
    look_up: Callable[[Any, Mapping[str, str]], Sequence[Row]] | None = None  # (world, asked)
    errands: Errands | None = None
    as_of_style: str = "%Y-%m-%d %H:%M:%S"
    pages: Sequence[str] = ()  # addresses behind the entrance that people are sent to

    @property
    def credentials(self) -> tuple[str, ...]:
        """The references of what callers have to show."""
        return tuple(f"{self.id}_{kind}" for kind in self.face.needs)


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a dotted path, making the objects on the way."""
    *way, last = path.split(".")
    for step in way:
        body = body.setdefault(step, {})
    body[last] = value
