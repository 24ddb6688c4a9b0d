"""Codes of regions: as long as their level says, and each begins with the code of what it lies in.

4 digits are a city, 6 a district or county, 9 a town-level unit, 12 a community or village
(统计用区划代码, without the noughts at its end).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_

LEVELS = CITY, DISTRICT, STREET, COMMUNITY = 4, 6, 9, 12
_AFTER_DIGITS = ":"  # sorts behind every digit


def within(column: Any, code: Any) -> ColumnElement[bool]:
    """A region and all that lies in it, as a range that an index serves."""
    return and_(column >= code, column < code + _AFTER_DIGITS)


def level_below(code: str) -> int:
    """The digits one level down; of a community its own, for nothing lies below it."""
    return next((one for one in LEVELS if one > len(code)), COMMUNITY)


def step_towards(code: str, place: str) -> str:
    """Of what lies one level below a region, the one that a place inside it belongs to."""
    return place[: level_below(code)]


def upwards(code: str) -> tuple[str, ...]:
    """A region and all it lies in, the city first."""
    return tuple(code[:one] for one in LEVELS if one <= len(code))
