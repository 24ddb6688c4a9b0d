"""减负计量 on the panels: what a place was asked this month, and how much the system answered."""

from datetime import date, datetime

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import burden
from portal.affairs.forms.burden import Load, Meter
from portal.affairs.forms.desk import VIEW
from portal.affairs.forms.queries import What
from portal.affairs.forms.rules import Count
from portal.functions import city
from portal.look import burden as look
from portal.look import notice, states, tables
from portal.look.burden import Share
from portal.look.markup import Html, tag, text
from portal.look.orderpanel import figures as large
from portal.look.tables import Column, table
from portal.look.today import Tile, bar, link
from portal.pages.parts import orderfigures
from portal.store.citypack import pack

NO_CELLS = "无样本"
_HEADS = ("下发（份）", "上报（份）", "逾期上报", "要求填报（栏）", "自动填充", "人工填写（栏）",
          "节省工时")  # fmt: skip


def formula() -> str:
    """How the hours are reckoned; the minutes are the city's to set."""
    texts = pack().forms
    return (
        f"节省工时 = 自动格数 ×（{texts.minutes_per_cell} − {texts.minutes_per_check}）分钟 ÷ 60，"
        f"分钟数为{city.default_note()}；只计单位，不计个人。"
    )


@st.cache_data(max_entries=500, ttl=300, show_spinner=False)
def _read(region: str, prefixes: tuple[str, ...], _who: Principal) -> Meter:
    return burden.read(_who, region)


def reading(who: Principal, region: str) -> Meter:
    """The meter of a place, at most five minutes old."""
    return _read(region=region, prefixes=who.prefixes, _who=who)


def percent(count: Count) -> str:
    """The share that the system filled; nothing asked is no share."""
    return NO_CELLS if count.percent is None else f"{count.percent}%"


def tiles(found: Meter) -> list[Tile]:
    """The line of numbers; each leads to the answers or to who asked."""
    now, listed = found.now, "/forms?part=burden"

    def answers(what: What) -> str:
        return f"/forms?part=all&region={found.region}&what={what}&month={found.month:%Y-%m}"

    return [
        Tile(name="下发报表", value=now.sent, unit="份", href=answers("sent")),
        Tile(name="上报", value=now.answered, unit="份", href=answers("answered")),
        Tile(name="要求填报", value=now.count.asked, unit="栏", href=listed),
        Tile(name="系统自动填充", value=now.count.auto, said=percent(now.count), href=listed),
        Tile(name="人工填写", value=now.count.typed, unit="栏", href=listed),
        Tile(name="拒收报表", value=now.refused, unit="份", href=answers("refused")),
        Tile(name="拒绝重复采集", value=now.doubled, unit="栏", href=listed),
        Tile(name="节省工时", value=int(now.hours.saved), said=f"{now.hours.saved:,} 小时",
             href=listed),
    ]  # fmt: skip


def shares(count: Count) -> list[Share]:
    """All cells by how they were filled; what nobody had to fill stays empty."""
    left = count.asked - count.auto - count.changed - count.typed
    return [
        Share(name="系统自动填充", cells=count.auto, look="by-auto"),
        Share(name="取数后人工修改", cells=count.changed, look="by-changed"),
        Share(name="人工填写", cells=count.typed, look="by-typed"),
        Share(name="未填", cells=max(0, left), look="by-left"),
    ]


def _month(name: str, one: Load) -> str:
    if one == Load():
        return f"{name}无数据"
    return (
        f"{name}上报 {one.answered:,} 份，自动填充 {percent(one.count)}，"
        f"节省 {one.hours.saved:,} 小时"
    )


def compared(found: Meter) -> str:
    """Beside last month and the same month a year ago: whole months, and said so."""
    return f"{_month('上月全月', found.before)}；{_month('上年同月', found.last_year)}。"


def _row(name: Html, one: Load) -> tuple[Html, ...]:
    numbers = (one.sent, one.answered, one.late, one.count.asked)
    return (
        name,
        *(text(f"{number:,}") for number in numbers),
        text(percent(one.count)),
        text(f"{one.count.typed:,}"),
        text(f"{one.hours.saved:,}"),
    )


def places(found: Meter) -> Html:
    """One level down, in the order of the codes; a name leads to that place's own panel."""
    rows = [
        _row(link(city.everyday(one.name), orderfigures.at(one.code), title=f"查看{one.name}"),
             found.places[one.code])
        for one in city.places_below(found.region)
        if one.code in found.places
    ]  # fmt: skip
    if not rows:
        return ""
    columns = [Column(head="地方"), *(Column(head=one, kind="num") for one in _HEADS)]
    return table("各地减负", columns, rows)


@st.cache_resource(max_entries=200, ttl=300, show_spinner=False)
def _written(region: str, read_at: datetime, day: date, _found: Meter) -> Html:
    now = _found.now
    mark = states.mock() + " " if city.simulated() else ""
    aside = f"{day.year}年{day.month}月，按上报日计 · 数据时间 {states.moment(read_at)}"
    head = tables.head("减负计量", mark + text(aside))
    if now == Load() and _found.before == Load():
        return head + notice.html("empty", "还没有计量", "报表下发并自动取数后开始计量。")
    bars = ""
    if now.count.asked:
        bars = tag("div", look.stack(shares(now.count), now.count.asked), class_="half") + tag(
            "div", look.hours(now.hours.before, now.hours.after), class_="half"
        )
    return (
        head
        + bar(tiles(_found), "减负计量")
        + tag("div", bars, class_="burden")
        + tag("p", text(f"{compared(_found)}{formula()}"), class_="about")
        + places(_found)
    )


def may(who: Principal, region: str) -> bool:
    """Whether the meter of a place is for this post."""
    return permissions.allowed(who, VIEW, region)


def figures(who: Principal, region: str) -> None:
    """The numbers alone, to be read across a room."""
    found = reading(who, region)
    if found.now == Load():
        notice.empty("本月还没有计量", "报表下发并自动取数后开始计量。")
        return
    st.html(large([(one.name, one.said or f"{one.value:,}") for one in tiles(found)]))
    st.html(tag("p", text(compared(found)), class_="wall-said"))


def card(who: Principal, region: str | None = None) -> None:
    """The card of a place; nothing for a post that may not see its forms."""
    here = region or who.unit.region_code
    if not may(who, here):
        return
    found = reading(who, here)
    with st.container(key="card-burden"):
        st.html(_written(region=here, read_at=found.read_at, day=found.month, _found=found))
