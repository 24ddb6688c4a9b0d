"""The words of 一表通: what systems hold, a cell and its state, a fault with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from portal.affairs.workflow.flow import FlowError
from portal.connectors.contract import Mask

CellState = Literal["自动", "人工修改", "人工填写", "缺失"]
AUTO, CHANGED, TYPED, MISSING = "自动", "人工修改", "人工填写", "缺失"


class FormError(FlowError):
    """Nothing was done; the message says why and what was kept."""


@dataclass(frozen=True, kw_only=True)
class HeldMeasure:
    """A measure that a connected system, or the platform, counts."""

    id: str
    name: str
    system_id: str
    system_name: str
    owner: str = ""
    unit: str = ""
    parts: Callable[[], Mapping[str, str]] | None = None  # the names of parts that may be told
    answered: bool = False  # counted by answers: without a row nobody has answered yet
    whole: str = ""  # the measure of which these are parts, for what belongs to none of them


@dataclass(frozen=True, kw_only=True)
class HeldField:
    """A field of a connected system."""

    id: str  # ``system.field``
    label: str
    system_name: str
    owner: str = ""
    mask: Mask | None = None  # how a screen shows it; ``None``: as it is


@dataclass(frozen=True, kw_only=True)
class Held:
    """What need not be asked again, because a connected system has it."""

    measures: Mapping[str, HeldMeasure] = field(default_factory=dict)
    fields: Mapping[str, HeldField] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)  # id -> name
    same: Mapping[str, str] = field(default_factory=dict)  # a word -> what stands for its like
    masked: Callable[[Mask, str], str] = lambda _kind, _value: "***"  # as a screen may show it


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong, with its place in the form."""

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}：{self.words}"


@dataclass(kw_only=True)
class Cell:
    """One answer: its value, how it came, from where, as of when, and how often it was changed."""

    value: str = ""
    state: str = MISSING
    source: str = ""
    as_of: str = ""
    auto: str = ""  # what the system said, where a person changed it
    version: int = 0
    by: str = ""
    at: str = ""
    base: int = 0  # the version of the fact that it was filled from
    subject: str = ""  # of a list: whom the row is about, as the index numbers persons
    other: str = ""  # what somebody else wrote at the same time, until it is settled
    asked: str = ""  # the request (数据校核) that this value was put to its owner with

    def packed(self) -> dict[str, Any]:
        """As it is stored: without what is empty."""
        return {name: one for name, one in vars(self).items() if one}


Cells = dict[str, Cell]  # by ``row.field``; a summary has the one row 0


def key(row: int, name: str) -> str:
    """Where a cell stands."""
    return f"{row}.{name}"
