"""The rules of feedback: its kinds, its states and the moves between them, how long a text is."""

import re
from typing import Literal

Kind = Literal["报错", "建议", "投诉", "数据有误"]
KINDS: tuple[Kind, ...] = ("报错", "建议", "投诉", "数据有误")

State = Literal["待处理", "已答复", "已关闭"]
WAITING: State = "待处理"
ANSWERED: State = "已答复"
CLOSED: State = "已关闭"
MOVES: dict[State, tuple[State, ...]] = {
    WAITING: (ANSWERED,),
    ANSWERED: (ANSWERED, CLOSED),  # an answer may be completed until the matter is closed
    CLOSED: (),
}
LEAST, MOST = 5, 1000
_PAGE = re.compile(r"[a-z_/]{1,40}")
_TRACE = re.compile(r"[0-9a-f]{4,32}")


class BadFeedbackError(Exception):
    """It cannot be taken; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def kind(chosen: str | None) -> Kind:
    """One of the kinds; anything else is asked for again."""
    for one in KINDS:
        if one == chosen:
            return one
    raise BadFeedbackError("请先选择类别（报错、建议、投诉或数据有误），已填内容已保留。")


def words(text: str, what: str = "内容") -> str:
    """The text, tidied; lines stay lines."""
    plain = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if not LEAST <= len(plain) <= MOST:
        raise BadFeedbackError(
            f"{what}应为 {LEAST} 至 {MOST} 个字，现为 {len(plain)} 个字，已填内容已保留。"
        )
    return plain


def page(given: str) -> str:
    """The page's address without what follows it: a query could name a case."""
    return given if _PAGE.fullmatch(given) else "home"


def trace(given: str) -> str:
    """The number of the run that the person looked at, if it is one."""
    return given if _TRACE.fullmatch(given) else ""


def move(state: State, to: State) -> State:
    """The new state, or why not."""
    if to not in MOVES[state]:
        raise BadFeedbackError(f"该反馈现为“{state}”，不能改为“{to}”，请刷新后查看。")
    return to
