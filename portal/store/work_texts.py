"""What a city pack says of working days, 数据校核, 查询核验 and 通知: all of it data."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

How = Literal["text", "digits", "place", "address"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HolidayYear(_Data):
    """A published year: days off from Monday to Friday, and Saturdays and Sundays worked."""

    year: int
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()


class ComparedField(_Data):
    """A field under whose name several systems say the same thing of one person."""

    field: str
    label: str
    how: How = "text"


class GroundText(_Data):
    """A ground on which somebody may ask that a system be put right."""

    code: str = Field(pattern=r"^[a-z_]{2,20}$")
    name: str


class CorrectionTexts(_Data):
    """How 数据校核 is done here."""

    working_days: int = Field(ge=1, le=60)
    grounds: tuple[GroundText, ...] = Field(min_length=1)
    compared: tuple[ComparedField, ...]

    def ground(self, code: str) -> str:
        """A ground by its code; one that is no longer listed keeps its code."""
        return next((one.name for one in self.grounds if one.code == code), code)


class VerificationTexts(_Data):
    """How 查询核验 is done here: how many persons, when a second person releases, how long kept."""

    purpose: str
    legal_basis: str
    most_rows: int = Field(ge=1, le=20_000)
    release_above: int = Field(ge=1)
    keep_days: int = Field(ge=1, le=90)


class NoticeTexts(_Data):
    """How 通知 are sent here: when one leaves the inboxes by itself, how large a file may be."""

    leave_after_days: int = Field(default=7, ge=1, le=90)  # without a receipt, nobody has to act
    file_megabytes: int = Field(default=5, ge=1, le=5)
