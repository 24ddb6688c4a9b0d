"""What both sides of the exchange with the province speak of; its own codes stay as they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A form that was issued or changed: enough to ask for it."""

    number: str
    edition: int
    changed: str  # the province's own mark of time; only handed back, never read


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A field as the province asks it."""

    at: int  # its place in the form, from 1
    code: str
    title: str
    kind: str
    required: bool
    protected: bool
    count: str = ""  # how it is computed, in codes of fields
    check: str = ""  # what has to hold, in codes of fields


@dataclass(frozen=True, kw_only=True)
class Issued:
    """One edition of a form as the province issues it."""

    number: str
    edition: int
    title: str
    issuer: str
    approval: str
    valid_until: date | None
    matter: str
    cycle: str
    layout: str
    roster: str
    back: str
    places: tuple[str, ...]  # region prefixes
    days: int
    due_on: date | None
    fields: tuple[Asked, ...]
    faults: tuple[str, ...] = ()  # what cannot be read, each with its place


@dataclass(frozen=True, kw_only=True)
class Value:
    """A cell on its way back."""

    place: str
    row: int
    code: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Answers that go back; the key makes a second arrival harmless."""

    number: str
    edition: int
    cycle: str
    period_from: date
    turn: int  # 1, and one more after each correction
    place: str
    values: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """That a form was taken, or why it was not."""

    number: str
    edition: int
    taken: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Something on its way to the province that a sender has taken for a while."""

    id: UUID
    attempts: int
    since: datetime
    body: Sending | Receipt
