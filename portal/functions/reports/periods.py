"""Periods as people name them: 2026-11, 2026-Q4, 2026; also 2026-W48 and 2026-11-23."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from portal.store.measure_words import Period

_SHAPE = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")
_WEEK = re.compile(r"(20\d{2})-W(\d{2})")
_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")


class UnknownPeriodError(ValueError):
    """A text that names no period."""


def parse(text: str) -> Period:
    """The period of a text."""
    if (short := _short(text)) is not None:
        return short
    found = _SHAPE.fullmatch(text)
    if found is None or int(found[1]) < 2000:
        raise UnknownPeriodError("统计期应写作“2026-11”“2026-Q4”“2026”“2026-W48”或“2026-11-23”。")
    year, month, quarter = int(found[1]), found[2], found[3]
    if month:
        return Period(grain="month", starts=date(year, int(month), 1))
    if quarter:
        return Period(grain="quarter", starts=date(year, 3 * int(quarter) - 2, 1))
    return Period(grain="year", starts=date(year, 1, 1))


def _short(text: str) -> Period | None:
    """A week of ISO 8601 or a day, if the text names one that exists."""
    week = _WEEK.fullmatch(text)
    try:
        if week:
            return Period(grain="week", starts=date.fromisocalendar(int(week[1]), int(week[2]), 1))
        return (
            Period(grain="day", starts=date.fromisoformat(text)) if _DAY.fullmatch(text) else None
        )
    except ValueError:
        return None


def month_of(day: date) -> str:
    """The month of a day."""
    return f"{day:%Y-%m}"


def months(first: date, last: date, most: int = 24) -> tuple[str, ...]:
    """The months from one day to another, newest first."""
    found: list[str] = []
    year, month = last.year, last.month
    while (year, month) >= (first.year, first.month) and len(found) < most:
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return tuple(found)


def with_longer(months: Sequence[str]) -> tuple[str, ...]:
    """Months, and after them the quarters and the years that they lie in."""
    quarters = [f"{one[:4]}-Q{(int(one[5:]) + 2) // 3}" for one in months]
    return (*months, *dict.fromkeys(quarters), *dict.fromkeys(one[:4] for one in months))


def text_of(period: Period) -> str:
    """The text that :func:`parse` reads as this period."""
    starts = period.starts
    if period.grain == "week":
        year, week, _ = starts.isocalendar()
        return f"{year}-W{week:02d}"
    quarter = f"{starts:%Y}-Q{(starts.month + 2) // 3}"
    return {
        "day": starts.isoformat(),
        "month": month_of(starts),
        "quarter": quarter,
        "year": f"{starts:%Y}",
    }[period.grain]


def name(text: str) -> str:
    """The period in words."""
    period = parse(text)
    starts = period.starts
    if period.grain == "day":
        return f"{starts.year}年{starts.month}月{starts.day}日"
    if period.grain == "week":
        last = period.ends - timedelta(days=1)
        year, week, _ = starts.isocalendar()
        return f"{year}年第{week}周（{starts:%m-%d}至{last:%m-%d}）"
    if period.grain == "month":
        return f"{starts.year}年{starts.month}月"
    if period.grain == "quarter":
        return f"{starts.year}年第{(starts.month + 2) // 3}季度"
    return f"{starts.year}年"
