"""The facts of a scope: its places, its numbers from the measures, its open cases by place."""

from collections.abc import Callable, Mapping

import streamlit as st

from auth.principal import Principal
from portal.affairs.matters.queries import Counts
from portal.functions.entry import PlaceFacts, ScopeFacts, scope_facts
from portal.look import tables
from portal.look.markup import Html, join, tag, text
from portal.look.tables import Column, Fact
from portal.look.today import link
from portal.pages.parts import places
from portal.pages.parts.places import Numbers

CENSUS = "普查人口为第七次全国人口普查常住人口，只公布到区县；在办、逾期为辖区内各单位的事项数"
ONLY_COUNTED = tag("span", "仅统计", class_="chip quiet")


def summary(facts: ScopeFacts, level: str) -> Html:
    """The numbers of the whole scope."""
    if level == "community":
        return _own_place(facts)
    counted = []
    if level in ("city", "district"):  # published no further down
        counted.append(Fact(name="普查人口", value=facts.population, unit="人"))
    if level == "city":
        counted.append(Fact(name="区县", value=facts.districts, unit="个"))
    if level in ("city", "district"):
        counted.append(Fact(name="乡镇（街道）", value=facts.streets, unit="个"))
    counted.append(Fact(name="社区", value=facts.communities, unit="个"))
    counted.append(Fact(name="村", value=facts.villages, unit="个"))
    return tables.facts(counted)


def _own_place(facts: ScopeFacts) -> Html:
    """A community is one place: what it is called and where it lies; its numbers stand below."""
    rows = [
        ("名称", facts.name),
        ("所属", facts.full_name.rpartition(" · ")[0] or facts.full_name),
        ("类别", "村" if facts.villages else "社区"),
        ("区划代码", facts.region_code),
    ]
    if facts.population is not None:
        rows.append(("普查人口", f"{facts.population:,}人"))
    return tables.pairs(rows)


def _name(place: PlaceFacts) -> Html:
    name = text(place.name)
    return f"{name} {ONLY_COUNTED}" if place.statistics_only else name


def _count(place: PlaceFacts, value: int) -> Html:
    return tag("span", "—", class_="none") if place.statistics_only else tables.number(value)


def table(
    facts: ScopeFacts, level: str, found: Numbers | None, open_: Mapping[str, Counts]
) -> Html:
    """The places one level down, each with what is known of it."""
    columns, cells = _KINDS[level]
    heads = [Column(head=columns[0]), *(Column(head=one, kind="num") for one in columns[1:])]
    if found is not None:
        heads.append(Column(head=found.first_head, kind="num"))
    if open_:
        heads += [Column(head="在办", kind="num"), Column(head="逾期", kind="num")]
    rows = []
    for one in facts.places:
        row = [_name(one), *cells(one)]
        if found is not None:
            row.append(_first(one, found))
        if open_:
            row += _open(one, open_)
        rows.append(row)
    return tables.table(_CAPTIONS[level], heads, rows)


def _district(one: PlaceFacts) -> list[Html]:
    return [
        tables.number(one.population),
        _count(one, one.streets),
        _count(one, one.communities),
        _count(one, one.villages),
    ]


def _street(one: PlaceFacts) -> list[Html]:
    return [_count(one, one.communities), _count(one, one.villages)]


_KINDS: dict[str, tuple[tuple[str, ...], Callable[[PlaceFacts], list[Html]]]] = {
    "city": (("区县", "普查人口", "乡镇（街道）", "社区", "村"), _district),
    "district": (("乡镇（街道）", "社区", "村"), _street),
    "street": (("社区（村）",), lambda _: []),
}
_CAPTIONS = {"city": "各区县概况", "district": "各乡镇（街道）概况", "street": "所辖社区（村）"}


def _first(one: PlaceFacts, found: Numbers) -> Html:
    """The number of a place, with the report of that place behind it."""
    words = found.first.get(one.code, tables.NO_DATA)
    if words == tables.NO_DATA:
        return tag("span", words, class_="none")
    return link(words, f"/reports?region={one.code}", title=f"查看{one.name}的统计报表")


def _open(one: PlaceFacts, open_: Mapping[str, Counts]) -> list[Html]:
    here = open_.get(one.code, Counts())
    late = tag("span", f"▲ {here.overdue:,}", class_="due") if here.overdue else "0"
    return [f"{here.open:,}", late]


def measured(found: Numbers) -> Html:
    """The numbers of the own place: where they come from is said below them."""
    tiles = join(
        tag(
            "div",
            tag("dt", text(one.head))
            + tag("dd", link(one.text, "/reports") + tag("small", text(one.unit)))
            if one.known
            else tag("dt", text(one.head)) + tag("dd", text(one.text), class_="none"),
        )
        for one in found.own
    )
    return tag("dl", tiles, class_="facts measured") + tag(
        "div", text(found.said), class_="default"
    )


@st.cache_data(max_entries=2000, ttl=3600, show_spinner=False)
def _facts(region_code: str, _who: Principal) -> ScopeFacts:
    """What a region consists of is the same for everybody who may see it: keyed by the region."""
    return scope_facts(_who)


@st.cache_data(max_entries=2000, ttl=60, show_spinner=False)
def _drawn(
    region_code: str, level: str, prefixes: tuple[str, ...], roles: tuple[str, ...], _who: Principal
) -> Html:
    """The card's content: one scope and one set of rights see the same, at most a minute old."""
    facts = _facts(region_code, _who)
    found = places.numbers(_who)
    pieces = summary(facts, level) + (measured(found) if found else "")
    if facts.places:
        pieces += table(facts, level, found, places.counts(_who))
    return pieces


def card(who: Principal, title: str) -> None:
    """The card of the scope's facts."""
    level = who.unit.level
    content = _drawn(region_code=who.unit.region_code, level=level, prefixes=who.prefixes,
                     roles=who.roles, _who=who)  # fmt: skip
    note = tag("div", text(CENSUS), class_="default") if level != "community" else ""
    with st.container(key="card-facts"):
        st.html(tables.head(title) + content + note)
