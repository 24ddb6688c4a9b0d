"""The rules of a case: its two states, the one move between them, and its number."""

from datetime import date, timedelta
from typing import Literal

State = Literal["办理中", "已办结"]
OPEN: State = "办理中"
CLOSED: State = "已办结"

MOVES: dict[State, tuple[State, ...]] = {OPEN: (CLOSED,), CLOSED: ()}
LEAST_RESULT = 2
MOST_RESULT = 500


class IllegalMoveError(Exception):
    """The case cannot go there; the message is for the clerk."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def move(state: State, to: State) -> State:
    """The new state, or the reason why not."""
    if to not in MOVES[state]:
        raise IllegalMoveError(
            f"该事项现为“{state}”，不能改为“{to}”，可能已由他人办结，请刷新查看。"
        )
    return to


def result_text(text: str) -> str:
    """The result of handling, tidied; a case is not closed without saying how."""
    plain = " ".join(text.split())
    if not LEAST_RESULT <= len(plain) <= MOST_RESULT:
        raise IllegalMoveError(
            f"请填写办理结果（{LEAST_RESULT} 至 {MOST_RESULT} 个字），已填内容已保留。"
        )
    return plain


Due = Literal["逾期", "今天到期", "本周到期", "以后到期", "不限时"]
DUE_SOON: tuple[Due, ...] = ("逾期", "今天到期", "本周到期")


def due(due_on: date | None, today: date) -> Due:
    """How near a case's limit is, by the calendar; a week ends on Sunday.

    The limit itself is the source's: no working days are counted here.
    """
    if due_on is None:
        return "不限时"
    if due_on < today:
        return "逾期"
    if due_on == today:
        return "今天到期"
    sunday = today + timedelta(days=6 - today.weekday())
    return "本周到期" if due_on <= sunday else "以后到期"


def number(day: date, sequence: int) -> str:
    """SX-20261123-0001."""
    return f"SX-{day:%Y%m%d}-{sequence:04d}"
