"""What the API takes and gives, in its own words: a change of the house does not change these."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", max_length=64)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class _Given(BaseModel):
    model_config = ConfigDict(from_attributes=True)


# -- records --------------------------------------------------------------------------------------


class SearchQuery(_Asked):
    """Whom to look for, and what for."""

    text: str = Field(min_length=1, max_length=240, description="姓名、拼音、证件号、手机号或住址")
    purpose: Slug = Field(description="调取目的编号，例如 counter")
    things: bool = Field(default=False, description="同时查找户、房屋和企业（单位）")


class Hit(_Given):
    """A person found, masked."""

    subject_id: UUID
    name: str
    id_number: str
    about: str
    address: str
    relation: str
    region_name: str
    simulated: bool


class Thing(_Given):
    """A household, a house or an enterprise, masked where somebody lives."""

    thing_id: UUID
    # Lines of a stream say what they are by ``kind``.
    thing_kind: Literal["household", "house", "enterprise"] = Field(validation_alias="kind")
    kind_name: str
    title: str
    address: str
    region_name: str
    code: str
    simulated: bool


class SearchAnswer(_Given):
    """At most twenty hits in all; ``more`` says that the words were too few."""

    hits: list[Hit]
    things: list[Thing]
    more: bool
    note: str


class _WhatFor(_Asked):
    """A purpose, or a case that gives one."""

    purpose: Slug | None = Field(default=None, description="调取目的编号")
    case_id: UUID | None = Field(default=None, description="在办事项编号")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.purpose is None) == (self.case_id is None):
            raise ValueError("purpose 与 case_id 须且只须给出一项")
        return self


class DossierQuery(_WhatFor):
    """Whose dossier, and what for: a purpose, or a case that gives one."""

    subject_id: UUID


class ThingQuery(_WhatFor):
    """Of which household, house or enterprise, and what for."""

    thing_id: UUID


class Value(_Given):
    """A value as it may be shown."""

    name: str
    label: str
    text: str
    masked: bool
    note: str


class Record(_Given):
    """One record of one system."""

    title: str
    fields: list[Value]


class SystemAnswer(_Given):
    """What one system said."""

    system_id: str
    system_name: str
    simulated: bool
    state: str
    records: list[Record]
    as_of: datetime | None
    asked_at: datetime
    elapsed_ms: int
    message: str
    trace_id: str


class PlannedSystem(_Given):
    """A system that is asked."""

    system_id: str
    name: str
    simulated: bool
    mode: str


class DossierHead(_Given):
    """Who, and which systems are asked."""

    subject_id: UUID
    name: str
    id_number: str
    about: str
    address: str
    relation: str
    region_name: str
    simulated: bool
    purpose: str
    planned: list[PlannedSystem]
    belongs: list[Thing]


class Tied(_Given):
    """Somebody registered in a household or a house, masked."""

    subject_id: UUID
    name: str
    about: str
    relation: str
    head: bool
    opens: bool


class ThingHead(Thing):
    """Which household, house or enterprise, who is registered there, which systems are asked."""

    people: list[Tied]
    linked: list[Thing]
    notes: list[str]
    purpose: str
    planned: list[PlannedSystem]


class ThingAnswer(BaseModel):
    """The whole dossier: 已返回 ``returned`` / 共 ``of``."""

    head: ThingHead
    answers: list[SystemAnswer]
    returned: int
    of: int


class DossierAnswer(BaseModel):
    """The whole dossier: 已返回 ``returned`` / 共 ``of``."""

    head: DossierHead
    answers: list[SystemAnswer]
    returned: int
    of: int


# -- reports --------------------------------------------------------------------------------------


class ReportChoice(_Given):
    """A report that may be asked for."""

    id: str
    name: str
    about: str


class ReportChoices(BaseModel):
    """The reports and the months that have numbers."""

    reports: list[ReportChoice]
    periods: list[str]


class Cell(_Given):
    """A number, or why there is none."""

    shown: str
    value: int | float | None
    text: str


class Column(_Given):
    """A column with its source."""

    head: str
    group: str
    unit: str
    source: str
    problem: str


class Row(_Given):
    """A place with its numbers."""

    code: str | None
    name: str
    cells: list[Cell]
    statistics_only: bool


class Source(_Given):
    """A system behind the numbers."""

    system_id: str
    name: str
    as_of: datetime | None
    problem: str
    aged: bool
    simulated: bool


class ReportAnswer(_Given):
    """A report with everything that must be said beside it."""

    template: str
    title: str
    unit: str
    region_code: str
    region_name: str
    period: str
    as_of: datetime | None
    made_at: datetime
    columns: list[Column]
    rows: list[Row]
    total: Row
    sources: list[Source]
    missing_words: str
    simulated: bool
    protected: bool
    notes: list[str]
    default_note: str


# -- doors and tickets ----------------------------------------------------------------------------


class Door(BaseModel):
    """A business system as a door, with what the last live check found."""

    system_id: str
    name: str
    owner: str
    field: str
    field_name: str
    mode: str
    simulated: bool
    network: str
    client_requires: list[str]
    login: str
    unified: bool
    open: bool
    closed_why: str
    state: str | None
    message: str
    checked_at: datetime | None


class Doors(BaseModel):
    """The doors of the caller's post."""

    doors: list[Door]


class Ticket(_Asked):
    """A ticket that a system was given."""

    ticket: str = Field(min_length=1, max_length=4096)


class Visitor(BaseModel):
    """Who has come, where to, and whom the system itself knows them as (empty: never linked)."""

    sub: str
    name: str
    unit: str
    target: str
    account: str


class Key(BaseModel):
    """A public key, as in RFC 7517."""

    model_config = ConfigDict(extra="allow")

    kty: str
    kid: str


class Keys(BaseModel):
    """The public keys that tickets are signed with."""

    keys: list[Key]
