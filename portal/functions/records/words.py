"""The words of the records function: what pages, the API and tests get to see. Nothing raw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from auth.principal import Principal
from portal.connectors.contract import Answer, Planned, State

CASE = "case"


class BadQueryError(Exception):
    """The text cannot be searched for; the message says why and what to type instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class PurposeChoice:
    """A purpose that may be chosen outside a case."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a look-up is for: one of the city's purposes, or a case."""

    id: str
    name: str
    case_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CaseRef:
    """A case as the records function needs it: whose, and under which number."""

    id: str
    number: str
    matter: str
    subject_id: UUID
    region_code: str
    kind: Literal["matter", "task"] = "matter"


class CaseSource(Protocol):
    """An affair that has cases: gives an open case the principal may see, or ``None``."""

    def __call__(self, principal: Principal, case_id: str) -> CaseRef | None: ...


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A person found, masked, with just enough to tell two of one name apart."""

    subject_id: str
    name: str
    id_number: str
    about: str
    address: str
    relation: str
    region_name: str
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class ThingRef:
    """A household, a house or an enterprise that one may go on to, masked."""

    thing_id: str
    kind: str
    kind_name: str
    title: str
    address: str
    region_name: str
    simulated: bool
    code: str = ""  # of an enterprise


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """At most twenty hits; ``more`` says that the words were too few."""

    hits: tuple[Hit, ...]
    more: bool
    note: str
    things: tuple[ThingRef, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tied:
    """A person who belongs to a household or a house, masked; of a child only that there is one."""

    subject_id: str
    name: str
    about: str
    relation: str
    head: bool
    opens: bool  # whether the same purpose opens the person's own dossier


@dataclass(frozen=True, kw_only=True)
class ThingDossier:
    """The head of 一户一档, 一房一档 or 一企一档: what, what for, which systems will be asked."""

    thing_id: str
    kind: str
    kind_name: str
    title: str
    address: str
    region_name: str
    code: str
    simulated: bool
    purpose: Purpose
    planned: tuple[Planned, ...]
    people: tuple[Tied, ...] = ()
    linked: tuple[ThingRef, ...] = ()  # what else lies at the same dwelling
    notes: tuple[str, ...] = ()
    case: CaseRef | None = None
    switched_off: tuple[str, ...] = ()

    @property
    def subject_id(self) -> str:
        """What it is about, under the name that a person's dossier has for it."""
        return self.thing_id


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """The head of a 一人一档: who (masked), what for, and which systems will be asked."""

    subject_id: str
    name: str
    id_number: str
    about: str
    address: str
    relation: str
    region_name: str
    simulated: bool
    purpose: Purpose
    planned: tuple[Planned, ...]
    switched_off: tuple[str, ...] = ()  # systems that are asked otherwise, each with the reason
    case: CaseRef | None = None
    notes: tuple[str, ...] = ()  # why less is shown than there is
    belongs: tuple[ThingRef, ...] = ()  # the household and the houses, one click away
    needs_paper: tuple[tuple[str, str], ...] = ()  # systems that want the family's authorisation


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """A value as it may be shown; ``masked`` offers the unmasking."""

    name: str
    label: str
    text: str
    masked: bool
    note: str = ""
    digest: str = ""  # tells equal values from different ones, where values are compared


@dataclass(frozen=True, kw_only=True)
class ShownRecord:
    """One record of one system, as it may be shown."""

    title: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, kw_only=True)
class MaskedAnswer:
    """What one system said, masked."""

    system_id: str
    system_name: str
    simulated: bool
    state: State
    records: tuple[ShownRecord, ...]
    as_of: datetime | None
    asked_at: datetime
    elapsed_ms: int
    message: str
    trace_id: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person in full, for a function that works with the values; shown only masked."""

    id: UUID
    id_hash: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    address: str = field(repr=False)
    region_code: str
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Named fields of one person, asked for by another function: who, what may come, answers."""

    person: Person
    readable: Mapping[str, frozenset[str]]
    answers: Iterator[Answer]


@dataclass(frozen=True, kw_only=True)
class Unmasked:
    """A value in full, until a moment."""

    value: str
    until: datetime


Describe = Callable[[str], str]
