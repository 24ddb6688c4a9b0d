"""The facts of a scope: how many places of each kind, and the census figure where one is known."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal.functions.entry import PlaceFacts, ScopeFacts, scope_facts
from portal.look import tables
from portal.look.markup import Html, tag, text
from portal.look.tables import Column, Fact

CENSUS = "人口为第七次全国人口普查常住人口，只公布到区县；未公布的记为无数据"
ONLY_COUNTED = tag("span", "仅统计", class_="chip quiet")


def summary(facts: ScopeFacts, level: str) -> Html:
    """The numbers of the whole scope."""
    if level == "community":
        return _own_place(facts)
    counted = [Fact(name="常住人口", value=facts.population, unit="人")]
    if level == "city":
        counted.append(Fact(name="区县", value=facts.districts, unit="个"))
    if level in ("city", "district"):
        counted.append(Fact(name="乡镇（街道）", value=facts.streets, unit="个"))
    counted.append(Fact(name="社区", value=facts.communities, unit="个"))
    counted.append(Fact(name="村", value=facts.villages, unit="个"))
    return tables.facts(counted)


def _own_place(facts: ScopeFacts) -> Html:
    """A community is one place: what it is called, where it lies, and that nobody counted it."""
    population = f"{facts.population:,}人" if facts.population is not None else tables.NO_DATA
    rows = (
        ("名称", facts.name),
        ("所属", facts.full_name.rpartition(" · ")[0] or facts.full_name),
        ("类别", "村" if facts.villages else "社区"),
        ("区划代码", facts.region_code),
        ("常住人口", population),
    )
    return tables.pairs(rows)


def _name(place: PlaceFacts) -> Html:
    name = text(place.name)
    return f"{name} {ONLY_COUNTED}" if place.statistics_only else name


def _count(place: PlaceFacts, value: int) -> Html:
    return tag("span", "—", class_="none") if place.statistics_only else tables.number(value)


def places(facts: ScopeFacts, level: str) -> Html:
    """The places one level down, each with what is known of it."""
    if level == "city":
        return _districts(facts.places)
    return _streets(facts.places) if level == "district" else _committees(facts.places)


def _districts(given: Sequence[PlaceFacts]) -> Html:
    columns = (
        Column(head="区县"),
        Column(head="常住人口（人）", kind="num"),
        Column(head="乡镇（街道）", kind="num"),
        Column(head="社区", kind="num"),
        Column(head="村", kind="num"),
    )
    return tables.table(
        "各区县概况",
        columns,
        [
            (
                _name(one),
                tables.number(one.population),
                _count(one, one.streets),
                _count(one, one.communities),
                _count(one, one.villages),
            )
            for one in given
        ],
    )


def _streets(given: Sequence[PlaceFacts]) -> Html:
    columns = (
        Column(head="乡镇（街道）"),
        Column(head="社区", kind="num"),
        Column(head="村", kind="num"),
        Column(head="常住人口（人）", kind="num"),
    )
    return tables.table(
        "各乡镇（街道）概况",
        columns,
        [
            (
                _name(one),
                _count(one, one.communities),
                _count(one, one.villages),
                tables.number(one.population),
            )
            for one in given
        ],
    )


def _committees(given: Sequence[PlaceFacts]) -> Html:
    columns = (Column(head="社区（村）"), Column(head="类别"), Column(head="区划代码"))
    return tables.table(
        "所辖社区（村）",
        columns,
        [
            (_name(one), "村" if one.villages else "社区", tag("span", one.code, class_="num"))
            for one in given
        ],
    )


@st.cache_data(max_entries=2000, ttl=3600, show_spinner=False)
def _drawn(region_code: str, level: str, _who: Principal) -> tuple[Html, Html]:
    """What a region looks like is the same for everybody who may see it: keyed by the region."""
    facts = scope_facts(_who)
    return summary(facts, level), places(facts, level) if facts.places else ""


def card(who: Principal, title: str) -> None:
    """The card of the scope's facts."""
    numbers, table = _drawn(who.unit.region_code, who.unit.level, who)
    note = tag("div", text(CENSUS), class_="default")
    with st.container(key="card-facts"):
        st.html(tables.head(title) + numbers + table + note)
