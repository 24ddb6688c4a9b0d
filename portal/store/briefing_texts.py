"""What the morning paper says (``briefing.toml``): when, for whom, which numbers, what cases."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BriefNumber(_Data):
    """One of the numbers: a measure of yesterday, a stock of this morning, or a month's rate."""

    name: Annotated[str, Field(min_length=1, max_length=16)]  # one line of the table
    measure: str
    span: Literal["day", "stock", "month"] = "day"
    rate: bool = False
    unit: str = "件"


class BriefingTexts(_Data):
    """The morning paper of a city; without numbers there is none. So much fits on one page."""

    at: time = time(7, 0)
    roles: tuple[str, ...] = ()
    cases: Annotated[int, Field(ge=1, le=3)] = 3
    keep_days: Annotated[int, Field(ge=1, le=400)] = 90
    number: Annotated[tuple[BriefNumber, ...], Field(max_length=6)] = ()


def read(folder: Path) -> BriefingTexts:
    """The texts of a pack, or none."""
    file = folder / "briefing.toml"
    if not file.exists():
        return BriefingTexts()
    return BriefingTexts.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
