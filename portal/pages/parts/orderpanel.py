"""诉求态势 on the homes of city and district: places, the seven links, the day, what is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.affairs.orders import addresses
from portal.affairs.orders.panel import Panel
from portal.functions import city
from portal.look import charts, notice, states, tables
from portal.look import orderpanel as look
from portal.look.markup import Html, tag, text
from portal.look.orderpanel import Knot
from portal.look.today import Tile, bar, link
from portal.pages.parts import instructing, orderfigures, ordermap
from portal.pages.parts.panelreading import VIEW, is_city, may, reading

_ABOUT = {"接": "受理", "派": "派单", "办": "办理", "督": "督办", "评": "回访", "报": "办结通报",
          "宣": "归档公开"}  # fmt: skip


@st.cache_data(max_entries=50, ttl=300, show_spinner=False)
def _class_names(region: str, _who: Principal) -> dict[str, str]:
    adviser = wiring.app().adviser
    return adviser.class_names(_who) if adviser else {}


def topics(who: Principal, found: Panel) -> list[tuple[str, int, str]]:
    """The classes most spoken of this month, by name where names are known."""
    names = _class_names(found.region, who)
    return [
        (names.get(code, f"分类 {code}"), number, _received(found, category=code))
        for code, number in found.topics
    ]


def _received(found: Panel, **narrow: Any) -> str:
    given = {"region": found.region, "since": found.month, "whole": True, **narrow}
    return addresses.of(**given)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A finished figure under its title, and what it says in words."""

    title: str
    figure: charts.Finished
    words: str

    def draw(self, key: str) -> None:
        """Put it on the page."""
        st.html(tables.head(self.title, text(self.words)))
        charts.draw(self.figure, key=key, alt=f"{self.title}：{self.words}")


# -- what is drawn ---------------------------------------------------------------------------------


def numbers(found: Panel) -> list[Tile]:
    """The line of numbers, each with the orders behind it."""
    return orderfigures.tiles(found)


def _funnel(found: Panel) -> Html:
    steps = [
        look.Step(
            name=one.name,
            about=_ABOUT[one.name],
            now=one.now,
            ended=one.ended,
            href=addresses.of(region=found.region, states=one.states, open=True),
            ended_href=addresses.of(
                region=found.region,
                states=one.over,
                open=False,
                closed_since=found.month,
                whole=True,
            ),
        )
        for one in found.links
    ]
    return tables.head("七个环节", "条形为目前在办，实时；办结为本月统计") + look.funnel(steps)


def _late(**narrow: Any) -> str:
    return addresses.of(open=True, due="逾期", **narrow)


def knots(found: Panel) -> list[Knot]:
    """District, street, unit; a number is what its link shows.

    What is registered to no street has no list of its own: its place holds more than that.
    """
    by_street: dict[str, list[Knot]] = {}
    counts: dict[str, int] = {}
    for one in found.branches:
        counts[one.region] = counts.get(one.region, 0) + one.overdue
        by_street.setdefault(one.region, []).append(
            Knot(name=one.unit_name, overdue=one.overdue,
                 href=_late(region=one.region, unit=one.unit_id) if len(one.region) > 6 else "")
        )  # fmt: skip
    streets = {
        code: Knot(name=_street(code), overdue=number, below=tuple(by_street[code]),
                   href=_late(region=code) if len(code) > 6 else "")
        for code, number in sorted(counts.items())
    }  # fmt: skip
    if not is_city(found):
        return list(streets.values())
    grouped: dict[str, list[Knot]] = {}
    for code, knot in streets.items():
        grouped.setdefault(code[:6], []).append(knot)
    return [
        Knot(name=city.place_name(code).rpartition(" · ")[2], href=_late(region=code),
             overdue=sum(one.overdue for one in below), below=tuple(below))
        for code, below in grouped.items()
    ]  # fmt: skip


def _street(code: str) -> str:
    name = city.everyday(city.place_name(code).rpartition(" · ")[2])
    return name if len(code) > 6 else f"{name}（未登记到下级）"


