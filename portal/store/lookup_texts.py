"""How much may be looked up in a while before it looks like a walk through the register."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Window(BaseModel):
    """So many in so many minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    most: Annotated[int, Field(ge=1, le=10_000)]


class BulkUse(BaseModel):
    """The limits of one person's use; beyond them the platform stops and raises an alarm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: Window = Window(minutes=10, most=40)
    open: Window = Window(minutes=60, most=80)
    unmask: Window = Window(minutes=60, most=40)
    places: Window = Window(minutes=60, most=15)  # communities whose people were opened

    @property
    def longest(self) -> int:
        """After so many minutes nothing that was counted matters any more."""
        return max(one.minutes for one in (self.search, self.open, self.unmask, self.places))
