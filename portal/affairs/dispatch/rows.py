"""A row of a list as a sheet brings it: understood, or refused with the column and the reason."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.affairs.dispatch.words import (
    CATALOGUE,
    CLASSES,
    DUTIES,
    LEVELS,
    TOWNSHIP,
    TOWNSHIP_KINDS,
    Entry,
    Kind,
    key_of,
)
from portal.store.sheets import Cell

_CODE = re.compile(r"\d{2}(\.\d{2}){0,4}")
_SPLIT = re.compile(r"[、，,；;]")
_PLACES = {
    "属地区县": "place:district",
    "属地乡镇（街道）": "place:street",
    "属地乡镇": "place:street",
    "属地街道": "place:street",
    "属地社区（村）": "place:community",
    "属地社区": "place:community",
    "属地村": "place:community",
}
_PLACE_WORDS = {
    "place:district": "属地区县",
    "place:street": "属地乡镇（街道）",
    "place:community": "属地社区（村）",
}

COLUMNS: dict[Kind, dict[str, str]] = {
    CLASSES: {
        "code": "事项编码",
        "name": "事项名称",
        "words": "常用说法",
        "urgency": "紧急程度",
    },
    CATALOGUE: {
        "code": "事项编码",
        "condition": "适用条件",
        "level": "承办层级",
        "city": "市级承办",
        "district": "区县级承办",
        "street": "乡镇（街道）级承办",
        "community": "社区（村）级承办",
        "helpers": "协办",
        "basis": "依据",
    },
    DUTIES: {
        "name": "职责事项",
        "code": "事项编码",
        "licence": "许可或审批部门",
        "supervise": "监管部门",
        "basis": "依据",
    },
    TOWNSHIP: {
        "name": "履职事项",
        "type": "类型",
        "code": "事项编码",
        "lead": "牵头或承接部门",
        "basis": "依据",
    },
}
OF_LEVEL = dict(zip(LEVELS, ("city", "district", "street", "community"), strict=True))


class BadCell(Exception):
    """What is wrong with one cell."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key, self.words = key, words


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a row may name: lines of work, units by name, and the classes that stand."""

    lines: frozenset[str]
    units: Mapping[str, str]
    classes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A row that was not taken, with its cells as they were sent."""

    number: int
    column: str
    words: str
    cells: tuple[str, ...]


def _text(values: Mapping[str, Cell], key: str, most: int, *, needed: bool = False) -> str:
    cell = values.get(key)
    if cell is None or cell == "":
        if needed:
            raise BadCell(key, "不能为空")
        return ""
    if not isinstance(cell, str):
        raise BadCell(key, "应为文本，请将该列单元格格式设为“文本”后重新填写")
    if len(cell) > most:
        raise BadCell(key, f"最多 {most} 个字，现为 {len(cell)} 个字")
    return " ".join(cell.split())


def _code(values: Mapping[str, Cell]) -> str:
    code = _text(values, "code", 20, needed=True)
    if not _CODE.fullmatch(code):
        raise BadCell("code", f"“{code}”不是事项编码，应为 01、01.02 直至五级，每级两位数字")
    return code


def _known_code(values: Mapping[str, Cell], known: Known) -> str:
    code = _code(values)
    if code not in known.classes:
        raise BadCell("code", f"现行五级事项分类中没有“{code}”")
    return code


def target(text: str, known: Known, key: str) -> str:
    """A unit, a line of work or the place's own unit, as the catalogue keeps it."""
    if text in _PLACES:
        return _PLACES[text]
    if text in known.units:
        return f"unit:{known.units[text]}"
    if text in known.lines:
        return f"line:{text}"
    if text:
        raise BadCell(key, f"不认识的单位或条线“{text}”")
    return ""


def target_words(kept: str, unit_names: Mapping[str, str]) -> str:
    """The same for a person to read, and to be read back from a sheet."""
    if kept.startswith("unit:"):
        return unit_names.get(kept.removeprefix("unit:"), kept.removeprefix("unit:"))
    return _PLACE_WORDS.get(kept, kept.removeprefix("line:"))


def parts(text: str) -> list[str]:
    """A list in one cell."""
    return list(dict.fromkeys(one.strip() for one in _SPLIT.split(text) if one.strip()))


def _class(values: Mapping[str, Cell], known: Known) -> Entry:
    urgency = values.get("urgency")
    if urgency not in (None, "", 1, 2, 3, 4, "1", "2", "3", "4") or urgency is True:
        raise BadCell("urgency", f"“{urgency}”不是紧急程度，应为 1 至 4")
    return Entry(
        code=_code(values),
        name=_text(values, "name", 40, needed=True),
        body={
            "words": parts(_text(values, "words", 400)),
            "urgency": int(str(urgency)) if urgency else 2,
        },
    )


