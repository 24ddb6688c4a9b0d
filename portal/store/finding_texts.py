"""How a city runs 未诉先办 (``findings.toml``): where and since when, classes, measures, hours."""

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = "findings.toml"
Stage = Literal["未开展", "试点", "推开"]
OFF: Stage = "未开展"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StageText(_Data):
    """From a day on, a place and all below it is at this stage; the narrower place counts."""

    region: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")]
    stage: Stage
    since: date


class MeasureText(_Data):
    """One of the measures (十条措施): what it is called and whose it is."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    name: Annotated[str, Field(min_length=2, max_length=40)]
    owner: Annotated[str, Field(min_length=2, max_length=40)]


class FindingTexts(_Data):
    """All of it."""

    report_at: time = time(17, 30)  # the hour at which the daily report closes
    report_days: Annotated[int, Field(ge=1, le=31)] = 7  # so many days are made up for
    most_photos: Annotated[int, Field(ge=1, le=20)] = 9
    most_bytes: Annotated[int, Field(ge=1024, le=50 * 1024 * 1024)] = 8 * 1024 * 1024
    joint_departments: Annotated[int, Field(ge=2, le=5)] = 2  # so many are 联办
    classes: tuple[Annotated[str, Field(min_length=2, max_length=20)], ...] = ()
    measure_states: tuple[str, ...] = ("未启动", "推进中", "已落实")
    stage: tuple[StageText, ...] = ()
    measure: tuple[MeasureText, ...] = ()


def read(folder: Path) -> dict[str, Any]:
    """The file as it stands; a city without one has no 未诉先办."""
    file = folder / FILE
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
