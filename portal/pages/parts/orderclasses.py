"""The class that a list of orders is narrowed to: chosen from the tree, or found by its name."""

from collections.abc import Mapping

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.affairs.orders import classtree
from portal.functions.records.letters import letters
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.pages.parts import orderview as views

_SHOWN, FIELD, _WORDS = "orders_classes", "orders_category", "orders_class_words"


@st.cache_data(max_entries=50, ttl=300, show_spinner=False)
def names_of(region: str, _who: Principal) -> dict[str, str]:
    """The names of the classes by their codes; none in a city that has no lists."""
    adviser = wiring.app().adviser
    return adviser.class_names(_who) if adviser else {}


@st.cache_data(max_entries=50, ttl=300, show_spinner=False)
def _spelt(region: str, _names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {code: letters(name) for code, name in _names.items()}


def matching(who: Principal, names: Mapping[str, str], words: str) -> tuple[str, ...]:
    """The classes that some words name; without words the widest."""
    spelt = _spelt(who.unit.region_code, names)
    return classtree.found(names, spelt, words) or classtree.below(names, "")


@guarded(views.VIEW)
def _turn(who: Principal) -> None:
    memory.keep(who, _SHOWN, not memory.recall(who, _SHOWN) or None)


@guarded(views.VIEW)
def _chosen(who: Principal) -> None:
    st.session_state.pop(_WORDS, None)
    views.narrowed(FIELD)


def switch(who: Principal) -> None:
    """Shows the choice, or puts it away; what is chosen stays."""
    shown = bool(memory.recall(who, _SHOWN))
    st.button("收起分类" if shown else "分类", key="orders_classing", on_click=_turn)


def draw(who: Principal) -> None:
    """The line of the choice: one level of the tree at a time, or what the words name."""
    if not memory.recall(who, _SHOWN):
        return
    region, current = who.unit.region_code, str(views.value_of(who, FIELD) or "")
    names = names_of(region, who)
    with st.container(key="orderclasses", horizontal=True, vertical_alignment="center"):
        words = st.text_input("查找分类", key=_WORDS, label_visibility="collapsed", max_chars=20,
                              placeholder="分类名称或拼音首字母", width=180)  # fmt: skip
        matches = classtree.found(names, _spelt(region, names), words or "")
        options = ["", *dict.fromkeys([*classtree.path(current), *matches])]
        if not matches:
            options += classtree.below(names, current)
        st.session_state[FIELD] = current
        st.selectbox("事项分类", options, key=FIELD, label_visibility="collapsed", width=320,
                     format_func=lambda code: classtree.called(names, code) or "全部分类",
                     filter_mode=None, on_change=_chosen)  # fmt: skip
        if words and not matches:
            st.html(tag("span", text(f"没有名称含“{words}”的分类"), class_="default"),
                    width="content")  # fmt: skip
