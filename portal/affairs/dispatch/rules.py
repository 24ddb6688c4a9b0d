"""Whom a suggestion names and why: pure, the same answer for the same question.

The catalogue is asked first (the nearest list and the most exact class before all), then what
alike orders in the same place were finally handled by, then whose duty the matter is. Every point
a unit gets has a sentence; there is no point without one. Units are compared for this one order
only; nothing is kept about them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from portal.affairs.dispatch.rows import OF_LEVEL
from portal.affairs.dispatch.words import LEVELS, Entry, ancestors
from portal.store.dispatch_texts import AdviceTexts

# A target and a level at a place -> the unit's id, or nothing when the place has none.
Resolve = Callable[[str, str], str | None]

_NEAR = {12: 1.0, 9: 0.8, 6: 0.5, 4: 0.3}  # how much a past order elsewhere still says


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A class that a text may belong to, with the words that say so."""

    code: str
    name: str
    words: tuple[str, ...]
    points: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """An entry of a list with where it stands."""

    id: int
    region_code: str
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class Past:
    """An order of the past like this one: who finally handled it, how alike, how near."""

    order_no: str
    title: str
    unit_id: str
    likeness: float
    shared: int  # how many digits of the place both have


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked about: the class, the place, the words, and who must not be named."""

    code: str
    region_code: str
    text: str
    never: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The lists that count at the place."""

    catalogue: Sequence[Line] = ()
    duties: Sequence[Line] = ()
    township: Sequence[Line] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A unit with what speaks for it."""

    unit_id: str
    points: int
    reasons: tuple[str, ...]
    helpers: tuple[str, ...] = ()
    entry_id: int | None = None


@dataclass
class _Sum:
    points: float = 0
    reasons: list[str] = field(default_factory=list)
    helpers: tuple[str, ...] = ()
    entry_id: int | None = None

    def add(self, points: float, words: str) -> None:
        self.points += points
        self.reasons.append(f"{words}（{points:+.0f}）")


def classify(text: str, classes: Iterable[Entry], most: int = 5) -> tuple[Guess, ...]:
    """The classes whose names and usual words stand in a text, the most telling first."""
    found = []
    for one in classes:
        wanted = dict.fromkeys((one.name, *one.texts("words")))
        hits = tuple(word for word in wanted if len(word) > 1 and word in text)
        if hits:
            points = sum(len(word) for word in hits) * 10 + one.code.count(".")
            found.append(Guess(code=one.code, name=one.name, words=hits, points=points))
    return tuple(sorted(found, key=lambda one: (-one.points, one.code))[:most])


def fitting(question: Question, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The entries about a class in each list: the most exact class, its fitting conditions first.

    An entry whose condition is not in the text is left out; where a condition fits, the general
    entry comes after it.
    """
    by_list: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        by_list[one.region_code].append(one)
    found: list[Line] = []
    for _, held in sorted(by_list.items(), key=lambda pair: -len(pair[0])):
        found += _of_list(question, held)
    return tuple(found)


def _of_list(question: Question, held: Sequence[Line]) -> list[Line]:
    for code in ancestors(question.code):
        there = [
            one
            for one in held
            if one.entry.code == code
            and (not one.entry.condition or condition_hit(one.entry, question.text))
        ]
        if there:
            return sorted(there, key=lambda one: (not one.entry.condition, one.id))
    return []


def condition_hit(entry: Entry, text: str) -> str:
    """The word of an entry's condition that stands in the text, or nothing."""
    return next((word for word in entry.condition.split("、") if word and word in text), "")


def recalled(question: Question, lists: Lists) -> Entry | None:
    """The township duty 上级收回 that covers a class: no township handles it then."""
    return _township(question.code, lists, "上级收回")


def helped(question: Question, lists: Lists) -> Entry | None:
    """The township duty 配合履职 that covers a class: then a township helps and does not lead."""
    return _township(question.code, lists, "配合履职")


def _township(code: str, lists: Lists, kind: str) -> Entry | None:
    for one in ancestors(code):
        there = [line.entry for line in lists.township if line.entry.code == one]
        if there:  # the most exact entry decides, whatever it says
            return next((entry for entry in there if entry.text("type") == kind), None)
    return None


