"""The rules of a form: its head, what it may ask, where it overlaps, what a cell may hold. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from portal.affairs.forms import formula
from portal.affairs.forms.formula import FormulaError
from portal.affairs.forms.words import AUTO, CHANGED, MISSING, TYPED, Cell, Cells, Fault, Held, key
from portal.affairs.workflow.flow import Vocabulary
from portal.store.form_texts import FieldText, FormText, FormTexts
from portal.store.measure_words import Topic

LOCAL, PROVINCIAL = "本地", "省级一表通"
ISSUER, APPROVER, PLATFORM = "制定单位", "审批单位", "平台"
FILLER, CHECKER, LOCKER = "填报单位", "审核单位", "锁定单位"
FORM_VOCABULARY = Vocabulary(
    who=frozenset({ISSUER, APPROVER, PLATFORM}), effects=frozenset({"核对", "审批", "下发"})
)
ANSWER_VOCABULARY = Vocabulary(
    who=frozenset({FILLER, CHECKER, LOCKER, PLATFORM}),
    effects=frozenset({"上报", "退回", "锁定", "重开", "拒收", "换版"}),
)
INDEX = {
    "living": "现居住人口",
    "registered": "户籍人口",
    "inflow": "现居住在本地、户籍在外地的人口",
    "outflow": "户籍在本地、现居住在外地的人口",
}
PERSON = ("row", "name", "sex", "id_number", "birth_date", "age", "registered_address",
          "current_address", "household_size")  # fmt: skip
PLACE = ("name", "code")
POST = ("name", "unit", "today")
MOST_TEXT = 500
_TOO_LARGE = Decimal(10) ** 15
_REMARKS = frozenset({"备注", "说明"})  # free words about a row: asked of nobody else
_NOISE = re.compile(r"\([^()]*\)|其中|本[周月季年]|的|[\s、,。.:;/_-]+")
_END = re.compile(r"(数量|数)$")


def plain(title: str) -> str:
    """A title without what differs from form to form though the same is asked."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    bare = _NOISE.sub("", folded)  # 户 and 人 stay: they are not the same number
    return _END.sub("", bare) or folded


# -- what a form may ask ------------------------------------------------------------------------


def already_held(one: FieldText, form: FormText, held: Held) -> str:
    """Which system holds what a cell asks to be typed, in words; empty when none does.

    A number of a whole community is not the field of one person, whatever both are called.
    """
    wanted = _meant(one.title, held)
    if one.source != "typed" or one.title in _REMARKS:
        return ""
    for measure in held.measures.values():
        if measure.id == one.leaves:
            continue  # this very form collects it
        if one.kind == "number" and _meant(measure.name, held) == wanted:
            return f"“{measure.system_name}”的统计指标“{measure.name}”"
    if one.kind == "number" and form.layout == "汇总表":
        return ""
    for other in held.fields.values():
        if _meant(other.label, held) == wanted:
            how = (
                f"（来源填“业务系统”，取数填“{other.system_name}·{other.label}”）"
                if form.layout == "名册"
                else ""
            )
            return f"“{other.system_name}”的信息项“{other.label}”{how}"
    return ""


def _meant(title: str, held: Held) -> str:
    """A title in its bare form; of words that ask the same, the one that stands for them."""
    bare = plain(title)
    return held.same.get(bare, bare)


