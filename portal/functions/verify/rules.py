"""The rules of 查询核验: states, who releases, which rows may be sent, what a row came to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from portal.connectors.contract import State as AnswerState
from portal.functions.records.query import parse
from portal.functions.records.words import BadQueryError
from portal.store.sheets import Picked, letter

State = Literal["待放行", "核验中", "已完成", "未放行", "已取消", "已中止", "已过期"]
HELD: State = "待放行"
RUNNING: State = "核验中"
DONE: State = "已完成"
TURNED_DOWN: State = "未放行"
CANCELLED: State = "已取消"
STOPPED: State = "已中止"
EXPIRED: State = "已过期"
MOVES: dict[State, tuple[State, ...]] = {
    HELD: (RUNNING, TURNED_DOWN, CANCELLED, EXPIRED),
    RUNNING: (DONE, CANCELLED, STOPPED, EXPIRED),
    DONE: (EXPIRED,),
    TURNED_DOWN: (),
    CANCELLED: (),
    STOPPED: (),
    EXPIRED: (),
}
STATES: tuple[State, ...] = tuple(MOVES)
PERISHABLE: tuple[State, ...] = tuple(one for one, to in MOVES.items() if EXPIRED in to)

COLUMNS = {"name": "姓名", "id_number": "证件号", "remark": "备注"}
OPTIONAL = ("remark",)
LEAST_REASON, MOST_REASON = 4, 200
SHOWN_PROBLEMS = 200

OUT_OF_SCOPE = "不在您的管辖范围"
WRONG_NAME = "姓名与证件号不符"
ANSWERED = "已核验"
IN_PART = "部分系统未返回"
NO_ANSWER = "各系统均未返回"
NOTHING_TO_ASK = "无可核验的系统"
BROKEN = "核验出错"
MOST_ATTEMPTS = 5
_GOOD = frozenset({AnswerState.RETURNED, AnswerState.STALE, AnswerState.NOT_FOUND})

_LEVELS = {"community": 0, "street": 1, "district": 2, "city": 3}
_NOT_NAME = re.compile(r"[\s·•・‧∙⋅．.●]")


class VerifyError(Exception):
    """Nothing was done; the message says why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def move(state: State, to: State) -> State:
    """The new state, or the reason why not."""
    if to not in MOVES[state]:
        raise VerifyError(f"这批核验现为“{state}”，不能改为“{to}”，请刷新后查看。")
    return to


def reason(text: str) -> str:
    """What a batch is for, tidied."""
    plain = " ".join(text.split())
    if not LEAST_REASON <= len(plain) <= MOST_REASON:
        raise VerifyError(
            f"请写明核验事由（{LEAST_REASON} 至 {MOST_REASON} 个字），所选文件和内容已保留。"
        )
    return plain


# -- four eyes ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Who asks or releases: the person, whom they act for, and where."""

    account_id: UUID
    holder_id: UUID | None
    unit_id: str
    level: str
    region_code: str
    prefixes: tuple[str, ...] = ()

    @property
    def persons(self) -> frozenset[UUID]:
        """The person, and the one they stand in for."""
        return frozenset({self.account_id} | ({self.holder_id} if self.holder_id else set()))


def needs_release(persons: int, above: int) -> bool:
    """Whether a second person has to release a batch."""
    return persons > above


def release_problem(asked: Hand, by: Hand) -> str:
    """Why this person may not release that batch; nothing when they may."""
    if asked.persons & by.persons:
        return "提出人本人、其被代理人和代理人不能放行同一批核验，请由本单位另一人或上级办理。"
    if by.unit_id == asked.unit_id:
        return ""
    above = _LEVELS.get(by.level, 0) > _LEVELS.get(asked.level, 0)
    if above and any(asked.region_code.startswith(one) for one in by.prefixes):
        return ""
    return "只能由提出单位的另一人或其上级单位放行。"


# -- the file -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Person:
    """One row that may be sent."""

    number: int
    name: str
    id_number: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with one cell, by row and column."""

    row: int
    column: str
    words: str


def read(rows: Sequence[Picked], places: Mapping[str, int]) -> tuple[list[Person], list[Problem]]:
    """The persons of a file and everything wrong with it; ``places`` says where each column is."""
    people: list[Person] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for row in rows:
        name = _name(row, places, problems)
        id_number = _id_number(row, places, problems)
        if id_number and (first := seen.setdefault(id_number, row.number)) != row.number:
            words = f"与第 {first} 行重复"
            problems.append(_problem(row, places, "id_number", words))
        if name and id_number:
            people.append(Person(number=row.number, name=name, id_number=id_number))
    return people, problems


def _problem(row: Picked, places: Mapping[str, int], key: str, words: str) -> Problem:
    column = f"{letter(places[key])} 列（{COLUMNS[key]}）"
    return Problem(row=row.number, column=column, words=words)


def _name(row: Picked, places: Mapping[str, int], problems: list[Problem]) -> str:
    value = row.values["name"]
    name = _NOT_NAME.sub("·", " ".join(str(value or "").split()))
    if not name:
        problems.append(_problem(row, places, "name", "没有填写"))
    elif not 2 <= len(name) <= 50 or any(one.isdigit() for one in name):
        problems.append(_problem(row, places, "name", "不是姓名"))
        return ""
    return name


def _id_number(row: Picked, places: Mapping[str, int], problems: list[Problem]) -> str:
    value = row.values["id_number"]
    if value is None:
        words = "没有填写"
    elif isinstance(value, bool | float | int | date):
        words = "应为文本格式（数字格式会丢失末几位），请将该列设为文本后重新填写"
    else:
        try:
            found = parse(str(value))
        except BadQueryError as problem:
            words = problem.message
        else:
            if found.kind == "id_number":
                return found.text
            words = "不是身份证号"
    problems.append(_problem(row, places, "id_number", words))
    return ""


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for the way of writing the dot."""
    return _NOT_NAME.sub("", one) == _NOT_NAME.sub("", other)


# -- a row ----------------------------------------------------------------------------------------


def outcome(states: Sequence[AnswerState]) -> str:
    """What a row came to, from how each system answered."""
    if not states:
        return NOTHING_TO_ASK
    good = sum(one in _GOOD for one in states)
    if good == len(states):
        return ANSWERED
    return IN_PART if good else NO_ANSWER


def number(day: date, sequence: int) -> str:
    """HY-20261123-0001."""
    return f"HY-{day:%Y%m%d}-{sequence:04d}"