def _tree(found: Panel) -> Html:
    head = tables.head("逾期分布", "实时，逐级展开到承办单位")
    given = knots(found)
    return head + (
        look.tree(given) if given else notice.html("empty", "没有逾期工单", "在办工单都在时限内。")
    )


def _day(found: Panel) -> Picture:
    words = f"实时，今天 {sum(found.hours)} 件，前四周同日平均 {sum(found.usual):.1f} 件"
    figure = look.hours(found.hours, found.usual, states.hour(found.read_at))
    return Picture(title="今天各时段受理", figure=charts.Finished(figure), words=words)


def _sum(given: Sequence[tuple[Any, int]]) -> int:
    return sum(number for _, number in given)


def beside(found: Panel) -> list[tuple[str, Sequence[tuple[Any, int]]]]:
    """What the trend is compared with: the days before, and a year ago where it was counted."""
    return [("上期", found.before), *([("上年同期", found.last_year)] if found.last_year else [])]


def compared(found: Panel) -> str:
    """The trend in words, with last period and last year."""
    now, before = _sum(found.trend), _sum(found.before)
    year = f"{_sum(found.last_year):,} 件" if found.last_year else "无数据"
    return f"近 {len(found.trend)} 天共受理 {now:,} 件，上期 {before:,} 件，上年同期 {year}"


def _course(found: Panel) -> Picture:
    figure = look.trend(found.trend, height=200, beside=beside(found))
    return Picture(title="受理趋势", figure=charts.Finished(figure), words=compared(found))


def way(who: Principal) -> None:
    """The way to the panel of the own place, for a home that is a desk: its figures wait there."""
    if may(who):
        st.html(tag("p", link("本辖区诉求态势", orderfigures.at(who.unit.region_code))))


def _bar(found: Panel) -> Html:
    mark = f"诉求态势 · 今天到期为实时，其余为统计指标 · 数据时间 {states.moment(found.read_at)}"
    return tag("div", bar(numbers(found), mark, "诉求"), class_="order-numbers")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A panel as it is drawn: made once for a reading, and not again at every click."""

    bar: Html
    places: Html  # empty for a place with none below it
    late: Html
    funnel: Html
    day: Picture
    course: Picture


@st.cache_resource(max_entries=200, ttl=120, show_spinner=False)
def _written(
    region: str, unit_id: str, prefixes: tuple[str, ...], read_at: datetime, _found: Panel
) -> Written:
    return Written(
        bar=_bar(_found),
        places=_places(_found) if city.places_below(region) else "",
        late=_tree(_found),
        funnel=_funnel(_found),
        day=_day(_found),
        course=_course(_found),
    )


def cards(who: Principal, region: str | None = None) -> None:
    """The cards of a place; nothing for a post that may not see its orders."""
    here = region or who.unit.region_code
    if not permissions.allowed(who, VIEW, here):
        return
    found = reading(who, here)
    written = _written(region=here, unit_id=who.unit.id, prefixes=who.prefixes,
                       read_at=found.read_at, _found=found)  # fmt: skip
    st.html(written.bar)
    if written.places:
        _of_places(found.region, written)
    else:
        _late_card(written)
    one, two = st.columns([0.5, 0.5], gap="small")
    with one, st.container(key="card-order-links"):
        st.html(written.funnel)
    with two, st.container(key="card-order-hours"):
        written.day.draw("order_hours")
    with st.container(key="card-order-trend"):
        written.course.draw("order_trend")
        instructing.draw(who, found.region)


def _places(found: Panel) -> Html:
    simulated = states.mock() + " " if city.simulated() else ""
    aside = simulated + link("大屏轮播", "/wall")
    return tables.head("各地数字", aside) + orderfigures.places(found)


def _late_card(written: Written) -> None:
    with st.container(key="card-order-tree"):
        st.html(written.late)


def _of_places(region: str, written: Written) -> None:
    """What a place has below it: where, how much, and what of it is late."""
    with st.container(key="card-order-places"):
        st.html(written.places)
    left, right = st.columns([0.5, 0.5], gap="small")
    with left, st.container(key="card-order-map"):
        ordermap.card(region)
    with right:
        _late_card(written)
