"""Identity numbers and phones of simulated persons: well formed, unique, nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_BIRTHS_A_DAY = 500  # sequence numbers of one sex


class NumbersExhausted(Exception):
    """More births on one day in one place than there are sequence numbers."""


def check_digit(first_seventeen: str) -> str:
    """The eighteenth character (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(
        int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)
    )
    return _CHECK[total % 11]


def old_style(number: str) -> str:
    """The fifteen-digit form that was issued until 1999."""
    return number[:6] + number[8:17]


class IdentityNumbers:
    """Hands out each number once; sequence numbers are odd for men, even for women."""

    def __init__(self) -> None:
        self._issued: dict[tuple[str, date, bool], int] = {}

    def issue(self, region: str, born: date, *, male: bool) -> str:
        """A number issued by the county ``region`` to a person born on that day."""
        key = (region, born, male)
        turn = self._issued.get(key, 0)
        if turn >= _BIRTHS_A_DAY:
            raise NumbersExhausted(f"{region} {born:%Y-%m-%d}")
        self._issued[key] = turn + 1
        place = (born.toordinal() * 31 + int(region) * 17 + turn) % _BIRTHS_A_DAY
        stem = f"{region}{born:%Y%m%d}{2 * place + male:03d}"
        return stem + check_digit(stem)


class Phones:
    """Hands out each phone once, from the blocks ``xxx00…`` that look like nobody's."""

    def __init__(self, prefixes: Sequence[str]) -> None:
        self._prefixes = prefixes
        self._count = 0

    def issue(self) -> str:
        """The next phone number."""
        turn, which = divmod(self._count, len(self._prefixes))
        self._count += 1
        return f"{self._prefixes[which]}{turn * 7919 % 1_000_003:08d}"
