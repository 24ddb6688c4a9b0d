"""The shared data of a city pack (``resources.toml``), and the topic libraries made of it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]
# 政务信息资源共享管理暂行办法（国发〔2016〕51号）第九条
Sharing = Literal["无条件共享", "有条件共享", "核验共享"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Resource(_Data):
    """What one system shares about one thing: fields of persons, numbers, or tasks."""

    id: Slug
    name: Words
    system: Slug
    sharing: Sharing
    fields: tuple[Slug, ...] = ()
    measures: tuple[Slug, ...] = ()
    tasks: bool = False

    @model_validator(mode="after")
    def _gives_something(self) -> "Resource":
        if not (self.fields or self.measures or self.tasks):
            raise ValueError(f"数据资源“{self.name}”没有写明字段、指标或任务")
        return self


class Library(_Data):
    """A topic library: the resources that belong to one topic, whichever system shares them."""

    id: Slug
    name: Words
    about: Words
    resources: tuple[Slug, ...] = Field(min_length=1)


class ResourceTexts(_Data):
    """All resources and the libraries made of them."""

    resource: tuple[Resource, ...] = ()
    library: tuple[Library, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "ResourceTexts":
        problems = list(self._problems())
        if problems:
            raise ValueError("；".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        known = [one.id for one in self.resource]
        yield from (f"编号“{one}”重复" for one in sorted(set(known)) if known.count(one) > 1)
        named = [one.name for one in self.resource]
        yield from (f"名称“{one}”重复" for one in sorted(set(named)) if named.count(one) > 1)
        used = set()
        for library in self.library:
            for one in library.resources:
                used.add(one)
                if one not in known:
                    yield f"专题库“{library.name}”引用了没有的数据资源“{one}”"
        yield from (f"数据资源“{one}”不属于任何专题库" for one in known if one not in used)


def read(folder: Path) -> ResourceTexts:
    """The catalogue of a pack; a city without one has none."""
    file = folder / "resources.toml"
    if not file.exists():
        return ResourceTexts()
    return ResourceTexts.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
