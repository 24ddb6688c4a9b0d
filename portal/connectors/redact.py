"""The shape of an answer without a value of it: for whoever has to mend a mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MOST_TEXT = 4000
_MOST_KEYS, _MOST_ROWS, _MOST_DEPTH = 40, 2, 8
# A key is the other side's word for a column; one that holds a value is shown as a shape too.
_WORD = re.compile(r"[A-Za-z_@#$][A-Za-z_.:@#$-]{0,40}\d{0,3}|[\u4e00-\u9fff]{1,12}")
_KINDS = (
    (re.compile(r"\d+"), "数字{}位"),
    (re.compile(r"\d+[Xx]"), "数字{}位（末位字母）"),
    (re.compile(r"[\d\s:/.\-T+Z年月日时分秒]+"), "数字与符号{}位"),
    (re.compile(r"[\u4e00-\u9fff·]+"), "汉字{}字"),
    (re.compile(r"[A-Za-z]+"), "字母{}位"),
    (re.compile(r"[A-Za-z0-9]+"), "字母数字{}位"),
)


def shape(answer: Any) -> str:
    """An answer as text: its structure and names, every value replaced by its kind and length."""
    text = json.dumps(_of(answer, 0), ensure_ascii=False, indent=1)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _of(value: Any, depth: int) -> Any:
    if depth > _MOST_DEPTH:
        return "更深各层略"
    if isinstance(value, Mapping):
        shown = {_key(key): _of(one, depth + 1) for key, one in list(value.items())[:_MOST_KEYS]}
        more = len(value) - _MOST_KEYS
        return shown | ({"…": f"另有 {more} 项"} if more > 0 else {})
    if isinstance(value, list | tuple):
        rows = [_of(one, depth + 1) for one in value[:_MOST_ROWS]]
        more = len(value) - _MOST_ROWS
        return [*rows, f"另有 {more} 行"] if more > 0 else rows
    return _word(value)


def _key(key: Any) -> str:
    text = str(key)
    return text if _WORD.fullmatch(text) else f"〔{_word(text)}〕"


def _word(value: Any) -> str:
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是否"
    if isinstance(value, int | float):
        return "数值"
    text = str(value)
    if not text.strip():
        return "空白"
    for pattern, words in _KINDS:
        if pattern.fullmatch(text):
            return words.format(len(text))
    return f"文字{len(text)}字符"
