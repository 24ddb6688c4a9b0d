"""When reports that come by the clock are made and how long they are kept (``standing.toml``)."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class StandingTexts(BaseModel):
    """A week or a month is reported so many days after it is over, from an hour of the day on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: time = time(7, 30)
    after_days: Annotated[int, Field(ge=1, le=20)] = 1
    keep_days: Annotated[int, Field(ge=7, le=400)] = 180
    most: Annotated[int, Field(ge=1, le=50)] = 20  # that one post may order


def read(folder: Path) -> StandingTexts:
    """The texts of a pack, or those by default."""
    file = folder / "standing.toml"
    if not file.exists():
        return StandingTexts()
    return StandingTexts.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
