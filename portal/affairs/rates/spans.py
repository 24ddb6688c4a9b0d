"""The spans that bulletins and leagues speak of: a day, a week or a month, and what went before."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Kind = Literal["日", "周", "月"]
TITLES: dict[Kind, str] = {"日": "快报", "周": "周报", "月": "月报"}
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_ONE = timedelta(days=1)


class UnknownSpanError(ValueError):
    """A text that names no span."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Days:
    """From a day up to, and not with, another."""

    starts: date
    ends: date

    @property
    def month(self) -> date | None:
        """Its first day where it is exactly one month: then the roll-ups answer."""
        return (
            self.starts if self.starts.day == 1 and _next_month(self.starts) == self.ends else None
        )

    @property
    def rest(self) -> "Days | None":
        """Of most of a month, from its first day on, the days that are not among them."""
        ends = _next_month(self.starts)
        left = (ends - self.ends).days
        most = self.starts.day == 1 and 0 < left < (self.ends - self.starts).days
        return Days(starts=self.ends, ends=ends) if most else None


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - _ONE).replace(day=1)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A day, a week from Monday on, or a month, by its first day."""

    kind: Kind
    starts: date

    @property
    def ends(self) -> date:
        """The first day after it."""
        if self.kind == "月":
            return _next_month(self.starts)
        return self.starts + timedelta(days=1 if self.kind == "日" else 7)

    @property
    def days(self) -> Days:
        """Its days."""
        return Days(starts=self.starts, ends=self.ends)

    @property
    def text(self) -> str:
        """As an address names it: 2026-11-23, 2026-W48, 2026-11."""
        if self.kind == "日":
            return self.starts.isoformat()
        if self.kind == "月":
            return f"{self.starts:%Y-%m}"
        year, week, _ = self.starts.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def name(self) -> str:
        """As people name it."""
        starts, last = self.starts, self.ends - _ONE
        if self.kind == "日":
            return f"{starts.year}年{starts.month}月{starts.day}日"
        if self.kind == "月":
            return f"{starts.year}年{starts.month}月"
        year, week, _ = starts.isocalendar()
        shown = f"{starts.month}月{starts.day}日至{last.month}月{last.day}日"
        return f"{year}年第{week}周（{shown}）"

    @property
    def title(self) -> str:
        """What a bulletin about it is called."""
        return TITLES[self.kind]

    @property
    def before(self) -> "Span":
        """The one before, for 环比."""
        if self.kind == "月":
            return Span(kind="月", starts=_month_before(self.starts))
        return Span(kind=self.kind, starts=self.starts - (self.ends - self.starts))

    @property
    def last_year(self) -> "Span | None":
        """The same one a year ago, for 同比; ``None`` where that year had none."""
        year = self.starts.year - 1
        try:
            if self.kind == "周":
                iso, week, _ = self.starts.isocalendar()
                return Span(kind="周", starts=date.fromisocalendar(iso - 1, week, 1))
            return Span(kind=self.kind, starts=self.starts.replace(year=year))
        except ValueError:  # 29 February, and a 53rd week
            return None

    def finished(self, today: date) -> bool:
        """Whether all its days are over."""
        return self.ends <= today

    def so_far(self, today: date) -> Days:
        """Its days up to and with today."""
        return Days(starts=self.starts, ends=max(self.starts, min(self.ends, today + _ONE)))

    def alongside(self, other: "Span", today: date) -> Days:
        """The days of ``other`` that this one's days so far may be compared with.

        A month that has run for ten days is compared with ten days, not with thirty.
        """
        if self.finished(today):
            return other.days
        passed = self.so_far(today).ends - self.starts
        return Days(starts=other.starts, ends=min(other.ends, other.starts + passed))


def parse(text: str) -> Span:
    """The span of a text."""
    try:
        if found := _WEEK.fullmatch(text):
            return Span(kind="周", starts=date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := _DAY.fullmatch(text):
            return Span(kind="日", starts=date(int(found[1]), int(found[2]), int(found[3])))
        if found := _MONTH.fullmatch(text):
            return Span(kind="月", starts=date(int(found[1]), int(found[2]), 1))
    except ValueError:
        pass
    raise UnknownSpanError("统计期应写作“2026-11”“2026-W48”或“2026-11-23”。")


def around(kind: Kind, day: date) -> Span:
    """The span of that kind that a day lies in."""
    if kind == "月":
        return Span(kind=kind, starts=day.replace(day=1))
    if kind == "周":
        return Span(kind=kind, starts=day - timedelta(days=day.weekday()))
    return Span(kind=kind, starts=day)


def recent(kind: Kind, day: date, most: int) -> tuple[Span, ...]:
    """The last spans of a kind up to a day, the newest first."""
    found = [around(kind, day)]
    while len(found) < most:
        found.append(found[-1].before)
    return tuple(found)
