"""A change in words: field by field, what it was and what it becomes."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from portal.functions.people.model import COLUMNS, STATUS

_STATUS_WORD = {value: word for word, value in STATUS.items()}


def differences(
    sheet: str, old: Any, new: Any, names: Callable[[Iterable[str]], str] = "、".join
) -> tuple[str, ...]:
    """Field by field: what it was, what it becomes."""
    words = []
    for one in fields(new):
        was, becomes = getattr(old, one.name), getattr(new, one.name)
        if was != becomes:
            heading = COLUMNS[sheet][one.name]
            words.append(f"{heading}：{_word(was, names)} → {_word(becomes, names)}")
    return tuple(words)


def _word(value: Any, names: Callable[[Iterable[str]], str]) -> str:
    if isinstance(value, tuple):
        return names(value) or "无"
    return _STATUS_WORD.get(value, str(value)) if value not in (None, "") else "无"
