"""The rules of a work order: its limits, returns, extensions, and who is who. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from portal.affairs.workflow.flow import FlowError, Vocabulary
from portal.store import clock, workdays
from portal.store.order_texts import DayRule, OrderTexts
from portal.store.work_texts import HolidayYear

Years = tuple[HolidayYear, ...]


class OrderError(FlowError):
    """Nothing was done; the message says why and what was kept."""


# -- limits -------------------------------------------------------------------------------------


def days_later(
    start: datetime, days: int, rule: DayRule, texts: OrderTexts, years: Years
) -> datetime:
    """The hour at which so many days are over; the first day does not count."""
    first = clock.local(start).date()
    last = workdays.after(first, days, years) if rule == "工作日" else first + timedelta(days=days)
    return datetime.combine(last, texts.day_ends, clock.LOCAL)


def due_at(
    start: datetime, urgency: int, rule: DayRule, texts: OrderTexts, years: Years
) -> datetime:
    """By when an order of this urgency is handled."""
    return days_later(start, texts.of_level(urgency).days, rule, texts, years)


def respond_due_at(start: datetime, urgency: int, texts: OrderTexts) -> datetime:
    """By when whoever called has heard from the unit: hours run through nights and holidays."""
    return start + timedelta(hours=texts.of_level(urgency).respond_hours)


def may_return(
    now: datetime, dispatched: datetime, returns: int, texts: OrderTexts, years: Years
) -> None:
    """A unit gives an order back once, and soon."""
    if returns >= texts.return_most:
        raise OrderError(f"本单位已退单 {returns} 次，不能再退单。可“提出争议”，已填内容已保留。")
    last = days_later(dispatched, texts.return_working_days, "工作日", texts, years)
    if now > last:
        raise OrderError(
            f"退单须在派单后 {texts.return_working_days} 个工作日内（{_moment(last)}前）提出，"
            "现已超过。可“提出争议”，已填内容已保留。"
        )


def may_extend(now: datetime, deadline: datetime, extends: int, texts: OrderTexts) -> None:
    """More time is asked for once, before the day's last hour for it, and not when it is late."""
    if extends >= texts.extend_most:
        raise OrderError(f"该工单已延期 {extends} 次，不能再申请，已填内容已保留。")
    if now >= deadline:
        raise OrderError(f"该工单已于 {_moment(deadline)} 到期，不能再申请延期，已填内容已保留。")
    if clock.local(now).time() >= texts.extend_before:
        raise OrderError(
            f"每日 {texts.extend_before:%H:%M} 之后不受理延期申请，请于次日到期之前申请，"
            "已填内容已保留。"
        )


def extended(
    until: datetime, deadline: datetime, rule: DayRule, texts: OrderTexts, years: Years
) -> datetime:
    """The new limit that is asked for, or why it cannot be."""
    most = days_later(deadline, texts.extend_days, rule, texts, years)
    if not deadline < until <= most:
        raise OrderError(
            f"延期须在现时限（{_moment(deadline)}）之后、{_moment(most)}之前，已填内容已保留。"
        )
    return until


def _moment(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}"


# -- who is who ---------------------------------------------------------------------------------

HOLDER, HOLDING_DESK, HELPER = "承办单位", "承办派单", "协办单位"
DESK, ABOVE, SUPERVISOR = "派单单位", "上级", "督办单位"
VISITOR, REGISTRAR, PLATFORM = "回访单位", "登记单位", "平台"
KINDS = frozenset(
    {HOLDER, HOLDING_DESK, HELPER, DESK, ABOVE, SUPERVISOR, VISITOR, REGISTRAR, PLATFORM}
)
RANK = {"city": 4, "district": 3, "street": 2, "community": 1}

EFFECTS = frozenset(
    {"派出", "撤回", "会商", "兜底派出", "记原状态", "回原状态", "申请退单", "退回派单", "签收",
     "首次联系", "增加协办", "协办反馈", "转下级", "提上级", "申请延期", "批准延期", "挂账", "销账",
     "恢复办理", "答复", "审核通过", "回访", "记回访", "督办", "通知上级", "重算时限", "并单",
     "拆单", "保密", "收附件", "来源撤销"}
)  # fmt: skip
VOCABULARY = Vocabulary(who=KINDS, effects=EFFECTS)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who acts, as far as these rules need it."""

    unit_id: str
    level: str
    prefixes: tuple[str, ...]
    rights: frozenset[str]  # of orders.*, without the prefix

    def covers(self, region_code: str) -> bool:
        """Whether a place lies in the scope."""
        return any(region_code.startswith(one) for one in self.prefixes)


class Order(Protocol):
    """A row of ``work_order``, as far as these rules need it."""

    @property
    def unit_id(self) -> str: ...
    @property
    def lead_unit(self) -> str | None: ...
    @property
    def dispatch_unit(self) -> str | None: ...
    @property
    def region_code(self) -> str: ...
    @property
    def seat_units(self) -> list[str]: ...


def kinds(asker: Asker, order: Order, holder_level: str, helpers: Iterable[str]) -> frozenset[str]:
    """Which kinds of actor somebody is towards an order."""
    me, rights = asker.unit_id, asker.rights
    holds, covers = order.unit_id == me, asker.covers(order.region_code)
    seated = me in order.seat_units
    higher = RANK[asker.level] > RANK[holder_level] or order.dispatch_unit == me
    found = {
        HOLDER: holds and bool(rights & {"handle", "dispatch"}),
        HOLDING_DESK: holds and "dispatch" in rights,
        HELPER: "handle" in rights and me in set(helpers),
        DESK: "dispatch" in rights and order.dispatch_unit == me,
        ABOVE: "dispatch" in rights and not holds and higher and (covers or seated),
        SUPERVISOR: "supervise" in rights and not holds and (covers or seated),
        VISITOR: "visit" in rights
        and me not in (order.unit_id, order.lead_unit)
        and (covers or seated),
        REGISTRAR: "register" in rights and (covers or seated),
    }
    return frozenset(kind for kind, is_one in found.items() if is_one)


# -- what a visit says --------------------------------------------------------------------------

RESOLVED = ("已解决", "部分解决", "未解决")
SATISFIED = ("满意", "基本满意", "不满意")
CLOSED, REDO, SUPERVISED = "已办结", "重办", "督办"


def visited(answers: Any, redone: int, texts: OrderTexts) -> tuple[str, str, str]:
    """What whoever called said, and where it leads: closed, done again once, then supervised."""
    try:
        resolved, satisfied = answers["resolved"], answers["satisfied"]
    except (TypeError, KeyError):
        raise OrderError("请选择是否解决和是否满意，已填内容已保留。") from None
    if resolved not in RESOLVED or satisfied not in SATISFIED:
        raise OrderError("回访结果不在可选范围内，已填内容已保留。")
    if resolved != "未解决" and satisfied != "不满意":
        return resolved, satisfied, CLOSED
    return resolved, satisfied, REDO if redone < texts.redo_most else SUPERVISED
