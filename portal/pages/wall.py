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
from portal.pages.parts import burdenpanel, memory, ordermap, orderpanel
from portal.pages.parts.panelreading import VIEW, is_city, may, reading
from portal.store import region_codes

SECONDS = 15.0
_SLIDE = "wall_slide"
_PLACES, _OPEN_THERE = "各地本月受理", "各地在办工单"  # what outlines show, and what tiles do


def _numbers(who: Principal, found: Panel) -> None:
    shown = [(one.name, one.said or f"{one.value:,}") for one in orderpanel.numbers(found)]
    st.html(look.figures(shown))


def _map(who: Principal, found: Panel) -> None:
    ordermap.draw(who, found, ordermap.RECEIVED if is_city(found) else ordermap.OPEN, "wall_map",
                 wall=True)  # fmt: skip


def _trend(who: Principal, found: Panel) -> None:
    words = orderpanel.compared(found)
    st.html(tag("p", text(words), class_="wall-said"))
    charts.draw(
        look.trend(found.trend, height=310, beside=orderpanel.beside(found)),
        key="wall_trend",
        alt=words,
        wall=True,
    )


def _topics(who: Principal, found: Panel) -> None:
    given = orderpanel.topics(who, found)
    if given:
        st.html(look.topics(given))
    else:
        notice.empty("本月还没有分类的诉求", "工单分类后，热点会自动出现在这里。")


def _burden(who: Principal, found: Panel) -> None:
    burdenpanel.figures(who, found.region)


SLIDES: tuple[tuple[str, Callable[[Principal, Panel], None]], ...] = (
    ("诉求总览", _numbers),
    (_PLACES, _map),
    ("受理趋势", _trend),
    ("本月热点", _topics),
    ("本月减负", _burden),
)


def _below(who: Principal, found: Panel) -> None:
    """A place one level down: its numbers and its trend on one picture."""
    _numbers(who, found)
    words = orderpanel.compared(found)
    st.html(tag("p", text(words), class_="wall-said"))
    figure = look.trend(found.trend, height=260, beside=orderpanel.beside(found))
    charts.draw(figure, key=f"wall_trend_{found.region}", alt=words, wall=True)


def turns(who: Principal) -> list[tuple[str, str, Callable[[Principal, Panel], None]]]:
    """The own panel in several pictures, then one of each place below, in the order of the codes.

    A community's numbers are its street's business and stand on no wall.
    """
    own = who.unit.region_code
    shown = SLIDES if burdenpanel.may(who, own) else SLIDES[:-1]
    tiled = len(own) > region_codes.CITY
    found = [
        (own, _OPEN_THERE if tiled and title == _PLACES else title, draw) for title, draw in shown
    ]
    return found + [
        (one.code, "诉求态势", _below)
        for one in city.places_below(own)
        if not one.statistics_only and one.level != "community"
    ]


@guarded(VIEW)
def _slide(who: Principal) -> None:
    """One picture after the other; each run shows the next."""
    number = int(memory.recall(who, _SLIDE) or 0)
    memory.keep(who, _SLIDE, number + 1)
    turn = turns(who)
    region, title, draw = turn[number % len(turn)]
    found = reading(who, region)
    place = city.place_name(region)
    mark = states.mock() + " " if city.simulated() else ""
    aside = f"{mark}{text(states.moment(found.read_at))} · {link('退出大屏', '/')}"
    st.html(tables.head(f"{place} · {title}", aside))
    draw(who, found)


def page() -> None:
    """Draw the page."""
    who = require(VIEW)
    if not may(who):
        notice.refusal("本岗位没有管辖区域，不能打开大屏；派给本单位的工单见“诉求工单”。")
        return
    with st.container(key="card-wall"):
        st.fragment(_slide, run_every=SECONDS)()
