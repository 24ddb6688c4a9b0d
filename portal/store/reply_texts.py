"""The phrases of a city (``replies.toml``): how an answer begins, by kind, class and state."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

FILE = "replies.toml"


class ReplyText(BaseModel):
    """A template; what it leaves open stands in 【 】 and is for the clerk to fill in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    name: Annotated[str, Field(min_length=1, max_length=20)]
    item: str = "answer"  # the item of a move's form that it is for
    category: str = ""  # a class with all below it; empty: every class
    kinds: tuple[str, ...] = ()  # empty: every kind
    states: tuple[str, ...] = ()  # empty: every state
    text: Annotated[str, Field(min_length=4, max_length=1500)]


def read(folder: Path) -> list[dict[str, Any]]:
    """The file as it stands; a city without one has no templates."""
    file = folder / FILE
    data = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found: list[dict[str, Any]] = data.get("reply", [])
    return found
