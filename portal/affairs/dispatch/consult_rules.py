"""快速会商: what the answers of the units that were asked come to. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from portal.affairs.dispatch.words import ancestors
from portal.store.dispatch_texts import Fallback

Answer = Literal["认领", "不属本单位"]
CLAIMS: Answer = "认领"
DECLINES: Answer = "不属本单位"
ANSWERS: tuple[Answer, ...] = (CLAIMS, DECLINES)
OPEN, DECIDED, FALLEN = "会商中", "已定", "转兜底"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one unit answered."""

    unit_id: str
    answer: Answer
    suggested: str | None = None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Who should take it, whether that is settled, and why."""

    unit_id: str | None
    settled: bool
    fallback: bool
    reason: str


def proposal(
    asked: Sequence[str],
    said: Iterable[Said],
    *,
    first: str | None,
    due: datetime,
    now: datetime,
) -> Proposal:
    """Who takes it: who claims it; of several the one that had it first (首接负责), else the one
    asked first; nobody after the hour, or once all have declined: the fallback department."""
    answers = {one.unit_id: one for one in said if one.unit_id in asked}
    claims = [one for one in asked if one in answers and answers[one].answer == CLAIMS]
    silent = [one for one in asked if one not in answers]
    if claims:
        leads = first if first in claims else claims[0]
        return Proposal(unit_id=leads, settled=True, fallback=False, reason=_why(claims, first))
    named = _named(answers.values(), asked)
    if silent and now < due:
        return Proposal(unit_id=named, settled=False, fallback=False,
                        reason=f"尚有 {len(silent)} 个单位未答复")  # fmt: skip
    why = "会商单位均表示不属本单位职责" if not silent else "会商时限已到，无单位认领"
    return Proposal(unit_id=None, settled=True, fallback=True, reason=f"{why}，由兜底部门承办")


def _why(claims: Sequence[str], first: str | None) -> str:
    if len(claims) == 1:
        return "会商认领"
    how = "按首接负责由最先承办的单位" if first in claims else "由会商名单中列首位的单位"
    return f"{len(claims)} 个单位认领，{how}牵头"


def _named(said: Iterable[Said], asked: Sequence[str]) -> str | None:
    """A unit that those who declined agree upon, if it is one only."""
    named = {one.suggested for one in said if one.suggested and one.suggested not in asked}
    return named.pop() if len(named) == 1 else None


def fallback_target(code: str, fallbacks: Sequence[Fallback]) -> str:
    """The target that the city names for what nobody claims; the longest class decides."""
    by_class = {one.category: one.target for one in fallbacks}
    return next((by_class[one] for one in (*ancestors(code), "") if one in by_class), "")
