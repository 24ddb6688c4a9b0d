"""Finding one report among many: by field, by its words, by pinyin or initials."""

from collections.abc import Sequence
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from portal.functions.reports.build import Choice


@lru_cache(maxsize=2000)
def _letters(name: str) -> tuple[str, str]:
    whole = "".join(lazy_pinyin(name)).lower()
    return whole, "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


def fits(one: Choice, typed: str) -> bool:
    """Whether every word that was typed is in the name, the description, the pinyin or the
    initials."""
    words = typed.lower().split()
    whole, first = _letters(one.name)
    return all(
        word in one.name.lower() or word in one.about.lower() or word in whole or word in first
        for word in words
    )


def found(
    choices: Sequence[Choice], typed: str = "", field: str = "", recent: Sequence[str] = ()
) -> list[Choice]:
    """What fits, last used first, the others in the order of the library."""
    rank = {one: place for place, one in enumerate(recent)}
    able = [one for one in choices if (not field or one.field == field) and fits(one, typed)]
    return sorted(able, key=lambda one: rank.get(one.id, len(rank)))
