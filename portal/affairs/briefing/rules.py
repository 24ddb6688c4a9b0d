"""When a morning paper is due, what a number says, and when a day is empty: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

EMPTY = "前一日没有受理和办结，也没有在办工单，当天不出晨报。"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number with the one it is compared with; nothing: there is no sample."""

    name: str
    unit: str
    top: int
    bottom: int
    before_top: int
    before_bottom: int
    rate: bool
    beside: str  # what it is compared with

    @property
    def said(self) -> str:
        """The number as it stands."""
        return _said(self.top, self.bottom, self.unit, rate=self.rate)

    @property
    def compared(self) -> str:
        """What it was then."""
        then = _said(self.before_top, self.before_bottom, self.unit, rate=self.rate)
        return f"{self.beside} {then}"


def _said(top: int, bottom: int, unit: str, *, rate: bool) -> str:
    if not rate:
        return f"{top:,} {unit}"
    return f"{100 * top / bottom:.1f}{unit}" if bottom else "无样本"


def due(at: time, now: time) -> bool:
    """Whether the morning's hour has come."""
    return now >= at


def empty(figures: Sequence[Figure], cases: int) -> bool:
    """Whether there is nothing to tell: a rate of the month alone is no news."""
    return not cases and not any(one.top for one in figures if not one.rate)
