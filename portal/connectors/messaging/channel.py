"""The words every channel shares. Faults are those of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message; the key is the same at every attempt."""

    key: str
    phone: str = field(repr=False)
    words: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The channel took it, under a number of its own."""

    foreign_id: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a message that a channel took."""

    foreign_id: str
    delivered: bool
    reason: str = ""


class Channel(Protocol):
    """A way to a phone."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def reporting(self) -> bool:
        """Whether it says later what became of a message."""

    def send(self, one: Outgoing) -> Accepted:
        """Hand a message over, or raise a fault of the contract."""

    def reports(self, ids: Sequence[str]) -> Sequence[Report]:
        """What became of messages; those still on their way are left out."""
