"""Changes of divisions: what is possible, and what becomes of the numbers. Pure, no database.

A change names a day and some steps. A step that would make the numbers wrong or lose a place is
refused with its place and reason. What a place had goes to its heirs: to one whole, to several by
shares that the decision states, never by shares that somebody guesses. Without shares a place that
was split keeps what it had, as a line of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["merge", "split", "rename", "recode", "found", "close"]
KINDS: Mapping[Kind, str] = {
    "merge": "合并",
    "split": "拆分",
    "rename": "更名",
    "recode": "改码",
    "found": "新设",
    "close": "撤销",
}
LEVELS: Mapping[int, str] = {4: "city", 6: "district", 9: "street", 12: "community"}
ABOVE: Mapping[int, int] = {12: 9, 9: 6, 6: 4}
# How many places a kind of step has before and after it, at the least and at the most.
_COUNTS: Mapping[Kind, tuple[range, range]] = {
    "merge": (range(1, 1000), range(1, 2)),
    "split": (range(1, 2), range(2, 1000)),
    "rename": (range(1, 2), range(1, 2)),
    "recode": (range(1, 2), range(1, 2)),
    "found": (range(1), range(1, 2)),
    "close": (range(1, 2), range(1)),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Heir(_Strict):
    """A place that a step leads to; a new one needs its name."""

    code: str
    name: str = ""
    share: str = ""


class Step(_Strict):
    """What happens to some places at once."""

    kind: Kind
    old: tuple[str, ...] = ()
    into: tuple[Heir, ...] = ()


class ChangeFile(_Strict):
    """A file of ``divisions change``: one decision, one day."""

    day: date
    document: str
    step: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place with the days on which it is one."""

    code: str
    name: str
    since: date | None = None
    until: date | None = None

    def valid(self, day: date) -> bool:
        """Whether there is such a place on a day."""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day < self.until)


@dataclass(frozen=True, kw_only=True)
class Passing:
    """That what a place had goes to heirs from a day on."""

    day: date
    old: str
    heirs: tuple[tuple[str, Fraction], ...]


Book = Mapping[str, Place]


# -- what is possible -----------------------------------------------------------------------------


def _share(text: str) -> Fraction | None:
    try:
        return Fraction(text) if text else None
    except (ValueError, ZeroDivisionError):
        return Fraction(-1)


def _of_old(step: Step, book: Book, day: date) -> Iterable[str]:
    for code in step.old:
        known = book.get(code)
        if known is None:
            yield f"没有区划 {code}"
        elif not known.valid(day):
            yield f"区划 {code} 在当日不存在或已撤销"
        elif len(code) == 4:
            yield "市本级不能变更"
    if len(set(step.old)) < len(step.old):
        yield "原区划重复"


def _of_code(step: Step, heir: Heir, book: Book, day: date) -> str | None:
    known = book.get(heir.code)
    if not heir.code.isdigit() or len(heir.code) not in ABOVE:
        return f"新代码 {heir.code} 不是区县、乡镇（街道）或社区（村）的代码"
    if known is None:
        return None if heir.name.strip() else f"新区划 {heir.code} 没有名称"
    if not known.valid(day):
        return f"代码 {heir.code} 已用过或尚未启用，不能再用"
    if step.kind in ("found", "recode"):
        return f"代码 {heir.code} 已有区划“{known.name}”，不能再用"
    return None


def _of_new(step: Step, book: Book, day: date) -> Iterable[str]:
    levels = {len(one) for one in (*step.old, *(one.code for one in step.into))}
    if len(levels) > 1:
        yield "原区划与新区划不是同一级"
    yield from (said for one in step.into if (said := _of_code(step, one, book, day)))
    if len({one.code for one in step.into}) < len(step.into):
        yield "新区划重复"


def _of_shares(step: Step) -> Iterable[str]:
    shares = [_share(one.share) for one in step.into]
    if all(one is None for one in shares):
        return
    if step.kind != "split":
        yield "只有拆分写份额"
    elif step.old[0] in {one.code for one in step.into}:
        # What it has from then on is its own; only a code of its own tells before from after.
        yield "保留原代码的拆分不写份额，或为保留部分启用新代码"
    elif any(one is None or not 0 < one <= 1 for one in shares):
        yield "份额应为 0 到 1 之间的分数（例如 3/5），并且全部写明或全部不写"
    elif sum(one for one in shares if one is not None) != 1:
        yield "各份额之和不是 1"


