"""One morning paper: numbers from the measures, cases from the open orders, by one's own scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from auth import permissions
from auth.principal import Principal
from portal.affairs.briefing import rules
from portal.affairs.briefing.rules import Figure
from portal.affairs.orders import queries, tally
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.queries import OrderRow
from portal.settings import settings
from portal.store import clock, divisions, measure_reads
from portal.store.briefing_texts import BriefNumber
from portal.store.citypack import pack
from portal.store.measure_words import Period
from portal.store.papers import Paper
from portal.store.scope import scoped

VIEW = queries.VIEW
_SHORT = 40
MOST_TITLE, MOST_UNIT = 44, 24  # two lines of the title's size, one below it
MOST_CASE = 150  # letters of a case: however long its names are, the paper stays one page


@dataclass(frozen=True, kw_only=True)
class Made:
    """A paper, or why there is none."""

    title: str
    content: bytes | None
    why: str | None


def make(principal: Principal, today: date) -> Made:
    """The paper of a post for the morning of a day."""
    region = principal.unit.region_code
    permissions.check(principal, VIEW, region)
    texts = pack().briefing
    with scoped(principal.reach) as connection:
        figures = [_figure(connection, region, one, today) for one in texts.number]
    # The nearest limit first, and so the latest of the late: what can least wait.
    cases = queries.listed(principal, Filters(region=region), size=texts.cases).rows
    title = f"{divisions.full_name(region) if len(region) > 4 else pack().name}晨报"
    if rules.empty(figures, len(cases)):
        return Made(title=title, content=None, why=rules.EMPTY)
    content = _written(principal, title, today, figures, cases)
    return Made(title=title, content=content, why=None)


def _figure(connection: Connection, region: str, one: BriefNumber, today: date) -> Figure:
    yesterday = today - timedelta(days=1)
    if one.span == "month":
        now = Period(grain="month", starts=yesterday.replace(day=1))
        last = (now.starts - timedelta(days=1)).replace(day=1)
        then, beside = Period(grain="month", starts=last), "上月"
    else:
        now = Period(grain="day", starts=yesterday)
        then, beside = Period(grain="day", starts=yesterday - timedelta(days=1)), "前一日"
    (top, bottom), (before_top, before_bottom) = (
        _read(connection, one.measure, region, span) for span in (now, then)
    )
    return Figure(
        name=one.name,
        unit=one.unit,
        top=top,
        bottom=bottom,
        before_top=before_top,
        before_bottom=before_bottom,
        rate=one.rate,
        beside=beside,
    )


def _read(connection: Connection, measure: str, region: str, span: Period) -> tuple[int, int]:
    found = measure_reads.values(connection, [measure], region, [len(region)], span)
    mine = [one for one in found if one.system_id == tally.SYSTEM and one.slice == ""]
    return sum(one.numerator for one in mine), sum(one.denominator for one in mine)


def _written(
    principal: Principal,
    title: str,
    today: date,
    figures: Sequence[Figure],
    cases: Sequence[OrderRow],
) -> bytes:
    made = Paper(_cut(title, MOST_TITLE), author=principal.unit.name)
    mark = "" if settings().production else "（模拟数据）"
    unit = _cut(principal.unit.name, MOST_UNIT)
    made.under_title(f"{today:%Y年%m月%d日}  {unit}{mark}")
    made.heading("一、数字")
    rows = [(one.name, one.said, one.compared) for one in figures]
    made.table(("指标", "数", "对比"), rows, widths=(3, 2, 3))
    made.heading("二、事项")
    if not cases:
        made.say("没有在办工单。")
    for number, one in enumerate(cases, start=1):
        made.say(f"{number}. {_case(one)}")
    made.note(f"数字截至前一日 24 时，取自诉求工单的统计指标；生成于 {_moment()}。")
    made.note("指标、事项条数和生成时间为系统默认，可修改。")
    return made.written()


def _case(one: OrderRow) -> str:
    title = _cut(" ".join(one.title.split()), _SHORT)
    limit = f"，时限 {clock.local(one.deadline_at):%m月%d日 %H:%M}" if one.deadline_at else ""
    late = "（已逾期）" if one.deadline_at and one.deadline_at < clock.now() else ""
    place = divisions.full_name(one.region_code)
    until = f"办理{limit}{late}。"
    said = f"{title}（{one.order_no}）：{place}，{one.unit_name}"
    return _cut(said, MOST_CASE - len(until)) + until


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _moment() -> str:
    return f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"
