"""数据资源: what the connected systems share, by topic library and in one searchable table."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.resources import PERMISSION, Entry, Topic
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.guards import guarded, require

_SEARCH = "resource_search"
_COLUMNS = (
    tables.Column(head="数据资源"),
    tables.Column(head="业务系统"),
    tables.Column(head="内容", kind="wrap"),
    tables.Column(head="共享类型"),
    tables.Column(head="共享依据", kind="wrap"),
    tables.Column(head="数据时间"),
    tables.Column(head="可使用的岗位和目的", kind="wrap"),
)


def _users(one: Entry) -> Html:
    whom = "、".join(one.users) or "无"
    what = f"目的：{'、'.join(one.purposes)}" if one.purposes else ""
    return text(whom) + (tag("small", text(what)) if what else "")


def _row(one: Entry) -> tuple[Html, ...]:
    mock = " " + states.mock() if one.simulated else ""
    return (
        text(one.name),
        text(one.system) + mock,
        text("、".join(one.contents) or "系统未启用"),
        text(one.sharing),
        text(one.basis),
        text(states.moment(one.as_of) if one.as_of else "尚未取数"),
        _users(one),
    )


def _table(found: Sequence[Entry]) -> Html:
    return tag("div", tables.table("数据资源", _COLUMNS, [_row(one) for one in found]),
               class_="resources")  # fmt: skip


@guarded(PERMISSION)
def _catalogue(who: Principal) -> None:
    library = st.query_params.get("library", "")
    st.text_input(
        "查找数据资源",
        key=_SEARCH,
        placeholder="名称、系统或内容，可用拼音首字母",
        max_chars=40,
        label_visibility="collapsed",
    )
    typed = str(st.session_state.get(_SEARCH, ""))
    found = wiring.app().resources.entries(who, typed, library)
    if found:
        st.html(_table(found))
    elif typed.strip():
        notice.empty("没有找到这样的数据资源", "请换用资源名称、系统名称或内容中的字词。")
    else:
        notice.empty("数据资源目录还没有内容", "目录由本市管理员在城市包中维护。")


def _library_line(one: Topic) -> Html:
    counted = f"，{one.numbers} 项统计" if one.numbers else ""
    about = f"{len(one.resources)} 项资源，{one.systems} 个系统{counted}"
    return tag("li", link(one.name, f"/resources?library={one.id}") + tag("small", text(about)))


def _libraries(who: Principal) -> None:
    topics = wiring.app().resources.topics(who)
    if not topics:
        return
    with st.container(key="card-libraries"):
        aside = text(f"共 {len(topics)} 个，由数据资源组成；名称和划分为{city.default_note()}")
        lines = tag("ul", join(map(_library_line, topics)), class_="matters")
        st.html(tables.head("专题库", aside) + lines)


def _library(who: Principal, one: Topic) -> None:
    with st.container(key="card-library"):
        st.html(tables.head(one.name, link("全部数据资源", "/resources")))
        st.html(tag("div", text(one.about), class_="said"))
        numbers = wiring.app().resources.numbers(who, one.id)
        if numbers:
            shown = [(n.head, n.text + (n.unit if n.text[:1].isdigit() else "")) for n in numbers]
            st.html(tables.pairs(shown))
            said = f"{who.unit.name}本期数字；分地区的数字见“统一报表”。"
            st.html(tag("div", text(said), class_="default"))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    chosen = st.query_params.get("library", "")
    topics = {one.id: one for one in wiring.app().resources.topics(who)}
    if chosen in topics:
        _library(who, topics[chosen])
    else:
        _libraries(who)
    with st.container(key="card-resources"):
        aside = text("目录只列名称，不含任何居民信息")
        st.html(tables.head("数据资源目录", aside))
        st.fragment(_catalogue)()