def alike(groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """Groups of words that ask the same, as they are looked up: bare word -> the group's first."""
    return {plain(word): plain(group[0]) for group in groups for word in group}


def _names_parts(one: FieldText, form: FormText, held: Held) -> bool:
    measure = held.measures.get(one.bind) if one.source == "measure" else None
    asked = one.kind == "text" and form.layout == "汇总表" and one.topic is Topic.NONE
    return asked and measure is not None and measure.parts is not None


def binding(one: FieldText, form: FormText, held: Held) -> str:
    """What is wrong with where a field comes from."""
    system = one.bind.removeprefix("system:")
    known: Mapping[str, bool] = {
        "measure": one.bind in held.measures,
        "field": one.bind in held.fields and form.layout == "名册",
        "index": one.bind in INDEX or (one.bind != system and system in held.systems),
        "person": one.bind in PERSON and form.layout == "名册",
        "place": one.bind in PLACE,
        "post": one.bind in POST,
        "fact": bool(re.fullmatch(r"[a-z0-9_]{1,40}", one.bind)),
    }
    if one.most and not _names_parts(one, form, held):
        return "“最多的几类”只能取自可以说出各类名称的统计指标，栏目须为文字"
    if not known.get(one.source, True):
        return f"没有可取的来源“{one.source}:{one.bind}”"
    if there := already_held(one, form, held):
        return f"{there}已有此项，不得再要求基层填写，请改为由系统提供"
    return ""


def _leaving(one: FieldText, form: FormText, texts: FormTexts) -> str:
    """What is wrong with the measure that a field leaves behind."""
    if not one.leaves:
        return ""
    if all(known.id != one.leaves for known in texts.collected):
        return f"没有登记的采集指标“{one.leaves}”，请从市级采集指标中选择"
    asked = one.source in ("typed", "formula") and one.kind == "number"
    return (
        ""
        if asked and form.layout == "汇总表"
        else "只有汇总表中填写或计算的数字栏目可以作为采集指标"
    )


def _formulas(form: FormText) -> Iterable[tuple[int, str]]:
    known = {one.name for one in form.fields}
    for place, one in enumerate(form.fields, start=1):
        for text in filter(None, (one.bind if one.source == "formula" else "", one.check)):
            try:
                unknown = formula.names(text) - known
            except FormulaError as error:
                yield place, str(error)
                continue
            if unknown:
                yield place, f"公式“{text}”引用了表外栏目：{'、'.join(sorted(unknown))}"
        if one.source == "formula" and not one.bind:
            yield place, "没有写公式"


def faults(form: FormText, held: Held, texts: FormTexts) -> tuple[Fault, ...]:
    """Everything that keeps a form from being submitted, each with its place."""
    found = [Fault(place="表头", words="没有这项准入事项，请从准入清单中选择")] if (
        texts.matter(form.matter) is None
    ) else []  # fmt: skip

    names: set[str] = set()
    for place, one in enumerate(form.fields, start=1):
        if one.name in names:
            found.append(Fault(place=_at(form, place), words=f"栏目名 {one.name} 重复"))
        names.add(one.name)
        if words := binding(one, form, held) or _leaving(one, form, texts):
            found.append(Fault(place=_at(form, place), words=words))
    return (*found, *formula_faults(form))


def _at(form: FormText, place: int) -> str:
    return f"第 {place} 栏“{form.fields[place - 1].title}”"


def formula_faults(form: FormText) -> tuple[Fault, ...]:
    """What is wrong with its formulas and checks, each with its place."""
    broken = [Fault(place=_at(form, place), words=words) for place, words in _formulas(form)]
    if not broken:
        try:
            formula.order(_by_name(form))
        except FormulaError as error:
            broken = [Fault(place="公式", words=str(error))]
    return tuple(broken)


def refused(form: FormText, held: Held) -> tuple[tuple[str, str], ...]:
    """The fields that would ask again for what a system holds: title and where it is held."""
    pairs = [(one.title, already_held(one, form, held)) for one in form.fields]
    return tuple((title, there) for title, there in pairs if there)


def head_faults(form: FormText, today: date) -> tuple[str, ...]:
    """What a head lacks: such a form cannot be sent, and may be refused by who receives it."""
    found = [
        words
        for given, words in (
            (form.number.strip(), "缺少表号"),
            (form.issuer.strip(), "缺少制定机关"),
            (form.approval.strip(), "缺少批准（备案）文号"),
        )
        if not given
    ]
    if form.valid_until is None:
        found.append("缺少有效期")
    elif form.valid_until < today:
        found.append(f"有效期已于 {form.valid_until} 届满")
    return tuple(found)


# -- overlap ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How far a form asks what another asks already."""

    title: str
    number: str
    shared: tuple[str, ...]
    percent: int


_MARKS = ("measure", "index", "field", "fact", "person")


def _same(one: FieldText) -> set[str]:
    marks = {f"title:{plain(one.title)}"}
    if one.source in _MARKS:
        marks.add(f"{one.source}:{one.bind}:{one.sex}:{one.from_age}:{one.to_age}")
    return marks


def _content(form: FormText) -> list[FieldText]:
    """The fields that ask something: a place's name and a date stand in every form."""
    return [one for one in form.fields if one.source not in ("place", "post")]


def overlap(form: FormText, other: FormText) -> Overlap:
    """The share of a form's fields that another has with the same binding or the same title."""
    there: set[str] = set().union(*(_same(one) for one in _content(other)))
    mine = _content(form)
    shared = tuple(one.title for one in mine if _same(one) & there)
    percent = round(100 * len(shared) / len(mine)) if mine else 0
    return Overlap(title=other.title, number=other.number, shared=shared, percent=percent)


def overlaps(form: FormText, others: Iterable[FormText], least: int) -> tuple[Overlap, ...]:
    """The registered forms that share at least so many per cent, the worst first."""
    found = [overlap(form, one) for one in others if one.id != form.id]
    kept = [one for one in found if one.percent >= least]
    return tuple(sorted(kept, key=lambda one: (-one.percent, one.number, one.title)))


# -- cells --------------------------------------------------------------------------------------


def tidy(one: FieldText, raw: str) -> tuple[str, str]:
    """A value as it is stored, and what is wrong with it; empty is allowed while one fills."""
    text = unicodedata.normalize("NFKC", raw).strip() if one.kind != "text" else raw.strip()
    if not text:
        return "", ""
    if one.kind == "number":
        return _number(text)
    if one.kind == "date":
        try:
            return date.fromisoformat(re.sub(r"[年月/.]", "-", text).rstrip("日-")).isoformat(), ""
        except ValueError:
            return "", f"“{text[:20]}”不是日期，请写成 2026-11-05 的样子"
    return (text, "") if len(text) <= MOST_TEXT else ("", f"超过 {MOST_TEXT} 个字")


def _number(text: str) -> tuple[str, str]:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return "", f"“{text[:20]}”不是数字"
    if not _usable(number):
        return "", f"“{text[:20]}”不是可用的数字"
    return _shown(number), ""


def _usable(number: Decimal) -> bool:
    return number.is_finite() and abs(number) < _TOO_LARGE


def _rounded(number: Decimal | None) -> Decimal | None:
    """To two places; a number that no cell could hold is no answer."""
    if number is None or not _usable(number):
        return None
    return number.quantize(Decimal("0.01")).normalize()


def _shown(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _by_name(form: FormText) -> dict[str, str]:
    return {one.name: one.bind for one in form.fields if one.source == "formula"}


def numbers(form: FormText, cells: Cells, row: int) -> dict[str, Decimal | None]:
    """The numbers of a row, for formulas and checks."""
    found: dict[str, Decimal | None] = {}
    for one in form.fields:
        cell = cells.get(key(row, one.name))
        given = cell.value if cell and one.kind == "number" else ""
        found[one.name] = Decimal(given) if given else None
    return found


def compute(form: FormText, cells: Cells, rows: Sequence[int]) -> None:
    """Let every formula follow its cells; what a person wrote over one stays."""
    formulas = _by_name(form)
    for row in rows:
        known = numbers(form, cells, row)
        for name in formula.order(formulas):
            cell = cells.setdefault(key(row, name), Cell())
            if cell.state in (CHANGED, TYPED):
                continue
            made = _rounded(formula.value(formulas[name], known))
            cell.value, cell.source = ("" if made is None else _shown(made)), "按公式计算"
            cell.state = MISSING if made is None else AUTO
            known[name] = made


def whole(value: str) -> int | None:
    """A number as it can be counted; ``None``: it is none, or has a fraction."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and number == number.to_integral_value() else None


def lacking(form: FormText, cells: Cells, rows: Sequence[int]) -> tuple[Fault, ...]:
    """What keeps an answer from being handed in: cells that are empty, checks that fail."""
    found: list[Fault] = []
    for row in rows:
        where = f"第 {row} 行" if form.layout == "名册" else ""
        known = numbers(form, cells, row)
        for one in form.fields:
            cell = cells.get(key(row, one.name))
            if one.required and not (cell and cell.value):
                found.append(Fault(place=f"{where}“{one.title}”", words="没有填写"))
            if one.leaves and cell and cell.value and whole(cell.value) is None:
                found.append(Fault(place=f"{where}“{one.title}”", words="须填整数"))
            if one.check and formula.holds(one.check, known) is False:
                found.append(Fault(place=f"{where}“{one.title}”", words=f"不符合校验 {one.check}"))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """What filling in takes: every cell by hand, and as it is now."""

    before: Decimal
    after: Decimal

    @property
    def saved(self) -> Decimal:
        """What is spared."""
        return self.before - self.after


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many cells there are and how they came to be filled."""

    asked: int = 0
    auto: int = 0
    changed: int = 0
    typed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(**{name: one + getattr(other, name) for name, one in vars(self).items()})

    @property
    def percent(self) -> int | None:
        """The share that the system filled and nobody had to change; ``None`` without a cell."""
        return round(100 * self.auto / self.asked) if self.asked else None

    def hours(self, texts: FormTexts) -> Hours:
        """Before: 栏目格数 × 逐格填写的分钟 ÷ 60; an automatic cell is only looked over.

        So what is spared is 自动取得的格数 ×（逐格填写的分钟 − 核对的分钟）÷ 60.
        """
        minutes = self.auto * (texts.minutes_per_cell - texts.minutes_per_check)
        before = (self.asked * texts.minutes_per_cell / 60).quantize(Decimal("0.1"))
        saved = (minutes / 60).quantize(Decimal("0.1"))
        return Hours(before=before, after=before - saved)


def count(form: FormText, cells: Cells, rows: Sequence[int]) -> Count:
    """The cells of an answer by how they came."""
    states = [cells.get(key(row, one.name), Cell()).state for row in rows for one in form.fields]
    return Count(
        asked=len(states),
        auto=states.count(AUTO),
        changed=states.count(CHANGED),
        typed=states.count(TYPED),
    )


# -- periods ------------------------------------------------------------------------------------


def period_of(cycle: str, day: date) -> tuple[date, date]:
    """The first day of the period that a day lies in, and the first day after it."""
    if cycle == "周":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    months = {"月": 1, "季": 3, "年": 12, "一次": 1}[cycle]
    begin = (day.month - 1) // months * months
    first = date(day.year, begin + 1, 1)
    after = begin + months
    return first, date(day.year + after // 12, after % 12 + 1, 1)


# -- who is who ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who acts, as far as these rules need it."""

    unit_id: str
    level: str
    prefixes: tuple[str, ...]
    rights: frozenset[str]  # of forms.*, without the prefix

    def covers(self, region_code: str) -> bool:
        """Whether a place lies in the scope."""
        return any(region_code.startswith(one) for one in self.prefixes)


_LEVEL = {4: "city", 6: "district"}


def form_kinds(asker: Asker, issuer_unit: str, region_code: str) -> frozenset[str]:
    """Which kinds of actor somebody is towards a form: whoever drafts it does not approve it."""
    own = asker.unit_id == issuer_unit
    level = _LEVEL.get(len(region_code), "")
    found = {
        ISSUER: own and "draft" in asker.rights,
        APPROVER: not own
        and "approve" in asker.rights
        and asker.level == level
        and asker.covers(region_code),
    }
    return frozenset(kind for kind, is_one in found.items() if is_one)


def answer_kinds(asker: Asker, unit_id: str, region_code: str) -> frozenset[str]:
    """The same towards a unit's answer; a town may fill for its village (代填)."""
    here = asker.covers(region_code)
    town = asker.level == "street" and here and "check" in asker.rights
    found = {
        FILLER: ("fill" in asker.rights and asker.unit_id == unit_id) or town,
        CHECKER: town,
        LOCKER: "lock" in asker.rights and asker.level in ("district", "city") and here,
    }
    return frozenset(kind for kind, is_one in found.items() if is_one)
