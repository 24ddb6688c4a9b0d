"""批示 on the panel: a place, a figure, one sentence; each order behind it is asked."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import queries
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.panel import Panel
from portal.affairs.supervision import desk, instructing, rules
from portal.functions import city
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import memory, orderfigures
from portal.pages.parts.panelreading import reading

Narrow = Mapping[str, Any]
NEAR = "临近时限"  # asked about though no tile shows it
OPENED = "instruct"
_PLACE, _FIGURE, _WORDS, _SAID = (f"{OPENED}_{one}" for one in ("place", "figure", "words", "said"))


def figures(found: Panel) -> dict[str, Narrow]:
    """What one sentence may be about: every figure of the panel, and the orders of each link."""
    days = orderfigures.days_of(found)
    named: dict[str, Narrow] = {one.name: one.narrow(days) for one in orderfigures.FIGURES}
    named[NEAR] = {"due": "临期", "open": True}
    for one in found.links:
        named[f"环节：{one.name}"] = {"states": one.states, "open": True}
    return named


def behind(place: str, narrow: Narrow) -> Filters:
    """The orders behind a figure of a place that still wait for somebody."""
    return Filters(**{**narrow, "region": place, "open": True})


@guarded(desk.SUPERVISE)
def _send(who: Principal, found: Panel) -> None:
    place, figure = str(st.session_state[_PLACE]), str(st.session_state[_FIGURE])
    try:
        done = _ask(who, place, figures(found)[figure], str(st.session_state.get(_WORDS, "")))
    except rules.SupervisionError as refusal:
        memory.keep(who, _SAID, (False, refusal.message))
        return
    memory.keep(who, _SAID, (True, done.words))
    if done.numbers:
        st.session_state[_WORDS] = ""


def _ask(who: Principal, place: str, narrow: Narrow, words: str) -> instructing.Instructed:
    if narrow.get("open") is False:
        raise rules.SupervisionError(
            "这个数都是已办结的工单，没有承办单位可督办；请改选在办的数，已填内容已保留。"
        )
    found = queries.listed(who, behind(place, narrow), size=instructing.MOST + 1)
    if found.counted > instructing.MOST:
        raise rules.SupervisionError(
            f"这个数有 {found.counted} 件在办工单，一次最多批示 {instructing.MOST} 件；"
            "请选择下级地区，或打开工单逐件批示，已填内容已保留。"
        )
    return instructing.instruct(who, [one.id for one in found.rows], words)


@guarded(desk.SUPERVISE)
def _fields(who: Principal, own: str) -> None:
    found = reading(who, own)
    places = [own, *(one.code for one in city.places_below(own) if not one.statistics_only)]
    if (said := memory.recall(who, _SAID)) is not None:
        memory.keep(who, _SAID, None)
        (notice.hint if said[0] else notice.error)("批示", said[1])
    left, right = st.columns(2, gap="small")
    with left:
        st.selectbox("地区", places, format_func=city.place_name, key=_PLACE, filter_mode=None)
    with right:
        st.selectbox("对哪个数", list(figures(found)), key=_FIGURE, filter_mode=None)
    st.text_input("一句话批示（送每件工单的承办单位，作为督办单）", key=_WORDS,
                  max_chars=rules.MOST_WORDS)  # fmt: skip
    signs = rules.signed(who.name, who.acting_for)
    st.button(f"签发（{signs}）", key="instruct_send", on_click=_send, args=(found,))


def draw(who: Principal, region: str) -> None:
    """For a post that may supervise; a deputy signs with the name of whom it acts for.

    The fields cost every click on a home, and few click for them: drawn once they are opened. From
    then on they stay, so that what is typed is there when they are opened again.
    """
    if not permissions.allowed(who, desk.SUPERVISE, region):
        return
    piece = st.expander("批示", key=OPENED, on_change="rerun")
    if piece.open or memory.recall(who, OPENED):
        memory.keep(who, OPENED, True)
        with piece:
            st.fragment(_fields)(region)
