"""How a city handles demands (``orders.toml``): limits, returns, extensions, sources, desks."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["city", "district", "street"]
DayRule = Literal["工作日", "日历日"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UrgencyText(_Data):
    """A degree of urgency: within how many days it is handled, within how many hours answered."""

    level: Annotated[int, Field(ge=1, le=4)]
    name: str
    days: Annotated[int, Field(ge=1, le=365)]
    respond_hours: Annotated[int, Field(ge=1, le=720)]


class SourceText(_Data):
    """A way that demands come: in which state they begin, and with the desk of which level."""

    id: str
    first: str
    desk: Level = "city"


class DeskText(_Data):
    """The unit that dispatches for a place."""

    region: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")]
    unit: str


class AttachmentTexts(_Data):
    """How much may be attached."""

    most_bytes: Annotated[int, Field(ge=1024, le=100 * 1024 * 1024)] = 10 * 1024 * 1024
    most: Annotated[int, Field(ge=1, le=100)] = 20


class OrderTexts(_Data):
    """All of it."""

    day_rule: DayRule = "日历日"
    day_ends: time = time(18)
    extend_before: time = time(17)
    extend_most: Annotated[int, Field(ge=0, le=5)] = 1
    extend_days: Annotated[int, Field(ge=1, le=90)] = 11
    return_most: Annotated[int, Field(ge=0, le=5)] = 1
    return_working_days: Annotated[int, Field(ge=1, le=30)] = 1
    redo_most: Annotated[int, Field(ge=0, le=5)] = 1
    near_hours: Annotated[int, Field(ge=1, le=240)] = 24
    fallback_unit: str = ""
    visit_units: tuple[str, ...] = ()
    urgency: tuple[UrgencyText, ...] = ()
    source: tuple[SourceText, ...] = ()
    kinds: tuple[str, ...] = ("投诉", "求助", "咨询", "建议", "举报", "表扬", "其他")
    desk: tuple[DeskText, ...] = ()
    attachments: AttachmentTexts = AttachmentTexts()

    def of_level(self, level: int) -> UrgencyText:
        """The degree of urgency of that level."""
        return next(one for one in self.urgency if one.level == level)

    def of_source(self, source: str) -> SourceText | None:
        """The source of that name."""
        return next((one for one in self.source if one.id == source), None)


def read(folder: Path) -> dict[str, Any]:
    """The file as it stands; a city without one takes no demands."""
    file = folder / "orders.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