def _of_name(step: Step, book: Book) -> Iterable[str]:
    if step.kind == "merge" and set(step.old) == {step.into[0].code}:
        yield "不能与自己合并"
    if step.kind != "rename":
        return
    old, new = book.get(step.old[0]), step.into[0]
    if new.code != step.old[0]:
        yield "更名不能改代码，改代码用 recode"
    elif not new.name.strip() or (old is not None and new.name == old.name):
        yield "新名称没有写，或与原名称相同"


def _of_step(step: Step, book: Book, day: date) -> list[str]:
    before, after = _COUNTS[step.kind]
    if len(step.old) not in before or len(step.into) not in after:
        return ["原区划或新区划的个数不对"]
    return [
        *_of_old(step, book, day),
        *_of_new(step, book, day),
        *_of_shares(step),
        *_of_name(step, book),
    ]


def problems(file: ChangeFile, book: Book) -> list[str]:
    """Why a change is impossible, step by step; nothing: it is possible."""
    found = [] if file.document.strip() else ["没有写明依据文件（document）"]
    if not file.step:
        found.append("没有任何变更（step）")
    seen: dict[str, int] = {}
    new: dict[str, int] = {}
    for number, step in enumerate(file.step, start=1):
        said = _of_step(step, book, file.day)
        said += [f"区划 {one} 已在第{seen[one]}项中变更" for one in step.old if one in seen]
        made = [one.code for one in step.into if one.code not in book]
        said += [f"代码 {one} 已在第{new[one]}项中启用" for one in made if one in new]
        said += [f"区划 {one.code} 已在第{seen[one.code]}项中变更" for one in step.into
                 if one.code in seen and one.code not in step.old]  # fmt: skip
        seen |= dict.fromkeys(step.old, number)
        new |= dict.fromkeys(made, number)
        found += [f"第{number}项（{KINDS[step.kind]}）：{one}" for one in said]
    return found or _of_tree(file, book)


def _of_tree(file: ChangeFile, book: Book) -> list[str]:
    """Every place must lie in one that is there."""
    after = applied(file, book)
    touched = {one for step in file.step for one in (*step.old, *(h.code for h in step.into))}
    found = []
    for one in after.values():
        if not one.valid(file.day) or len(one.code) not in ABOVE:
            continue
        above = after.get(one.code[: ABOVE[len(one.code)]])
        if above is not None and above.valid(file.day):
            continue
        if one.code in touched or (above is not None and above.code in touched):
            gone = f"上级“{above.name}”（{above.code}）已撤销" if above else "没有上级区划"
            found.append(f"{one.name}（{one.code}）：{gone}，请在同一文件中一并变更")
    return found


# -- what becomes of it ---------------------------------------------------------------------------


def retired(step: Step) -> tuple[str, ...]:
    """The places that a step ends."""
    kept = {one.code for one in step.into}
    return tuple(one for one in step.old if one not in kept)


def applied(file: ChangeFile, book: Book) -> dict[str, Place]:
    """The places with their days after a change."""
    after = dict(book)
    for step in file.step:
        for code in retired(step):
            after[code] = replace(after[code], until=file.day)
        for heir in step.into:
            if heir.code not in after:
                after[heir.code] = Place(code=heir.code, name=heir.name, since=file.day)
            elif heir.name:
                after[heir.code] = replace(after[heir.code], name=heir.name)
    return after


def passings(day: date, step: Step) -> list[Passing]:
    """To whom a step gives what its places had."""
    if step.kind in ("merge", "recode"):
        heir = step.into[0].code
        gone = (one for one in step.old if one != heir)
        return [Passing(day=day, old=one, heirs=((heir, Fraction(1)),)) for one in gone]
    if step.kind == "split" and all(one.share for one in step.into):
        shared = tuple((one.code, Fraction(one.share)) for one in step.into)
        return [Passing(day=day, old=step.old[0], heirs=shared)]
    return []


def heirs(code: str, passed: Sequence[Passing]) -> dict[str, Fraction]:
    """Who has today what a place had, by share; itself when nobody."""
    found = {code: Fraction(1)}
    for one in sorted(passed, key=lambda each: each.day):
        share = found.pop(one.old, None)
        if share is None:
            continue
        for heir, part in one.heirs:
            found[heir] = found.get(heir, Fraction(0)) + share * part
    return found


def allot(number: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """A whole number in whole parts that add up to it; the largest remainders get what is left."""
    exact = {code: abs(number) * share for code, share in shares.items()}
    parts = {code: int(one) for code, one in exact.items()}
    left = abs(number) - sum(parts.values())
    by_rest = sorted(exact, key=lambda code: (parts[code] - exact[code], code))
    for code in by_rest[:left]:
        parts[code] += 1
    return parts if number >= 0 else {code: -one for code, one in parts.items()}