def rank(
    question: Question,
    lists: Lists,
    past: Sequence[Past],
    resolve: Resolve,
    texts: AdviceTexts,
) -> tuple[Candidate, ...]:
    """The units that come into question, the best first, each with its reasons."""
    sums: dict[str, _Sum] = defaultdict(_Sum)
    _by_catalogue(sums, question, lists, resolve, texts)
    _by_history(sums, past, texts)
    _by_duty(sums, question, lists, resolve, texts)
    _by_township(sums, question, lists, resolve, texts)
    ranked = sorted(
        (
            Candidate(
                unit_id=unit_id,
                points=round(one.points),
                reasons=tuple(one.reasons),
                helpers=tuple(h for h in one.helpers if h != unit_id),
                entry_id=one.entry_id,
            )
            for unit_id, one in sums.items()
            if unit_id not in question.never and one.points > 0
        ),
        key=lambda one: (-one.points, one.unit_id),
    )
    return tuple(ranked[: texts.most])


def _by_catalogue(
    sums: dict[str, _Sum], question: Question, lists: Lists, resolve: Resolve, texts: AdviceTexts
) -> None:
    found = fitting(question, lists.catalogue)
    for place, line in enumerate(found):
        entry, level = line.entry, line.entry.text("level")
        unit_id, where = _lead(entry, level, resolve, question.never)
        if unit_id is None:
            continue
        nearer = texts.nearer * max((len(line.region_code) - 4) // 2, 0)
        held = sums[unit_id]
        base = texts.catalogue if place == 0 else texts.catalogue / 2
        whose = {4: "市", 6: "区县", 9: "乡镇（街道）"}.get(len(line.region_code), "本级")
        held.add(base, f"{whose}派单目录：{entry.code} {entry.name}由{where}承办")
        if hit := condition_hit(entry, question.text):
            held.add(texts.condition, f"目录适用条件“{hit}”与内容相符")
        if nearer:
            held.add(nearer, f"{whose}目录优先于上级目录")
        if held.entry_id is None:
            helpers = (resolve(one, level) for one in entry.texts("helpers"))
            held.entry_id = line.id
            held.helpers = tuple(dict.fromkeys(one for one in helpers if one))


def _lead(
    entry: Entry, level: str, resolve: Resolve, never: frozenset[str]
) -> tuple[str | None, str]:
    """The unit of the named level; where the place has none, or the demand is about that unit, the
    one of the next level up, and so said."""
    at, why = LEVELS.index(level) if level in LEVELS else 0, f"{level}未设对应单位"
    for step in range(at, -1, -1):
        target = entry.text(OF_LEVEL[LEVELS[step]])
        unit_id = resolve(target, LEVELS[step]) if target else None
        if unit_id in never:
            why = "诉求反映下级单位，由上级办理"
        elif unit_id is not None:
            return unit_id, LEVELS[step] if step == at else f"{LEVELS[step]}（{why}）"
    return None, ""


def _by_history(sums: dict[str, _Sum], past: Sequence[Past], texts: AdviceTexts) -> None:
    alike = [one for one in past if one.likeness >= texts.likeness]
    weight = {id(one): one.likeness * _NEAR.get(one.shared, 0.2) for one in alike}
    total = sum(weight.values())
    by_unit: dict[str, list[Past]] = defaultdict(list)
    for one in alike:
        by_unit[one.unit_id].append(one)
    for unit_id, those in by_unit.items():
        share = sum(weight[id(one)] for one in those) / total
        best = max(those, key=lambda one: (weight[id(one)], one.order_no))
        sums[unit_id].add(
            texts.history * share,
            f"近 {texts.months} 个月同类相似事项 {len(alike)} 件，"
            f"其中 {len(those)} 件由该单位办结，如 {best.order_no}《{best.title[:20]}》",
        )


def _by_duty(
    sums: dict[str, _Sum], question: Question, lists: Lists, resolve: Resolve, texts: AdviceTexts
) -> None:
    if not texts.duty:
        return
    for line in fitting(question, lists.duties)[:1]:
        target = line.entry.text("supervise")
        for level in ("区县级", "市级"):
            unit_id = resolve(target, level)
            if unit_id is not None:
                sums[unit_id].add(texts.duty, f"谁许可谁监管：{line.entry.name}由其监管")
                return


def _by_township(
    sums: dict[str, _Sum], question: Question, lists: Lists, resolve: Resolve, texts: AdviceTexts
) -> None:
    """What was taken back from the townships is not sent to them, whoever handled it before."""
    entry = recalled(question, lists)
    if entry is None:
        return
    for unit_id in {resolve("place:street", LEVELS[2]), resolve("place:community", LEVELS[3])}:
        if unit_id is not None:
            sums.pop(unit_id, None)
    lead = entry.text("lead")
    for level in ("区县级", "市级"):
        unit_id = resolve(lead, level)
        if unit_id is not None:
            words = f"乡镇（街道）职责清单：{entry.name}已由上级收回，由该单位承接"
            sums[unit_id].add(texts.duty, words)
            return
