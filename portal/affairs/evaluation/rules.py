"""Whom a return visit asks, what may be appealed until when, and when a mark on a demand stands."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from portal.store import clock, workdays
from portal.store.dispatch_texts import EvaluationTexts, Sample
from portal.store.work_texts import HolidayYear

Rate = Literal["响应率", "按时办结率", "解决率", "满意率"]
RATES: tuple[Rate, ...] = ("响应率", "按时办结率", "解决率", "满意率")
WAITING, DONE, SPARED, UNREACHED = "待回访", "已回访", "免回访", "未接通"
ASKED, UPHELD, TURNED_DOWN = "待审核", "成立", "不成立"
PROPOSED, MARKED, NOT_MARKED, LIFTED = "待复核", "已认定", "未认定", "已撤销"
LEAST_WORDS, MOST_WORDS = 4, 500


class EvaluationError(Exception):
    """Nothing was done; the message says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def rule_for(kind: str, urgency: int, samples: Sequence[Sample]) -> Sample:
    """The first rule that fits an order; where none does, everybody is asked."""
    for one in samples:
        if one.kind in ("", kind) and one.urgency in (None, urgency):
            return one
    return Sample(share=100)


def drawn(keyed: str, share: int) -> bool:
    """Whether an order is drawn: by a keyed hash of it, so nobody picks and nobody can foresee."""
    return int(keyed[:12], 16) % 100 < share


def words_of(rule: Sample, taken: bool) -> str:
    """Why an order is visited or is not."""
    what = rule.kind or ("紧急程度 " + str(rule.urgency) if rule.urgency else "其他")
    if rule.share == 100:
        return f"{what}：全部回访"
    return f"{what}：按 {rule.share}% 抽取，{'已抽中' if taken else '未抽中'}"


def visit_due(at: datetime, texts: EvaluationTexts) -> datetime:
    """By when somebody has rung back."""
    return at + timedelta(hours=texts.hours)


def appeal_until(told: datetime, days: int, years: Iterable[HolidayYear]) -> date:
    """The last day of an appeal against what was told that day."""
    return workdays.after(clock.local(told).date(), days, years)


def may_appeal(
    now: datetime, told: datetime, rates: Sequence[str], ground: str, texts: EvaluationTexts,
    years: Iterable[HolidayYear],
) -> None:  # fmt: skip
    """Whether this may be appealed now, or the reason why not."""
    last = appeal_until(told, texts.appeal_days, years)
    if clock.local(now).date() > last:
        raise EvaluationError(
            f"申诉期限为 {texts.appeal_days} 个工作日，已于 {last:%m月%d日}届满，不能再申诉。"
        )
    if not rates or set(rates) - set(texts.appeal_rates):
        raise EvaluationError(
            f"请选择申诉的指标（{'、'.join(texts.appeal_rates)}），已填内容已保留。"
        )
    if ground not in texts.appeal_grounds:
        raise EvaluationError("请选择申诉理由，已填内容已保留。")


def second_person(first: str, second: str) -> None:
    """Two decide, and they are two persons."""
    if first == second:
        raise EvaluationError("须由另一人复核，提出人不能复核自己提出的认定。")


def mark_stands(state: str, until: date | None, today: date) -> bool:
    """Whether a mark on a demand still says anything."""
    return state == MARKED and until is not None and today <= until


def words(text: str, what: str) -> str:
    """What has to be said, tidied."""
    plain = " ".join(text.split())
    if not LEAST_WORDS <= len(plain) <= MOST_WORDS:
        raise EvaluationError(
            f"请写明{what}（{LEAST_WORDS} 至 {MOST_WORDS} 个字），已填内容已保留。"
        )
    return plain
