"""The words of the measure store: what a measure is, a change, a picture, a period, a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

Grain = Literal["day", "week", "month", "quarter", "year"]
MONTHS: Mapping[Grain, int] = {"month": 1, "quarter": 3, "year": 12}  # those that are rolled up
DAYS: Mapping[Grain, int] = {"day": 1, "week": 7}  # those that are read from the changes


class Kind(StrEnum):
    """How a measure adds up."""

    FLOW = "flow"
    STOCK = "stock"
    DISTINCT = "distinct"


class Topic(StrEnum):
    """What a small number would tell about somebody."""

    NONE = "none"
    DISABILITY = "disability"
    HARDSHIP = "hardship"
    CHILDREN = "children"


class KindChangedError(ValueError):
    """A measure would change its kind: the numbers that are there would change their meaning."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a measure is."""

    id: str
    kind: Kind
    name: str
    unit: str
    topic: Topic = Topic.NONE


@dataclass(frozen=True, kw_only=True)
class Change:
    """By how much a flow or a stock moved, at its lowest region, on a day."""

    measure: str
    system_id: str
    region_code: str
    day: date
    numerator: int
    denominator: int = 0
    slice: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number of a whole picture."""

    region_code: str
    numerator: int
    denominator: int = 0
    slice: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """That a system said all about a measure on a day, or why it could not."""

    measure: str
    system_id: str
    day: date
    as_of: datetime
    taken_at: datetime
    unreadable: int = 0
    unplaced: int = 0
    problem: str | None = None
    simulated: str | None = None


@dataclass(frozen=True, kw_only=True)
class Period:
    """A day, a week from Monday on, a month, a quarter or a year, by its first day."""

    grain: Grain
    starts: date

    @property
    def ends(self) -> date:
        """The first day after it."""
        if self.grain in DAYS:
            return self.starts + timedelta(days=DAYS[self.grain])
        months = self.starts.month - 1 + MONTHS[self.grain]
        return date(self.starts.year + months // 12, months % 12 + 1, 1)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A number of a region for a period; numerator and denominator apart."""

    measure: str
    system_id: str
    slice: str
    region_code: str
    numerator: int
    denominator: int
