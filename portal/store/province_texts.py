"""The provincial 一表通 in a city pack (``province.toml``): where it is, what its codes mean here.

What a field of the province means is data: a code that nobody has mapped is asked of the clerks,
with a note. Without an endpoint there is no province and nothing is fetched.
"""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.store.form_texts import Cycle, Layout, Source
from portal.store.measure_words import Topic

FILE, DEMO = "province.toml", "province.demo.toml"
Back = Literal["单位", "市"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MappedText(_Data):
    """What a code of a field means here; the words are those of a form's own fields."""

    code: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,19}$")
    source: Source = "typed"
    bind: str = Field(default="", max_length=300)
    sex: Literal["", "男", "女"] = ""
    part: str = Field(default="", max_length=60)
    from_age: int | None = Field(default=None, ge=0, le=150)
    to_age: int | None = Field(default=None, ge=0, le=150)
    fact: str = Field(default="", pattern=r"^[a-z0-9_]{0,40}$")
    mask: Literal["", "phone"] = ""
    topic: Topic = Topic.NONE
    values: dict[str, str] = {}  # our word -> the province's code for it

    @model_validator(mode="after")
    def _computed_by_the_form(self) -> "MappedText":
        if self.source in ("formula", "field"):
            raise ValueError(f"省级字段 {self.code} 不能对应为 {self.source}")
        return self


class RosterText(_Data):
    """Who stands in a list of the province's kind."""

    rows: Literal["aged", "households"]
    from_age: int = Field(default=0, ge=0, le=120)
    system: str = ""


class ProvinceTexts(_Data):
    """The province as this city is joined to it."""

    name: str = "省级一表通"
    endpoint: str = ""
    credentials: dict[str, str] = {}
    simulated: bool = False
    fetch_seconds: int = Field(default=300, ge=30, le=86_400)
    back: Back = "单位"  # who sends answers back, where a form names nobody
    cycles: dict[str, Cycle] = {}
    layouts: dict[str, Layout] = {}
    kinds: dict[str, Literal["number", "text", "date"]] = {}
    backs: dict[str, Back] = {}
    matters: dict[str, str] = {}
    rosters: dict[str, RosterText] = {}
    field: tuple[MappedText, ...] = ()

    @model_validator(mode="after")
    def _no_code_twice(self) -> "ProvinceTexts":
        codes = [one.code for one in self.field]
        if twice := sorted({one for one in codes if codes.count(one) > 1}):
            raise ValueError(f"省级字段重复对应：{'、'.join(twice)}")
        return self

    @property
    def joined(self) -> bool:
        """Whether there is a province to ask."""
        return bool(self.endpoint)

    def meaning(self, code: str) -> MappedText | None:
        """What a field's code means here, if anybody has said so."""
        return next((one for one in self.field if one.code == code), None)


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def read(folder: Path, *, sandbox: str = "") -> ProvinceTexts:
    """The province of a pack; a demonstration lays its simulated address over it."""
    data = _toml(folder / FILE)
    over = _toml(folder / DEMO) if sandbox else {}
    if "endpoint" in over:
        over["endpoint"] = over["endpoint"].replace("{sandbox}", sandbox)
    return ProvinceTexts.model_validate({**data, **over})
