"""When an order is urged, in which colour and whom it concerns; what a 督办单 may become."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from portal.store import clock
from portal.store.dispatch_texts import Colour, Rung, Stage

SheetState = Literal["拟发", "已签发", "已反馈", "已销号", "不发"]
DRAFTED: SheetState = "拟发"
ISSUED: SheetState = "已签发"
ANSWERED: SheetState = "已反馈"
ENDED: SheetState = "已销号"
DROPPED: SheetState = "不发"
SHEET_MOVES: dict[SheetState, tuple[SheetState, ...]] = {
    DRAFTED: (ISSUED, DROPPED),
    ISSUED: (ANSWERED, ENDED),
    ANSWERED: (ISSUED, ENDED),  # an answer that does not satisfy goes back
    ENDED: (),
    DROPPED: (),
}
LEAST_WORDS, MOST_WORDS = 4, 500
_SEVERITY: dict[Colour, int] = {"蓝": 1, "黄": 2, "红": 3}


class SupervisionError(Exception):
    """Nothing was done; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def falls(stage: Stage, deadline: datetime, urgency: int) -> datetime:
    """The moment from which a stage is due for a limit."""
    if stage.day:
        local = clock.local(deadline)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(deadline.tzinfo)
    return deadline + timedelta(hours=stage.offset(urgency))


def come(
    stages: Sequence[Stage], deadline: datetime, urgency: int, now: datetime
) -> tuple[Stage, ...]:
    """The stages that have come, the latest last; of two at one moment the later of the list."""
    fallen = [
        (falls(one, deadline, urgency), place, one)
        for place, one in enumerate(stages)
        if falls(one, deadline, urgency) <= now
    ]
    return tuple(one for _, _, one in sorted(fallen, key=lambda each: each[:2]))


def colour(
    stages: Sequence[Stage], deadline: datetime | None, urgency: int, now: datetime
) -> Colour | None:
    """The colour an order carries now: the gravest of what has come."""
    if deadline is None:
        return None
    seen: list[Colour] = [one.colour for one in come(stages, deadline, urgency, now)]
    return max(seen, key=lambda one: _SEVERITY[one], default=None)


def rung_level(rung: Rung) -> str | None:
    """Of which level the desk is that a rung means; nothing: a unit of the order's own."""
    return {"乡镇（街道）": "street", "区县": "district", "市": "city"}.get(rung)


def move(state: SheetState, to: SheetState) -> SheetState:
    """The new state of a 督办单, or the reason why not."""
    if to not in SHEET_MOVES[state]:
        raise SupervisionError(f"该督办单现为“{state}”，不能改为“{to}”，已填内容已保留，请刷新。")
    return to


def words(text: str, what: str) -> str:
    """What has to be said, tidied: an answer, a reason."""
    plain = " ".join(text.split())
    if not LEAST_WORDS <= len(plain) <= MOST_WORDS:
        raise SupervisionError(
            f"请写明{what}（{LEAST_WORDS} 至 {MOST_WORDS} 个字），已填内容已保留。"
        )
    return plain


def number(day: datetime, sequence: int) -> str:
    """DB-20261123-00001: a gap in the numbers means nothing."""
    return f"DB-{clock.local(day):%Y%m%d}-{sequence:05d}"


def signed(name: str, acting_for: str | None) -> str:
    """Who stands under a sheet: a deputy signs with whose post it is."""
    return f"{name}（代 {acting_for}）" if acting_for else name
