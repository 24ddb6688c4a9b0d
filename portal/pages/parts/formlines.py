"""The columns of a form as lines of a spreadsheet, in words a department reads; and back again.

A line keeps its number (栏号) whatever becomes of its title and place, so that formulas go on
meaning what they meant and ages or parts that were chosen for it stay with it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from portal.affairs.forms import held, rules
from portal.affairs.forms.words import FormError
from portal.store.form_texts import FieldText, FormText

FACT, MASK, NEED = "沿用", "掩码", "必填"
NUMBER = "栏号"
HEAD = f"{NUMBER}\t栏目\t类型\t来源\t取数\t校验\t{FACT}\t{MASK}\t{NEED}"
KINDS = {"number": "数字", "text": "文字", "date": "日期"}
SOURCES = {
    "measure": "统计指标", "index": "居民人数", "person": "居民信息", "place": "行政区划",
    "post": "登录岗位", "field": "业务系统", "fact": "已采集的事实", "formula": "公式",
    "typed": "基层填写",
}  # fmt: skip
_PERSON = {
    "row": "序号", "name": "姓名", "sex": "性别", "id_number": "身份证号", "birth_date": "出生日期",
    "age": "年龄", "registered_address": "户籍地址", "current_address": "居住地址",
    "household_size": "家庭人口",
}  # fmt: skip
_PLACE = {"name": "名称", "code": "区划代码"}
_POST = {"name": "姓名", "unit": "单位", "today": "当天日期"}
_MASKS = {"": "", "phone": "电话"}
NEEDS = {True: "是", False: "否"}
_GIVEN = ("field", "fact")
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,40}")


def _measures() -> Mapping[str, str]:
    return {one.id: one.name for one in held.now().measures.values()}


def _fields() -> Mapping[str, str]:
    return {one.id: f"{one.system_name}·{one.label}" for one in held.now().fields.values()}


def _index() -> Mapping[str, str]:
    systems = {f"system:{one}": f"{name}中的人" for one, name in held.now().systems.items()}
    return {**rules.INDEX, **systems}


_BINDS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "measure": _measures,
    "field": _fields,
    "index": _index,
    "person": lambda: _PERSON,
    "place": lambda: _PLACE,
    "post": lambda: _POST,
}


def _named(source: str) -> Mapping[str, str]:
    """By what is stored, the words for it; of words that stand for two things, neither."""
    known = _BINDS[source]() if source in _BINDS else {}
    words = list(known.values())
    return {one: name for one, name in known.items() if words.count(name) == 1}


def bind_words(source: str, bind: str) -> str:
    """Where a column is from, as it is read."""
    return _named(source).get(bind, bind)


def _bind_of(source: str, words: str) -> str:
    back = {name: one for one, name in _named(source).items()}
    return back.get(words, words)


def condition(one: FieldText) -> str:
    """Whom of a measure a column counts, in words."""
    ages = ""
    if one.from_age is not None and one.to_age is not None:
        ages = f"{one.from_age}—{one.to_age}岁"
    elif one.from_age is not None:
        ages = f"{one.from_age}岁及以上"
    elif one.to_age is not None:
        ages = f"{one.to_age}岁及以下"
    most = f"最多的{one.most}类" if one.most else ""
    parts = (one.sex, ages, _part(one), "分母" if one.of else "", most)
    return "、".join(filter(None, parts))


def _part(one: FieldText) -> str:
    measure = held.now().measures.get(one.bind)
    names = measure.parts() if one.part and measure is not None and measure.parts else {}
    return "、".join(names.get(part, part) for part in filter(None, one.part.split("、")))


def said(one: FieldText, made: FormText) -> str:
    """Where a column is from, with whom it counts; of a formula the titles of its columns."""
    if one.source == "formula":
        return titled(one.bind, made)
    words, whom = bind_words(one.source, one.bind), condition(one)
    return f"{words}（{whom}）" if whom else words


def titled(text: str, made: FormText) -> str:
    """A formula with the titles of columns instead of their numbers."""
    titles = {one.name: one.title for one in made.fields}
    return _SLUG.sub(lambda found: titles.get(found[0], found[0]), text)


def write(made: FormText) -> str:
    """The columns as lines of a spreadsheet."""
    rows = [
        "\t".join((one.name, one.title, KINDS[one.kind], SOURCES[one.source],
                   bind_words(one.source, one.bind), one.check, one.fact, _MASKS[one.mask],
                   NEEDS[one.required]))
        for one in made.fields
    ]  # fmt: skip
    return "\n".join([HEAD, *rows])


def read(lines: str, before: FormText) -> list[dict[str, object]]:
    """The lines as columns; what is not on a line (ages, part, topic) stays with its number."""
    head, *rest = lines.splitlines() or [""]
    columns = head.strip("\n").split("\t")
    reader = _Reader(before, numbered=NUMBER in columns, says={FACT, MASK} <= set(columns),
                     needs=NEED in columns)  # fmt: skip
    return [reader.line(number, line) for number, line in enumerate(rest, start=1) if line.strip()]


class _Reader:
    def __init__(self, before: FormText, *, numbered: bool, says: bool, needs: bool) -> None:
        self._by_name = {one.name: one.model_dump() for one in before.fields}
        self._by_title = {one.title: one.model_dump() for one in before.fields}
        self._numbered, self._says, self._needs = numbered, says, needs
        self._used: set[str] = set()

    def line(self, number: int, line: str) -> dict[str, object]:
        cells = [one.strip() for one in (*line.split("\t"), *("",) * 9)]
        name, title, kind, source, bind, check, fact, mask, need = (
            cells if self._numbered else ["", *cells]
        )[:9]
        need = need if self._needs else ""
        there = self._there(name, title)
        source = self._source(number, title, source)
        bind = _bind_of(source, bind)
        kept = {"fact": fact, "mask": self._mask(number, title, mask)} if self._says else {}
        return {
            **_fitting(there, source, bind), **self._need(number, title, need, there, source),
            **kept,
            "name": self._name(number, name or str(there.get("name", ""))), "title": title,
            "kind": self._kind(number, title, kind), "source": source, "bind": bind, "check": check,
        }  # fmt: skip

    def _there(self, name: str, title: str) -> dict[str, Any]:
        """What is known of the column; one without a number is known by its title."""
        found = self._by_name.get(name, {}) if name else self._by_title.get(title, {})
        return {} if not name and found.get("name") in self._used else found

    def _name(self, number: int, name: str) -> str:
        if name and not _SLUG.fullmatch(name):
            raise FormError(
                f"第 {number} 栏的栏号“{name}”须为小写字母开头的字母、数字，没有保存。"
                "新增的栏可不填栏号。"
            )
        taken = self._used | (self._by_name.keys() - {name})
        fresh = (f"f{at:02d}" for at in range(number, 1000))
        name = name or next(one for one in fresh if one not in taken)
        if name in self._used:
            raise FormError(f"第 {number} 栏的栏号“{name}”与前面的重复，没有保存。")
        self._used.add(name)
        return name

    @staticmethod
    def _kind(number: int, title: str, words: str) -> str:
        kinds = {said: kind for kind, said in KINDS.items()}
        if words and words not in kinds:
            raise FormError(f"第 {number} 栏“{title}”的类型须为数字、文字或日期，没有保存。")
        return kinds.get(words, "number")

    @staticmethod
    def _source(number: int, title: str, words: str) -> str:
        sources = {said: one for one, said in SOURCES.items()}
        if words and words not in sources and words not in SOURCES:
            told = "、".join(SOURCES.values())
            raise FormError(f"第 {number} 栏“{title}”的来源须为{told}之一，没有保存。")
        return sources.get(words, words or "typed")

    @staticmethod
    def _mask(number: int, title: str, words: str) -> str:
        masks = {said: one for one, said in _MASKS.items()}
        if words not in masks:
            raise FormError(f"第 {number} 栏“{title}”的掩码须为“电话”或不填，没有保存。")
        return masks[words]

    def _need(
        self, number: int, title: str, words: str, before: dict[str, Any], source: str
    ) -> dict[str, bool]:
        """What is newly bound to somebody's answer need not be typed where there is none."""
        needs = {said: need for need, said in NEEDS.items()}
        if words and words not in needs:
            raise FormError(f"第 {number} 栏“{title}”的必填须为“是”“否”或不填，没有保存。")
        fresh = source in _GIVEN and before.get("source") != source
        if fresh and (not words or needs[words] == before.get("required")):
            return {"required": False}
        return {"required": needs[words]} if words else {}


def _fitting(there: dict[str, Any], source: str, bind: str) -> dict[str, Any]:
    """What was chosen for another source says nothing about this one."""
    if not there or (there["source"], there["bind"]) == (source, bind):
        return there
    blank = FieldText(name="a", title="a").model_dump()
    chosen = ("sex", "part", "of", "most", "from_age", "to_age", "leaves")
    return {**there, **{name: blank[name] for name in chosen}}