def _catalogue(values: Mapping[str, Cell], known: Known) -> Entry:
    code = _known_code(values, known)
    level = _text(values, "level", 20, needed=True)
    if level not in LEVELS:
        raise BadCell("level", f"“{level}”不是承办层级，应为{'、'.join(LEVELS)}")
    targets = {
        key: target(_text(values, key, 40), known, key) for key in ("city", "district", "street")
    }
    targets["community"] = target(_text(values, "community", 40), known, "community")
    if not targets[OF_LEVEL[level]]:
        raise BadCell(OF_LEVEL[level], f"承办层级为{level}，该级承办不能为空")
    helpers = [target(one, known, "helpers") for one in parts(_text(values, "helpers", 200))]
    return Entry(
        code=code,
        name=known.classes[code],
        condition="、".join(parts(_text(values, "condition", 200))),
        body={"level": level, **targets, "helpers": helpers, "basis": _text(values, "basis", 200)},
    )


def _duty(values: Mapping[str, Cell], known: Known) -> Entry:
    return Entry(
        code=_known_code(values, known),
        name=_text(values, "name", 60, needed=True),
        body={
            "licence": target(_text(values, "licence", 40, needed=True), known, "licence"),
            "supervise": target(_text(values, "supervise", 40, needed=True), known, "supervise"),
            "basis": _text(values, "basis", 200),
        },
    )


def _township(values: Mapping[str, Cell], known: Known) -> Entry:
    kind = _text(values, "type", 10, needed=True)
    if kind not in TOWNSHIP_KINDS:
        raise BadCell("type", f"“{kind}”不是类型，应为{'、'.join(TOWNSHIP_KINDS)}")
    lead = target(_text(values, "lead", 40), known, "lead")
    if kind != TOWNSHIP_KINDS[0] and not lead:
        raise BadCell("lead", f"{kind}事项应写明牵头或承接部门")
    return Entry(
        code=_known_code(values, known),
        name=_text(values, "name", 60, needed=True),
        body={"type": kind, "lead": lead, "basis": _text(values, "basis", 200)},
    )


_CHECKS: dict[Kind, Callable[[Mapping[str, Cell], Known], Entry]] = {
    CLASSES: _class,
    CATALOGUE: _catalogue,
    DUTIES: _duty,
    TOWNSHIP: _township,
}


def _shown(values: Mapping[str, Cell], kind: Kind) -> tuple[str, ...]:
    return tuple("" if (one := values.get(key)) is None else str(one) for key in COLUMNS[kind])


def check(
    kind: Kind, given: Iterable[tuple[int, Mapping[str, Cell]]], known: Known
) -> tuple[list[Entry], list[Fault]]:
    """The rows that are right, and the others each with its reason; none stops another."""
    good: list[tuple[int, Entry, Mapping[str, Cell]]] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str], int] = {}
    for number, values in given:
        try:
            entry = _CHECKS[kind](values, known)
            if first := seen.get(key_of(kind, entry)):
                raise BadCell("code", f"与第 {first} 行重复")
        except BadCell as bad:
            column = COLUMNS[kind][bad.key]
            faults.append(
                Fault(number=number, column=column, words=bad.words, cells=_shown(values, kind))
            )
        else:
            seen[key_of(kind, entry)] = number
            good.append((number, entry, values))
    if kind == CLASSES:
        good = _with_parents(good, faults)
    return [entry for _, entry, _ in good], sorted(faults, key=lambda one: one.number)


def _with_parents(
    good: Sequence[tuple[int, Entry, Mapping[str, Cell]]], faults: list[Fault]
) -> list[tuple[int, Entry, Mapping[str, Cell]]]:
    """A class hangs below one that is there; where its parent fell out, it falls out too."""
    there: set[str] = set()
    kept: list[tuple[int, Entry, Mapping[str, Cell]]] = []
    for number, entry, values in sorted(good, key=lambda one: one[1].code):
        above = entry.code.rpartition(".")[0]
        if above and above not in there:
            words = f"上级编码“{above}”不在表中，或该行有误"
            faults.append(
                Fault(
                    number=number,
                    column=COLUMNS[CLASSES]["code"],
                    words=words,
                    cells=_shown(values, CLASSES),
                )
            )
            continue
        there.add(entry.code)
        kept.append((number, entry, values))
    return kept


def cells(kind: Kind, entry: Entry, unit_names: Mapping[str, str]) -> tuple[str, ...]:
    """An entry as a row of the sheet; reading it again gives the same entry."""
    return tuple(_cell(kind, entry, key, unit_names) for key in COLUMNS[kind])


def _cell(kind: Kind, entry: Entry, key: str, unit_names: Mapping[str, str]) -> str:
    if key in ("code", "name", "condition"):
        return str(getattr(entry, key))
    value: Any = entry.body.get(key, "")
    if key == "words":
        return "、".join(value)
    if key == "helpers":
        return "、".join(target_words(one, unit_names) for one in value)
    if key in ("level", "basis", "type", "urgency"):
        return str(value)
    return target_words(str(value), unit_names)
