"""From a form as the province issues it to a form of ours, and from a locked answer back. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from portal.affairs.forms import rules
from portal.affairs.forms.words import Cells, Held, key
from portal.connectors.province.words import Asked, Issued, Value
from portal.store.form_texts import FieldText, FormText, FormTexts
from portal.store.measure_words import Topic
from portal.store.province_texts import Back, MappedText, ProvinceTexts

_LEVELS = (12, 9, 6, 4)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NUMBER = re.compile(r"第 (\d+) 栏")
_ROSTER = "名册"
_HEAD = {"number": "表号", "title": "报表名称", "issuer": "制定机关",
         "approval": "批准（备案）文号", "fields": "栏目"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a form of the province is here; without ``made`` it cannot be registered."""

    made: FormText | None = None
    region_code: str = ""
    back: Back = "单位"
    codes: Mapping[str, str] = field(default_factory=dict)  # a field's name -> its code
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def name_of(code: str) -> str:
    """A field's name here; the same in every edition, so that what was typed finds its cell."""
    return f"p{code.lower()}"


def digest(one: Issued) -> str:
    """What tells whether an edition is still as it was."""
    text = json.dumps(vars(one) | {"fields": [vars(f) for f in one.fields]}, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a city knows when it reads a form of the province."""

    city: str
    texts: ProvinceTexts
    forms: FormTexts
    held: Held


def read(one: Issued, ground: Ground) -> Reading:
    """The form, or every fault with its place; a fault is of this form alone."""
    texts = ground.texts
    faults = list(one.faults)
    known = {
        "周期": texts.cycles.get(one.cycle),
        "表式": texts.layouts.get(one.layout),
        "事项": ground.forms.matter(texts.matters.get(one.matter, "")),
    }
    given = {"周期": one.cycle, "表式": one.layout, "事项": one.matter}
    faults += [
        f"表头：{what}代码“{given[what]}”没有对应" for what, found in known.items() if not found
    ]
    back = texts.backs.get(one.back, texts.back)
    if one.back and one.back not in texts.backs:
        faults.append(f"表头：回传层级代码“{one.back}”没有对应")
    region_code = common(one.places)
    if not region_code.startswith(ground.city):
        faults.append("表头：下发范围不在本市")
    roster = texts.rosters.get(one.roster)
    if known["表式"] == _ROSTER and roster is None:
        faults.append(f"表头：名册对象代码“{one.roster}”没有对应")
    faults += [
        f"第 {asked.at} 栏“{asked.title}”：类型代码“{asked.kind}”没有对应"
        for asked in one.fields
        if asked.kind not in texts.kinds
    ]
    if faults:
        told = tuple(sorted(faults, key=_place))
        return Reading(region_code=ground.city, back=back, faults=told)
    head: dict[str, Any] = {
        "id": f"p{uuid4().hex[:12]}", "number": one.number, "title": one.title,
        "issuer": one.issuer, "source": rules.PROVINCIAL, "approval": one.approval,
        "valid_until": one.valid_until, "matter": texts.matters[one.matter],
        "cycle": texts.cycles[one.cycle], "layout": texts.layouts[one.layout], "days": one.days,
        "due_on": one.due_on if texts.cycles[one.cycle] == "一次" else None,
        "targets": () if one.places == (region_code,) else one.places,
    }  # fmt: skip
    if roster is not None and head["layout"] == _ROSTER:
        head |= roster.model_dump()
    return _whole(one, ground, head, Reading(region_code=region_code, back=back))


def _place(fault: str) -> int:
    """Where a fault stands in the form: the head first, then field by field."""
    found = _NUMBER.match(fault)
    return int(found[1]) if found else 0


def _whole(one: Issued, ground: Ground, head: Mapping[str, Any], so_far: Reading) -> Reading:
    try:
        plain = FormText(**head, fields=tuple(_typed(asked, ground.texts) for asked in one.fields))
        told = [_field(asked, one, plain, ground) for asked in one.fields]
        made = plain.model_copy(update={"fields": tuple(each for each, _ in told)})
    except ValidationError as error:
        wrong = sorted({_HEAD.get(str(each["loc"][0]), "内容") for each in error.errors()})
        lack = f"表头：{'、'.join(wrong)}缺失或过长"
        return Reading(region_code=ground.city, back=so_far.back, faults=(lack,))
    faults = tuple(str(each) for each in rules.formula_faults(made))
    names = [each.name for each in made.fields]
    if len(set(names)) < len(names):
        faults = (*faults, "栏目：有字段编码只以大小写区分")
    if faults:
        return Reading(region_code=ground.city, back=so_far.back, faults=faults)
    return Reading(
        made=made, region_code=so_far.region_code, back=so_far.back,
        codes={name_of(asked.code): asked.code for asked in one.fields},
        notes=tuple(note for _, note in told if note),
    )  # fmt: skip


def common(places: Sequence[str]) -> str:
    """The lowest place that holds all of them."""
    if not places:
        return ""
    shared = places[0]
    for one in places[1:]:
        while not one.startswith(shared):
            shared = shared[:-1]
    return shared[: next((digits for digits in _LEVELS if digits <= len(shared)), 0)]


def _typed(asked: Asked, texts: ProvinceTexts) -> FieldText:
    # What the province marks as protected, and nobody has said how, is protected as hardship.
    topic = Topic.HARDSHIP if asked.protected else Topic.NONE
    return FieldText(
        name=name_of(asked.code), title=asked.title, kind=texts.kinds[asked.kind],
        required=asked.required, topic=topic,
    )  # fmt: skip


def _field(asked: Asked, one: Issued, form: FormText, ground: Ground) -> tuple[FieldText, str]:
    """A field with its source, and what the city has to know about it."""
    typed = _typed(asked, ground.texts)
    check = _here(asked.check, one)
    if asked.count:
        counted = {"source": "formula", "bind": _here(asked.count, one), "check": check}
        return FieldText.model_validate({**typed.model_dump(), **counted}), ""
    said = ground.texts.meaning(asked.code)
    note = "" if said else "省级字段未对应，由基层填写"
    if said is not None:
        mapped = _mapped(typed, said, check)
        why = rules.binding(mapped, form, ground.held) if said.source != "typed" else ""
        if not why:
            return mapped, ""
        note = f"对应的来源现不能取（{why}），由基层填写"
        typed = typed.model_copy(update={"topic": mapped.topic, "fact": mapped.fact})
    if there := rules.already_held(typed, form, ground.held):
        note = f"{note}；{there}已有此项，请在 province.toml 中对应"
    shown = typed.model_copy(update={"check": check, "note": note[:200]})
    return shown, f"“{asked.title}”（{asked.code}）：{note}" if note else ""


def _mapped(typed: FieldText, said: MappedText, check: str) -> FieldText:
    names = ("source", "bind", "sex", "part", "from_age", "to_age", "fact", "mask")
    topic = said.topic if said.topic is not Topic.NONE else typed.topic
    more = {name: getattr(said, name) for name in names}
    return FieldText.model_validate({**typed.model_dump(), **more, "topic": topic, "check": check})


def _here(text: str, one: Issued) -> str:
    """A formula in codes as one in names; a word that is no code stays and is refused as such."""
    codes = {asked.code for asked in one.fields}
    return _WORD.sub(lambda found: name_of(found[0]) if found[0] in codes else found[0], text)


# -- superseding ----------------------------------------------------------------------------------


def goes_on(old: FormText, new: FormText) -> bool:
    """Whether open answers to one edition can go on with another: the periods are the same."""
    return (old.cycle, old.layout) == (new.cycle, new.layout)


# -- back -----------------------------------------------------------------------------------------


def values(
    made: FormText,
    codes: Mapping[str, str],
    texts: ProvinceTexts,
    place: str,
    answered: tuple[Cells, Sequence[int]],
) -> tuple[Value, ...]:
    """The cells of an answer as the province names them; what it has no code for stays here."""
    cells, rows = answered
    found: list[Value] = []
    for row in rows:
        for one in made.fields:
            code = codes.get(one.name)
            cell = cells.get(key(row, one.name))
            if code is None:
                continue
            value = cell.value if cell else ""
            said = texts.meaning(code)
            found.append(
                Value(place=place, row=row, code=code,
                      value=said.values.get(value, value) if said else value)
            )  # fmt: skip
    return tuple(found)


def period_shown(cycle: str, first: date) -> str:
    """A period for a list: 2026年11月."""
    words = {"年": f"{first:%Y}年", "季": f"{first:%Y}年第{(first.month - 1) // 3 + 1}季度",
             "周": f"{first:%Y-%m-%d} 起一周"}  # fmt: skip
    return words.get(cycle, f"{first:%Y}年{first.month}月")
