"""市级首页: the districts as numbers and beside them as a sketch, and the systems' health."""

from typing import Any

import streamlit as st

from auth.principal import Principal
from portal.functions import city
from portal.functions.entry import scope_facts
from portal.look import charts, tables
from portal.look import map as sketch
from portal.pages.guards import require
from portal.pages.parts import cases, doors, facts


@st.cache_resource(max_entries=8, show_spinner=False)
def _figure(region_code: str, _population: dict[str, int | None]) -> Any:
    return sketch.districts(city.map_features(), _population, "人")


def _map_card(who: Principal) -> None:
    places = scope_facts(who).places
    population = {one.code: one.population for one in places}
    with st.container(key="card-map"):
        st.html(tables.head("区县常住人口分布", "颜色越深，人口越多"))
        words = "，".join(
            f"{one.name}{one.population:,}人" if one.population else f"{one.name}无数据"
            for one in places
        )
        charts.draw(
            _figure(who.unit.region_code, population),
            key="district_map",
            alt=f"各区县常住人口示意图：{words}",
        )


def page() -> None:
    """Draw the page."""
    who = require("home.city")
    numbers, picture = st.columns([0.56, 0.44], gap="small")
    with numbers:
        facts.card(who, "各区县概况")
    with picture:
        _map_card(who) if city.map_features() else None
    cases.card(who)
    doors.wall(who)
