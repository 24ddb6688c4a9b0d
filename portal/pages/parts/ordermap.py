"""各地诉求 as a sketch: by what is late, by what came in, or by the zones of the last closed month.

Zones are of districts and streets; a community has none, so its street's sketch offers none.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import addresses
from portal.affairs.orders.panel import Panel, Place
from portal.affairs.rates import league, standings
from portal.affairs.rates.league import Table
from portal.functions import city
from portal.look import charts, notice, states, tables
from portal.look import league as zones
from portal.look import map as sketch
from portal.look import orders as tiles
from portal.look.markup import Html, tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import orderfigures
from portal.pages.parts.panelreading import VIEW, is_city, reading
from portal.store.scheme_texts import League

Theme = Literal["逾期占比", "本月受理", "在办工单", "考评分区"]
LATE: Theme = "逾期占比"
RECEIVED: Theme = "本月受理"
OPEN: Theme = "在办工单"
ZONES: Theme = "考评分区"
THEMES: dict[int, tuple[Theme, ...]] = {4: (LATE, RECEIVED, ZONES), 6: (OPEN, ZONES)}
_LEAGUES: dict[int, League] = {4: "district", 6: "street"}
_UNITS: dict[Theme, str] = {LATE: "%", RECEIVED: "件"}


def value_of(one: Place, theme: str) -> int | None:
    """What a place is shaded by."""
    return one.share if theme == LATE else one.received


# -- by numbers -----------------------------------------------------------------------------------


@st.cache_resource(max_entries=200, ttl=60, show_spinner=False)
def _drawn(
    region: str, unit_id: str, prefixes: tuple[str, ...], theme: Theme, _who: Principal
) -> tuple[Any, str] | None:
    """The map and what it says in words."""
    features = city.map_features()
    if not features:
        return None
    found = reading(_who, region)
    values = {
        one.code: value_of(found.places.get(one.code, Place()), theme)
        for one in city.places_below(region)
    }
    figure = charts.Finished(sketch.districts(features, values, _UNITS[theme]))
    said = "，".join(
        one.name + ("无样本" if (here := values[one.code]) is None else f"{here}{_UNITS[theme]}")
        for one in city.places_below(region)
    )
    return figure, f"各区县{theme}示意图：{said}"


@st.cache_resource(max_entries=200, ttl=120, show_spinner=False)
def _tiles(
    region: str, unit_id: str, prefixes: tuple[str, ...], read_at: datetime, _found: Panel
) -> Html:
    places = [one for one in city.places_below(region) if not one.statistics_only]
    given = [
        tiles.TileOf(
            name=city.everyday(one.name),
            open=_found.places.get(one.code, Place()).open,
            overdue=_found.places.get(one.code, Place()).overdue,
            href=addresses.of(region=one.code, open=True),
        )
        for one in places
    ]
    return tiles.tiles("各地在办工单", given)


# -- by zones -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Zoning:
    """The zones of the places below a region, drawn once for all who look."""

    figure: charts.Finished | None  # none where the city brings no outlines: then the tiles
    words: str
    tiles: Html
    below: Html


def _marks(given: list[zones.Zoned], codes: list[str]) -> dict[str, sketch.Mark]:
    marks = {}
    for code, one in zip(codes, given, strict=True):
        tone = zones.tone(one.zone)
        words = f"{tone.shape} {zones.said(one.zone, one.flag)}"
        marks[code] = sketch.Mark(words=words, fill=tone.ground, edge=tone.ink)
    return marks


def _rules(made: Table, given: list[zones.Zoned]) -> Html:
    mark = " " + states.mock() if city.simulated() else ""
    head = text(f"{made.span.name}，已结账 · 考评方案（{made.scheme.named}）") + mark
    rules = list(standings.rule_words(made.scheme.scheme))
    rules.append(f"考评规则为{city.default_note()}；只比单位，不比个人和社区（村）")
    return (
        tag("p", zones.counts([one.zone for one in given]), class_="said")
        + tag("p", head + text(" · ") + link("点评榜", "/league"), class_="about")
        + zones.listed(rules)
    )


@st.cache_resource(max_entries=50, ttl=3600, show_spinner=False)
def _zoning(region: str, month: date, _who: Principal) -> Zoning:
    """As they were written down when the month was closed: the same for whoever has a post."""
    made = league.table(_who, _LEAGUES[len(region)], month)
    found = {one.entrant.region_code: one for one in made.standings}
    codes = [one.code for one in city.places_below(region) if one.code in found]
    given = [
        zones.Zoned(
            name=city.everyday(found[code].entrant.name),
            zone=found[code].zone,
            flag=found[code].flag,
            href=orderfigures.at(code),
        )
        for code in codes
    ]
    features = city.map_features() if len(region) == 4 else ()
    said = "，".join(one.name + zones.said(one.zone, one.flag) for one in given)
    return Zoning(
        figure=charts.Finished(sketch.marked(features, _marks(given, codes))) if features else None,
        words=f"{made.span.name}考评分区示意图：{said}",
        tiles=zones.tiles("各地考评分区", given),
        below=_rules(made, given),
    )


def _draw_zones(who: Principal, region: str, key: str) -> None:
    month = league.last_closed(who)
    if month is None:
        notice.empty("还没有考评分区", "第一个月结账后，这里按区显示；结账前不分区。")
        return
    made = _zoning(region, month, who)
    if made.figure is not None:
        charts.draw(made.figure, key=f"{key}_zones", alt=made.words)
    else:
        st.html(made.tiles)
    st.html(made.below)


# -- the card -------------------------------------------------------------------------------------


def draw(who: Principal, found: Panel, theme: Theme, key: str, *, wall: bool = False) -> None:
    """The districts by their outlines, streets and communities as tiles."""
    if theme == ZONES:
        _draw_zones(who, found.region, key)
        return
    if is_city(found):
        drawn = _drawn(region=found.region, unit_id=who.unit.id, prefixes=who.prefixes,
                       theme=theme, _who=who)  # fmt: skip
        if drawn is not None:
            number = THEMES[len(found.region)].index(theme)
            charts.draw(drawn[0], key=f"{key}_{number}", alt=drawn[1], wall=wall)
            return
    html = _tiles(region=found.region, unit_id=who.unit.id, prefixes=who.prefixes,
                  read_at=found.read_at, _found=found)  # fmt: skip
    st.html(html)


@guarded(VIEW)
def _body(who: Principal, region: str) -> None:
    found = reading(who, region)
    st.html(tables.head("各地诉求", f"示意图 · 数据时间 {states.moment(found.read_at)}"))
    themes = THEMES.get(len(region), ())
    theme: Theme = OPEN
    if themes:
        chosen = st.segmented_control("按", themes, default=themes[0], key=f"order_theme_{region}",
                                      label_visibility="collapsed")  # fmt: skip
        theme = chosen or themes[0]
    draw(who, found, theme, f"order_map_{region}")


def card(region: str) -> None:
    """The sketch of a place, with what it may be shaded by."""
    st.fragment(_body)(region)
