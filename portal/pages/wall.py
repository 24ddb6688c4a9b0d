"""大屏轮播: numbers, map, trend and hot topics in turn, to be read across a room; no persons."""

from collections.abc import Callable

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders.panel import Panel
from portal.functions import city
from portal.look import charts, notice, states, tables
from portal.look import orderpanel as look
from portal.look.markup import tag, text
from portal.look.today import link
from portal.pages.guards import guarded, require
from portal.pages.parts import memory, orderpanel

SECONDS = 15.0
_SLIDE = "wall_slide"


def _numbers(who: Principal, found: Panel) -> None:
    shown = [(one.name, one.said or f"{one.value:,}") for one in orderpanel.numbers(found)]
    st.html(look.figures(shown))


def _map(who: Principal, found: Panel) -> None:
    orderpanel.draw_map(who, found, orderpanel.THEMES[1], "wall_map")


def _trend(who: Principal, found: Panel) -> None:
    words = f"近 {len(found.trend)} 天共受理 {sum(number for _, number in found.trend):,} 件"
    st.html(tag("p", text(words), class_="wall-said"))
    charts.draw(look.trend(found.trend, height=420), key="wall_trend", alt=words)


def _topics(who: Principal, found: Panel) -> None:
    given = orderpanel.topics(who, found)
    if given:
        st.html(look.topics(given))
    else:
        notice.empty("本月还没有分类的诉求", "工单分类后，热点会自动出现在这里。")


SLIDES: tuple[tuple[str, Callable[[Principal, Panel], None]], ...] = (
    ("诉求总览", _numbers),
    ("各地本月受理", _map),
    ("受理趋势", _trend),
    ("本月热点", _topics),
)


@guarded(orderpanel.VIEW)
def _slide(who: Principal) -> None:
    """One picture after the other; each run shows the next."""
    number = int(memory.recall(who, _SLIDE) or 0)
    memory.keep(who, _SLIDE, number + 1)
    title, draw = SLIDES[number % len(SLIDES)]
    found = orderpanel.reading(who)
    place = city.place_name(who.unit.region_code)
    mark = states.mock() + " " if city.simulated() else ""
    aside = f"{mark}{text(states.moment(found.read_at))} · {link('退出大屏', '/')}"
    st.html(tables.head(f"{place} · {title}", aside))
    draw(who, found)


def page() -> None:
    """Draw the page."""
    who = require(orderpanel.VIEW)
    if not orderpanel.may(who):
        notice.refusal("本岗位没有管辖区域，不能打开大屏；派给本单位的工单见“诉求工单”。")
        return
    with st.container(key="card-wall"):
        st.fragment(_slide, run_every=SECONDS)()
