"""What a manifest says of files that a system puts out: where, when whole, how a row is read."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from portal.connectors.parts import Part, Slug

Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+(/[A-Za-z0-9_\-]+)*$")]


class FolderCall(Part):
    """A look into a folder: which files lie there."""

    folder: Folder
    items: str = "@"
    empty: Literal["list"] = "list"
    paging: None = None


class Trailer(Part):
    """The last row of a file, by which a whole file is known.

    `mark` is its first cell. `rows` says which cell repeats the number of rows; `sums` names the
    columns whose sums it repeats.
    """

    mark: str = Field(min_length=1)
    rows: Annotated[int, Field(ge=1)] | None = None
    sums: tuple[Slug, ...] = ()


class DropMap(Part):
    """The files of a drop. `name` is a regular expression with the groups period and sequence."""

    folder: Folder
    name: str
    period: Literal["yyyyMMdd", "yyyyMM"]
    format: Literal["csv", "xlsx"]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    sheet: str | None = None
    ready: Literal["marker", "stable"]
    marker: str = ".ok"
    stable_seconds: Annotated[int, Field(ge=1)] = 120
    columns: dict[Slug, str] = Field(min_length=1)
    key: tuple[Slug, ...] = Field(min_length=1)
    trailer: Trailer | None = None
    max_rows: Annotated[int, Field(ge=1, le=2_000_000)] = 200_000

    @model_validator(mode="after")
    def _fits_together(self) -> DropMap:
        try:
            groups = re.compile(self.name).groupindex
        except re.error as error:
            raise ValueError(f"name 不是正确的正则表达式（{error}）") from error
        if "period" not in groups:
            raise ValueError("name 里要有 (?P<period>…)")
        used = {*self.key, *(self.trailer.sums if self.trailer else ())}
        if missing := used - self.columns.keys():
            raise ValueError(f"{'、'.join(sorted(missing))} 不在 columns 里")
        if len(set(self.columns.values())) != len(self.columns):
            raise ValueError("columns 里有两列写了同一个表头")
        return self
