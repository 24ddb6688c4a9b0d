"""一表通 in a city pack (``forms.toml`` and ``forms/*.toml``): its settings and its first forms.

Only shapes live here. Whether a form makes sense is for ``portal.affairs.forms.rules`` to say: the
same words are written by departments in the interface and refused there with the field named.
"""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from portal.store.measure_words import Topic

FILE, FOLDER = "forms.toml", "forms"
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Title = Annotated[str, Field(min_length=1, max_length=60)]
Source = Literal["measure", "index", "person", "place", "post", "field", "fact", "formula", "typed"]
Cycle = Literal["周", "月", "季", "年", "一次"]
Layout = Literal["汇总表", "名册"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldText(_Data):
    """A cell of a form (a column of a list): what it asks and where the answer comes from."""

    name: Slug
    title: Title
    kind: Literal["number", "text", "date"] = "number"
    source: Source = "typed"
    bind: str = Field(default="", max_length=300)  # a measure, ``system.field``, fact or formula
    sex: Literal["", "男", "女"] = ""
    part: str = Field(default="", max_length=60)  # one slice of a measure, by its key
    of: bool = False  # what a measure is counted out of: its denominator
    most: int = Field(default=0, ge=0, le=10)  # so many of a measure's parts, the largest, in words
    from_age: int | None = Field(default=None, ge=0, le=150)
    to_age: int | None = Field(default=None, ge=0, le=150)
    fact: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,40}$")] = ""  # kept for the next form
    mask: Literal["", "phone"] = ""  # how a screen shows what was carried over of a person
    leaves: str = ""  # once locked, the number of this collected measure
    required: bool = True
    topic: Topic = Topic.NONE
    check: str = Field(default="", max_length=200)  # has to hold, e.g. ``f02 <= f01``
    note: str = Field(default="", max_length=200)


class FormText(_Data):
    """A form: its head, the matter it serves, its cells, how often and within how many days."""

    id: Slug
    number: str = Field(default="", max_length=40)
    title: Title
    issuer: str = Field(min_length=2, max_length=60)
    source: Literal["本地", "省级一表通"] = "本地"
    approval: str = Field(default="", max_length=60)
    valid_until: date | None = None
    matter: str = ""
    cycle: Cycle = "月"
    layout: Layout = "汇总表"
    days: int = Field(default=5, ge=1, le=60)  # working days after the period to hand it in
    due_on: date | None = None  # of a single form: until when, instead
    targets: tuple[str, ...] = ()  # places it is sent to; none: all of the issuer's
    rows: Literal["", "aged", "households"] = ""  # who stands in a list
    from_age: int = Field(default=0, ge=0, le=120)
    system: str = ""  # of a list: only whom this system knows
    fields: tuple[FieldText, ...] = Field(min_length=1, max_length=200)

    def field(self, name: str) -> FieldText | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)


class AdmittedText(_Data):
    """A matter of the admitted list, which a form may serve."""

    id: Slug
    name: Title


class CollectedText(_Data):
    """A number that only forms collect; once locked it serves reports and other forms.

    Nothing about disability, hardship or children: small numbers of those are protected, and what a
    report would have to leave out is better asked of its system.
    """

    id: Slug
    name: Title
    unit: str = "人"
    kind: Literal["flow", "stock"] = "flow"
    about: str = Field(min_length=4, max_length=200)


class FormTexts(_Data):
    """How 一表通 is run here."""

    issue_locally: bool = True  # else forms only come from the province
    overlap_percent: int = Field(default=30, ge=1, le=100)  # from here on it has to be confirmed
    most_rows: int = Field(default=2000, ge=1, le=20_000)
    ground: str = "outdated"  # on which a changed automatic value is put to its owner
    minutes_per_cell: Decimal = Decimal("0.5")  # looking a cell up and typing it by hand
    minutes_per_check: Decimal = Decimal("0.05")  # looking over a cell that is there
    purpose: str = "填报制发名册"  # for which systems are asked about the persons of a list
    legal_basis: str = "依已备案报表所服务的法定职责填报名册所必需"
    index_hours: int = Field(default=0, ge=0, le=24 * 14)  # younger rosters are believed; 0: none
    offline_units: tuple[str, ...] = ()  # without network: no lateness is counted
    synonyms: tuple[Annotated[tuple[Title, ...], Field(min_length=2)], ...] = ()  # ask the same
    admitted: tuple[AdmittedText, ...] = ()
    collected: tuple[CollectedText, ...] = ()
    form: tuple[FormText, ...] = ()

    def matter(self, matter_id: str) -> AdmittedText | None:
        """The admitted matter of that id."""
        return next((one for one in self.admitted if one.id == matter_id), None)


def read(folder: Path) -> dict[str, Any]:
    """The files as they stand; a city without them has no 一表通."""
    file = folder / FILE
    data = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    forms = [
        tomllib.loads(one.read_text(encoding="utf-8"))
        for one in sorted((folder / FOLDER).glob("*.toml"))
    ]
    return {**data, "form": forms}
