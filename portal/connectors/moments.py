"""Reading the date styles of other systems, each compiled once per field.

`strptime` looks its pattern up at every call and costs five times as much; a dossier reads some
hundred dates between two answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
PARTS = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d{1,2})",
}
_ORDER = ("year", "month", "day", "hour", "minute", "second")
_MARKS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_EPOCHS = {"epoch_ms": 1000, "epoch_s": 1}


def moment_reader(pattern: str) -> Callable[[Any], datetime]:
    """A function that reads one date style; a time without a zone is local time.

    An impossible pattern raises `ValueError` here, an unreadable value when it is read.
    """
    if pattern in _EPOCHS:
        scale = _EPOCHS[pattern]
        return lambda value: datetime.fromtimestamp(int(str(value)) / scale, UTC)
    if pattern == "iso":
        return lambda value: _zoned(datetime.fromisoformat(str(value).replace("/", "-")))
    shape = _compiled(pattern)
    in_order = _in_order(shape)

    def read(value: Any) -> datetime:
        found = shape.fullmatch(str(value))
        if found is None:
            raise ValueError(pattern)
        if in_order:
            return datetime(*map(int, found.groups()), tzinfo=LOCAL)  # type: ignore[misc, arg-type]
        parts = {name: int(digits) for name, digits in found.groupdict().items()}
        return datetime(**{"month": 1, "day": 1, **parts}, tzinfo=LOCAL)

    return read


def day_reader(pattern: str) -> Callable[[Any], date]:
    """A function that reads the day here on which a moment of this style lies."""
    read = moment_reader(pattern)
    shape = None if pattern in _EPOCHS or pattern == "iso" else _compiled(pattern)
    if shape is None or shape.groups != len(_ORDER[:3]) or not _in_order(shape):
        return lambda value: read(value).astimezone(LOCAL).date()
    mark = _mark(pattern)

    def day(value: Any) -> date:
        text = str(value)
        if mark is not None and len(text) == len(pattern):  # as nearly all are written
            dashed = mark and text[4] == text[7] == mark
            digits = f"{text[:4]}{text[5:7]}{text[8:]}" if dashed else text
            if len(digits) == 8 and digits.isascii() and digits.isdigit():
                return date.fromisoformat(digits)
        found = shape.fullmatch(text)
        if found is None:
            raise ValueError(pattern)
        return date(*map(int, found.groups()))

    return day


def _mark(pattern: str) -> str | None:
    """What stands between year, month and day, if it is one sign or nothing at all."""
    marks = {"yyyyMMdd": "", **{f"yyyy{one}MM{one}dd": one for one in "-/."}}
    return marks.get(pattern)


def _in_order(shape: re.Pattern[str]) -> bool:
    """Whether the parts stand from the year down, without a gap, at least to the day."""
    return shape.groups >= 3 and tuple(shape.groupindex) == _ORDER[: shape.groups]


def moment_writer(pattern: str) -> Callable[[datetime], str]:
    """A function that writes a moment in one style, by the clock on the wall here."""
    if pattern in _EPOCHS:
        scale = _EPOCHS[pattern]
        return lambda moment: str(int(moment.timestamp() * scale))
    if pattern == "iso":
        return lambda moment: moment.astimezone(LOCAL).isoformat(timespec="seconds")
    _compiled(pattern)  # refuses what is no style
    style = pattern
    for name, mark in _MARKS.items():
        style = style.replace(name, mark)
    return lambda moment: moment.astimezone(LOCAL).strftime(style)


def _compiled(pattern: str) -> re.Pattern[str]:
    if "yyyy" not in pattern:
        raise ValueError(f"日期格式“{pattern}”里没有年份 yyyy")
    pieces = re.split(f"({'|'.join(PARTS)})", pattern)
    try:
        return re.compile("".join(PARTS.get(piece) or re.escape(piece) for piece in pieces))
    except re.error as error:
        raise ValueError(f"日期格式“{pattern}”里有重复的部分") from error


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
