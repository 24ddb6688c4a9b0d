"""查询: one line to type a name, a number or an address into, and at most twenty hits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.records import (
    BadQueryError,
    Hit,
    Purpose,
    SearchResult,
    find_all,
    find_people,
)
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import memory, thinglist

PERMISSION = "records.search"
PICKED = "picked"
_FOUND = "found"
_PLACEHOLDER = "姓名（汉字或拼音）、身份证号、手机号或住址"
_PLACEHOLDER_THINGS = "姓名、身份证号、手机号、住址、户主、企业名称或信用代码"


@dataclass(frozen=True, kw_only=True)
class Picked:
    """A person, or a household, house or enterprise, chosen from the hits for a purpose."""

    subject_id: str
    purpose: Purpose
    thing: bool = False


@dataclass(frozen=True, kw_only=True)
class Leads:
    """What choosing a person is called, and the page it leads to."""

    label: str = "调取一人一档"
    page: str = "records"
    query: tuple[tuple[str, str], ...] = ()
    things: bool = False  # whether households, houses and enterprises lead anywhere


DOSSIER = Leads(things=True)


@dataclass(frozen=True, kw_only=True)
class _Found:
    purpose: Purpose
    result: SearchResult


def _ask(who: Principal, leads: Leads) -> tuple[str | None, str] | None:
    """The form; what was asked, once it is sent off."""
    choices = {one.id: one.name for one in wiring.app().records.purposes(who)}
    with (
        st.form("finder", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", key="finder-line"),
    ):
        purpose = st.segmented_control(
            "查询目的",
            list(choices),
            format_func=choices.__getitem__,
            key="finder_purpose",
        )
        words = st.text_input(
            "查询内容",
            key="finder_text",
            max_chars=240,
            placeholder=_PLACEHOLDER_THINGS if leads.things else _PLACEHOLDER,
            autocomplete="off",
        )
        sent = st.form_submit_button("查询", type="primary", key="finder_send")
    return (purpose, words or "") if sent else None


def _search(who: Principal, leads: Leads, purpose_id: str | None, words: str) -> None:
    memory.keep(who, _FOUND, None)
    if purpose_id is None:
        notice.error("还没有查询", "请先选择查询目的，再点“查询”。输入的内容已保留。")
        return
    purpose = wiring.app().records.purpose(who, purpose_id)
    try:
        find = find_all if leads.things else find_people
        result = find(who, words, purpose)
    except BadQueryError as problem:
        notice.error("没有查询", problem.message)
        return
    memory.keep(who, _FOUND, _Found(purpose=purpose, result=result))


def short_address(hit: Hit) -> str:
    """The address without the steps down to its community, which stand in their own column."""
    left = hit.address
    for step in (city.root_name(), *hit.region_name.split(city.SEPARATOR)):
        same = sum(
            1 for _ in takewhile(lambda two: two[0] == two[1], zip(left, step, strict=False))
        )
        left = left[same:] if same > 1 else left
    return left or hit.address or "未登记"


def _cells(who: Principal, hit: Hit) -> list[tuple[str, Html]]:
    return [
        ("姓名", text(hit.name)),
        ("身份证号", tag("span", text(hit.id_number), class_="number")),
        ("性别、出生", text(hit.about or "未登记")),
        ("住址", tag("span", text(short_address(hit)), title=hit.address)),
        ("关系", text(hit.relation or "未登记")),
        (
            "所在社区（村）",
            tag("span", text(city.place_within(who, hit.region_name)), title=hit.region_name),
        ),
    ]


def _rows(who: Principal, hits: Sequence[Hit], purpose: Purpose, leads: Leads) -> None:
    with st.container(key="rows-hits", horizontal=True, wrap=False):
        st.html(tables.rows("hits", "找到的人员", [_cells(who, one) for one in hits]))
        with st.container(key="acts-hits", width=104):
            for one in hits:
                if st.button(leads.label, key=f"pick-{one.subject_id}", width="stretch"):
                    memory.keep(who, PICKED, Picked(subject_id=one.subject_id, purpose=purpose))
                    go(leads.page, **dict(leads.query))


def _show(who: Principal, found: _Found, leads: Leads) -> None:
    result = found.result
    if not result.hits and not result.things:
        notice.empty("没有找到" if leads.things else "没有找到人员", result.note)
        return
    if result.more:
        notice.hint("结果超过 20 条，请补充条件", result.note)
    made_up = [one.simulated for one in result.hits] + [one.simulated for one in result.things]
    mark = states.mock() if any(made_up) else ""
    head = "显示前" if result.more else "找到"
    count = f"{head} {_counted(result)}，查询目的：{text(found.purpose.name)}"
    st.html(tag("div", f"{count} {mark}", class_="default", role="status"))
    if result.hits:
        _rows(who, result.hits, found.purpose, leads)
    if result.things:
        thinglist.rows(
            who,
            "things",
            "找到的户、房屋和企业",
            result.things,
            lambda one: choose(who, one.thing_id, found.purpose, thing=True),
        )


def _counted(result: SearchResult) -> str:
    kinds = Counter(one.kind for one in result.things)
    counts = [("人", len(result.hits)), ("户", kinds["household"]), ("处房屋", kinds["house"])]
    counts.append(("家企业（单位）", kinds["enterprise"]))
    return "、".join(f"{number} {unit}" for unit, number in counts if number)


def choose(who: Principal, subject_id: str, purpose: Purpose, *, thing: bool) -> None:
    """Open a dossier for the purpose that led to it."""
    if purpose.case_id:
        more = {"thing": subject_id} if thing else {}
        go("records", case=purpose.case_id, **more)
    memory.keep(who, PICKED, Picked(subject_id=subject_id, purpose=purpose, thing=thing))
    go("records")


@guarded(PERMISSION)
def _body(who: Principal, leads: Leads) -> None:
    asked = _ask(who, leads)
    if asked is not None:
        _search(who, leads, *asked)
    found = memory.recall(who, _FOUND)
    if isinstance(found, _Found):
        _show(who, found, leads)


def picked(who: Principal) -> Picked | None:
    """Whom this tab has chosen, if anybody; rights are asked again by whoever opens anything."""
    held = memory.recall(who, PICKED)
    return held if isinstance(held, Picked) and not held.thing else None


def card(who: Principal, leads: Leads = DOSSIER) -> None:
    """The card to find a resident with; nothing for a post without free search."""
    if not permissions.allowed(who, PERMISSION):
        return
    with st.container(key="card-finder"):
        kinds = "户、房屋、企业也在此查找；" if leads.things else ""
        aside = f"{kinds}只查本辖区内居住、户籍、房产或就业的人员，查询留痕"
        st.html(tables.head("居民查询", aside))
        st.fragment(_body)(leads)
