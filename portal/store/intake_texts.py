"""How a city takes demands in (``intake.toml``): what is sent elsewhere, what is alike, what may
be answered at once, and what Open311 offers."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
Words = Annotated[str, Field(min_length=2, max_length=40)]
FILE = "intake.toml"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Referral(_Data):
    """A kind of demand that is not handled here: by which words it is known, where it goes.

    ``move`` is what the desk is advised to do; it is the desk that decides.
    """

    id: Slug
    name: Words
    move: Literal["hand_out", "reject"]
    to: Annotated[str, Field(min_length=2, max_length=80)]
    basis: Annotated[str, Field(min_length=2, max_length=200)]
    words: tuple[Words, ...] = Field(min_length=1)
    unless: tuple[Words, ...] = ()  # where one of these stands beside it, it is something else
    say: Annotated[str, Field(min_length=4, max_length=300)]  # what the caller may be told


class Likeness(_Data):
    """When two demands are taken for the same caller's, or for one matter."""

    caller_days: Annotated[int, Field(ge=1, le=365)] = 30
    matter_hours: Annotated[int, Field(ge=1, le=720)] = 48
    least: Annotated[float, Field(gt=0, lt=1)] = 0.3  # likeness of the texts, as trigrams say
    many: Annotated[int, Field(ge=2, le=1000)] = 3  # from so many on, one handling is suggested
    shown: Annotated[int, Field(ge=1, le=50)] = 8


class Answer(_Data):
    """A question that residents ask, and what they are told."""

    id: Slug
    question: Annotated[str, Field(min_length=4, max_length=200)]
    answer: Annotated[str, Field(min_length=4, max_length=2000)]
    basis: Annotated[str, Field(min_length=2, max_length=300)]
    department: Words
    valid_until: date


class Pusher(_Data):
    """A program that hands orders over, by its name as a client: for which source, which system."""

    client: Words
    source: Annotated[str, Field(min_length=2, max_length=20)]
    system: str | None = None  # the joined system behind it; whoever is its master is this one's
    # The name under which its key is kept, where it signs its requests besides showing a token.
    secret: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")] | None = None


class CategoryCodes(_Data):
    """What the class codes of a source stand for among the classes of this city.

    A code that is not in the list stands for nothing: the desk finds the class and maps the code.
    """

    source: Annotated[str, Field(min_length=2, max_length=20)]
    codes: dict[
        Annotated[str, Field(min_length=1, max_length=44)],
        Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,8}(\.[0-9A-Za-z]{1,8}){0,4}$")],
    ]


class Attribute(_Data):
    """Something that an Open311 client asks about a service besides."""

    code: Slug
    description: Words
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    required: bool = False
    values: dict[Slug, Words] = {}

    @model_validator(mode="after")
    def _lists_have_values(self) -> "Attribute":
        if self.datatype.endswith("list") != bool(self.values):
            raise ValueError("datatype 为列表时须写明 values，其他类型不写")
        return self


class Service(_Data):
    """One thing that may be reported through Open311."""

    code: Slug
    name: Words
    description: Annotated[str, Field(min_length=2, max_length=200)]
    group: Words
    keywords: tuple[Words, ...] = ()
    kind: str = "求助"
    category: str = ""
    attributes: tuple[Attribute, ...] = ()


class Open311(_Data):
    """What is offered to other programs; ``jurisdiction`` is what they call this city."""

    jurisdiction: str = ""
    notice: str = ""
    services: tuple[Service, ...] = ()

    def find(self, code: str) -> Service | None:
        """The service of that code."""
        return next((one for one in self.services if one.code == code), None)


class IntakeTexts(_Data):
    """All of it."""

    # Moves that stay here although another system is the order's master: what goes on between
    # units of this platform, of which that system hears nothing.
    kept_moves: tuple[Slug, ...] = ()
    referral: tuple[Referral, ...] = ()
    likeness: Likeness = Likeness()
    answer: tuple[Answer, ...] = ()
    pusher: tuple[Pusher, ...] = ()
    category_codes: tuple[CategoryCodes, ...] = ()
    open311: Open311 = Open311()

    def classes_of(self, source: str) -> dict[str, str] | None:
        """The classes behind the codes of a source; nothing where it speaks ours."""
        return next((one.codes for one in self.category_codes if one.source == source), None)

    @model_validator(mode="after")
    def _each_once(self) -> "IntakeTexts":
        for what, ids in (
            ("转出规则", [one.id for one in self.referral]),
            ("知识", [one.id for one in self.answer]),
            ("分类对应的来源", [one.source for one in self.category_codes]),
            ("推送程序", [one.client for one in self.pusher]),
            ("Open311 服务", [one.code for one in self.open311.services]),
        ):
            if twice := [one for one, count in Counter(ids).items() if count > 1]:
                raise ValueError(f"{what}编号重复：{'、'.join(twice)}")
        return self


def read(folder: Path) -> dict[str, Any]:
    """The file as it stands; a city without one takes everything in and answers nothing itself."""
    file = folder / FILE
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
