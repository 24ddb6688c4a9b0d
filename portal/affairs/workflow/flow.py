"""What may follow what: a flow read from the city pack, checked once, asked at every move.

Pure: no clock, no database. The vocabularies of needs and effects belong to the code; which move
needs and starts which of them belongs to the city.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from portal.store.flow_texts import FILE, FlowText, MoveText, StateText

Form = Mapping[str, Any]
EVERYWHERE = "*"
KEPT = "已填内容已保留。"


class FlowError(Exception):
    """A move that is not made; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadFlowError(ValueError):
    """A flow that cannot be used: file, line and reason, for whoever edits the city pack."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What a flow of one affair may speak of."""

    who: frozenset[str]
    effects: frozenset[str]


# -- what a move needs ------------------------------------------------------------------------

MOST = {"text": 2000, "reason": 500, "legal_basis": 300, "words": 500, "answer": 2000}
LEAST = {"text": 4, "reason": 4, "legal_basis": 4, "answer": 4}
LABELS = {
    "text": "办理情况",
    "answer": "答复内容",
    "reason": "原因",
    "words": "说明",
    "attachment": "附件",
    "unit": "承办单位",
    "units": "单位",
    "level": "紧急程度",
    "category": "事项分类",
    "legal_basis": "依据",
    "suggested_unit": "建议承办单位",
    "visit_answers": "回访结果",
    "until": "截止日期",
    "target": "对应编号",
    "parts": "拆分内容",
    "way": "办理方式",
}


def tidy(name: str, value: object) -> object:
    """A text without its margins; anything else as it is."""
    return value.strip() if isinstance(value, str) else value


def _fault(name: str, value: object) -> str | None:
    """What is wrong with one item of a form, in words."""
    label = LABELS.get(name, name)
    if value is None or value in ("", (), [], {}):
        return f"请填写“{label}”"
    if not isinstance(value, str):
        return None
    least, most = LEAST.get(name, 1), MOST.get(name, 200)
    if not least <= len(value) <= most:
        return f"“{label}”须为 {least} 至 {most} 个字，现为 {len(value)} 个字"
    return None


# -- the flow ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Flow:
    """States and moves that were found sound."""

    text: FlowText

    @cached_property
    def states(self) -> dict[str, StateText]:
        """The states by their word."""
        return {one.id: one for one in self.text.state}

    @cached_property
    def moves(self) -> dict[str, MoveText]:
        """The moves by their id."""
        return {one.id: one for one in self.text.move}

    @cached_property
    def open(self) -> tuple[str, ...]:
        """The states in which something has still to happen."""
        return tuple(one.id for one in self.text.state if one.group != "done")

    @cached_property
    def clocked(self) -> tuple[str, ...]:
        """The states in which the limit runs."""
        return tuple(one.id for one in self.text.state if one.clock)

    def sources(self, move: MoveText) -> tuple[str, ...]:
        """From which states a move starts."""
        return self.open if EVERYWHERE in move.from_ else move.from_

    def moves_from(self, state: str) -> tuple[MoveText, ...]:
        """The moves that a state allows to somebody."""
        return tuple(one for one in self.text.move if state in self.sources(one))

    def offered(self, state: str, kinds: Collection[str]) -> tuple[MoveText, ...]:
        """The moves that a state allows to these kinds of actors."""
        return tuple(one for one in self.moves_from(state) if set(one.who) & set(kinds))

    def check(self, state: str, move_id: str, kinds: Collection[str], form: Form) -> MoveText:
        """The move, or the reason why not."""
        move = self.moves.get(move_id)
        if move is None:
            raise FlowError(f"没有名为“{move_id}”的操作，{KEPT}")
        if state not in self.sources(move):
            can = "、".join(one.label for one in self.moves_from(state)) or "无"
            raise FlowError(
                f"{self.text.name}现为“{state}”，不能“{move.label}”（此时可办：{can}），{KEPT}"
            )
        if not set(move.who) & set(kinds):
            who = "、".join(move.who)
            raise FlowError(f"“{move.label}”须由{who}办理，本岗位不能办理，{KEPT}")
        self.check_form(move, form)
        return move

    def check_form(self, move: MoveText, form: Form) -> None:
        """Whether everything a move needs is there and fit."""
        faults = [_fault(name, tidy(name, form.get(name))) for name in move.needs]
        given = (name for name in move.takes if form.get(name) not in (None, "", (), [], {}))
        faults += [_fault(name, tidy(name, form.get(name))) for name in given]
        if told := [one for one in faults if one]:
            raise FlowError(f"{'；'.join(told)}。{KEPT}")

    def target(self, move: MoveText, state: str, chosen: str | None) -> str:
        """Where a move leads; an effect may have chosen among what the move allows."""
        if not move.to:
            return state
        if chosen is None and len(move.to) == 1:
            return move.to[0]
        if chosen not in move.to:
            raise FlowError(f"“{move.label}”之后应为{'、'.join(move.to)}之一，未作改动。")
        return chosen


