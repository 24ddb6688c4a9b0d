"""The rules of a correction request: its states and moves, its limit, what must be said."""

from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import date
from typing import Literal
from uuid import UUID

from portal.store import workdays
from portal.store.work_texts import CorrectionTexts, HolidayYear

State = Literal["已提出", "受理中", "已更正", "不予更正", "已撤回", "超期"]
ASKED: State = "已提出"
TAKEN: State = "受理中"
CORRECTED: State = "已更正"
REFUSED: State = "不予更正"
WITHDRAWN: State = "已撤回"
OVERDUE: State = "超期"

# An overdue request is still to be decided; taking it up then would only hide that it is late.
MOVES: dict[State, tuple[State, ...]] = {
    ASKED: (TAKEN, CORRECTED, REFUSED, WITHDRAWN, OVERDUE),
    TAKEN: (CORRECTED, REFUSED, WITHDRAWN, OVERDUE),
    OVERDUE: (CORRECTED, REFUSED, WITHDRAWN),
    CORRECTED: (),
    REFUSED: (),
    WITHDRAWN: (),
}
STATES: tuple[State, ...] = tuple(MOVES)
OPEN: tuple[State, ...] = tuple(state for state, to in MOVES.items() if to)

LEAST_REASON, MOST_WORDS, MOST_VALUE = 4, 300, 200


class CorrectionError(Exception):
    """Nothing was done; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is asked for: whose value, in which system, what it says and what it should say."""

    subject_id: UUID
    subject_hash: str
    person: str  # masked
    region_code: str
    system_id: str
    system_name: str
    owner: str
    field: str
    label: str
    seen: str = hidden(repr=False)
    proposed: str = hidden(repr=False)
    seen_shown: str  # masked as the field is
    proposed_shown: str
    source: str  # where the proposed value comes from
    ground: str
    remark: str = hidden(repr=False)
    simulated: bool


def move(state: State, to: State) -> State:
    """The new state, or the reason why not."""
    if to not in MOVES[state]:
        raise CorrectionError(f"该校核申请现为“{state}”，不能改为“{to}”，请刷新后查看。")
    return to


def ground(code: str, texts: CorrectionTexts) -> str:
    """A ground that may be chosen."""
    if code not in {one.code for one in texts.grounds}:
        raise CorrectionError("请先选择校核理由，已填内容已保留。")
    return code


def proposed(text: str) -> str:
    """The value that ought to stand there, tidied."""
    plain = " ".join(text.split())
    if not plain or len(plain) > MOST_VALUE:
        raise CorrectionError(f"请填写建议更正为的内容（1 至 {MOST_VALUE} 个字），已填内容已保留。")
    return plain


def remark(text: str) -> str:
    """A remark, tidied; it may be left out."""
    plain = " ".join(text.split())
    if len(plain) > MOST_WORDS:
        raise CorrectionError(f"说明最多 {MOST_WORDS} 个字，现为 {len(plain)} 个字，已保留。")
    return plain


def reason(text: str) -> str:
    """Why something is not corrected: never left out."""
    plain = " ".join(text.split())
    if not LEAST_REASON <= len(plain) <= MOST_WORDS:
        raise CorrectionError(
            f"请写明不予更正的原因（{LEAST_REASON} 至 {MOST_WORDS} 个字），已填内容已保留。"
        )
    return plain


def due_on(asked: date, working_days: int, years: tuple[HolidayYear, ...]) -> date:
    """By when the owner answers."""
    return workdays.after(asked, working_days, years)


def is_late(state: State, due: date, today: date) -> bool:
    """Whether an open request becomes an overdue one."""
    return OVERDUE in MOVES[state] and due < today


def number(day: date, sequence: int) -> str:
    """JH-20261123-0001."""
    return f"JH-{day:%Y%m%d}-{sequence:04d}"
