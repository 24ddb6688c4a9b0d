"""市级首页: the districts as numbers and beside them as a sketch, and the systems' health."""

from typing import Any

import streamlit as st

from auth.principal import Principal
from portal.functions import city
from portal.functions.entry import scope_facts
from portal.look import charts, tables
from portal.look import map as sketch
from portal.pages.guards import require
from portal.pages.parts import burdenpanel, cases, doors, facts, home, orderpanel, today


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _sketch(region_code: str, _who: Principal) -> tuple[Any, str] | None:
    """The figure and what it says in words: the same for everybody of that region."""
    features = city.map_features()
    if not features:
        return None
    places = scope_facts(_who).places
    drawn = sketch.districts(features, {one.code: one.population for one in places}, "人")
    words = "，".join(
        f"{one.name}{one.population:,}人" if one.population else f"{one.name}无数据"
        for one in places
    )
    return charts.Finished(drawn), f"各区县常住人口示意图：{words}"


def _map_card(who: Principal) -> None:
    drawn = _sketch(who.unit.region_code, who)
    if drawn is None:
        return  # a city pack without outlines: the table beside says the same
    figure, words = drawn
    with st.container(key="card-map"):
        st.html(tables.head("区县常住人口分布", "颜色越深，人口越多"))
        charts.draw(figure, key="district_map", alt=words)


def page() -> None:
    """Draw the page."""
    who = require("home.city")
    desk = home.begin(who)
    orderpanel.cards(who)
    burdenpanel.card(who)
    numbers, picture = st.columns([0.56, 0.44], gap="small")
    with numbers:
        facts.card(who, "各区县概况")
    with picture:
        _map_card(who)
    today.card(desk.day)
    cases.card(who, desk.cases, desk.due)
    doors.wall(who)