# -- reading ----------------------------------------------------------------------------------


def sound(text: FlowText, vocabulary: Vocabulary, folder: Path) -> Flow:
    """The flow, or every fault of it with file and line."""
    where = _Lines(folder / FILE)
    faults = [*_names(text, where), *_words(text, vocabulary, where)]
    if not faults:  # what leads where is only to be asked when every name is known
        faults = _ways(Flow(text=text), where)
    if faults:
        raise BadFlowError("；".join(faults))
    return Flow(text=text)


class _Lines:
    """Says where in the file a name stands."""

    def __init__(self, file: Path) -> None:
        self._name = file.name
        self._lines = file.read_text("utf-8").splitlines() if file.exists() else []

    def of(self, name: str, what: str) -> str:
        """``flows.toml 第 12 行：…``"""
        quoted = f'"{name}"'
        at = next((n for n, line in enumerate(self._lines, 1) if quoted in line), None)
        return f"{self._name}{f' 第 {at} 行' if at else ''}：{what}"


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [one for one in names if one in seen or seen.add(one)]  # type: ignore[func-returns-value]


def _names(text: FlowText, where: _Lines) -> list[str]:
    known = {one.id for one in text.state}
    faults = [where.of(one, f"状态“{one}”重复") for one in _twice(s.id for s in text.state)]
    faults += [where.of(one, f"操作“{one}”重复") for one in _twice(m.id for m in text.move)]
    if text.first not in known:
        faults.append(where.of(text.first, f"起始状态“{text.first}”没有定义"))
    for move in text.move:
        named = {*move.from_, *move.to} - known - {EVERYWHERE}
        faults += [
            where.of(one, f"操作“{move.id}”提到未定义的状态“{one}”") for one in sorted(named)
        ]
    return faults


def _words(text: FlowText, vocabulary: Vocabulary, where: _Lines) -> list[str]:
    checks: tuple[tuple[str, Callable[[MoveText], Iterable[str]], Collection[str]], ...] = (
        ("办理主体", lambda move: move.who, vocabulary.who),
        ("必填项", lambda move: (*move.needs, *move.takes), LABELS.keys()),
        ("后续动作", lambda move: move.starts, vocabulary.effects),
    )
    return [
        where.of(one, f"操作“{move.id}”的{what}“{one}”不认识")
        for move in text.move
        for what, said, known in checks
        for one in said(move)
        if one not in known
    ] + [
        where.of(state.id, f"状态“{state.id}”的待办方“{state.waits}”不认识")
        for state in text.state
        if state.waits and state.waits not in vocabulary.who
    ]


def _ways(flow: Flow, where: _Lines) -> list[str]:
    """States that cannot be reached, and states from which no end can be."""
    leads = {
        state: {to for move in flow.moves_from(state) for to in move.to} for state in flow.states
    }
    reached, edge = {flow.text.first}, {flow.text.first}
    while edge:
        edge = set().union(*(leads[one] for one in edge)) - reached
        reached |= edge
    ending = {one.id for one in flow.text.state if one.end}
    while more := {one for one, to in leads.items() if to & ending} - ending:
        ending |= more
    faults = [where.of(s, f"状态“{s}”无法到达") for s in flow.states if s not in reached]
    faults += [where.of(s, f"状态“{s}”没有出路") for s in flow.states if s not in ending]
    return faults
