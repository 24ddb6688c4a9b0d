"""The matters of a city pack (``matters.toml``): what residents come for, and how it is handled."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Words = Annotated[str, Field(min_length=1, max_length=400)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Data):
    """What must be so, in words; ``check`` where a connected system can say it.

    Without a check a person has to look: the result is then never a refusal.
    """

    words: Words
    check: str = ""


class Material(_Data):
    """What is to be brought; ``held`` names fields that make bringing it unnecessary."""

    name: Words
    form: str = ""
    held: tuple[str, ...] = ()


class FormItem(_Data):
    """One line of the application; the first of the sources that has a value fills it in.

    A source is ``system.field``, or ``resident.field`` for what the index itself knows.
    """

    name: Slug
    label: Words
    sources: tuple[str, ...] = ()
    editable: bool = True
    required: bool = True
    most: Annotated[int, Field(ge=1, le=500)] = 100


class Matter(_Data):
    """One matter: who may have it, what to bring, how long it takes, who handles it and where."""

    id: Slug
    name: Words
    group: Words
    about: str = ""
    also: tuple[str, ...] = ()  # other words that people search by
    system: Slug
    system_name: Words  # used until the system is joined
    link: str = ""  # a page that its manifest names; empty: the front page
    owner: Words
    handler: Words
    legal_days: Annotated[int, Field(ge=0, le=365)]  # working days; 0: done at once
    promised_days: Annotated[int, Field(ge=0, le=365)]
    fee: Words = "不收费"
    phone: Words = "12345"
    basis: str = ""
    conditions: tuple[Condition, ...] = ()
    materials: tuple[Material, ...] = ()
    form: tuple[FormItem, ...] = ()
    default: bool = True  # our reading, to be confirmed by the unit in charge


class MatterTexts(_Data):
    """All matters, the lines that every application has, and the purpose they are looked up for."""

    purpose: str = ""
    form: tuple[FormItem, ...] = ()
    matter: tuple[Matter, ...] = ()
    apart: tuple[Words, ...] = ()  # groups that are counted by themselves
    together: Words = "其他事项"  # what all others are counted as

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that cases are counted in."""
        return (*self.apart, self.together)

    def field_of(self, name: str) -> str:
        """The field that a case of a matter of that name is counted in."""
        groups = {one.name: one.group for one in self.matter}
        group = groups.get(name, "")
        return group if group in self.apart else self.together

    def find(self, matter_id: str) -> Matter | None:
        """The matter of that id."""
        return next((one for one in self.matter if one.id == matter_id), None)

    def lines(self, matter: Matter) -> tuple[FormItem, ...]:
        """The whole application of a matter."""
        return (*self.form, *matter.form)


def read(folder: Path) -> dict[str, Any]:
    """The file as it stands; a city without one has no matters."""
    file = folder / "matters.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
