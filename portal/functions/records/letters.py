"""How a name is spelt: its pinyin and its initials, by which it is found too."""

import re

from pypinyin import Style, lazy_pinyin

_NOT_LETTERS = re.compile(r"[^a-z]")


def letters(name: str) -> tuple[str, str]:
    """A name's full pinyin and its initials."""
    syllables = lazy_pinyin(name.replace("·", ""), style=Style.NORMAL) if name else []
    full = [_NOT_LETTERS.sub("", one.lower()) for one in syllables]
    return "".join(full), "".join(one[:1] for one in full)
