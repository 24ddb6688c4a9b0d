"""批示 on the panel: a place, a figure, one sentence; each order behind it is asked."""

from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import addresses, boxes, queries
from portal.affairs.supervision import desk, instructing, rules
from portal.functions import city
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import memory

FIGURES = {"逾期": "逾期", "今天到期": "今天到期", "临近时限": "临期"}
_PLACE, _FIGURE, _WORDS, _SAID = (f"instruct_{one}" for one in ("place", "figure", "words", "said"))


def address(place: str, figure: str) -> str:
    """The orders behind a figure of a place."""
    return addresses.of(region=place, due=FIGURES[figure], open=True)


@guarded(desk.SUPERVISE)
def _send(who: Principal) -> None:
    place, figure = str(st.session_state[_PLACE]), str(st.session_state[_FIGURE])
    view = addresses.read(dict(parse_qsl(urlsplit(address(place, figure)).query)))
    try:
        if not isinstance(view, boxes.View):
            raise rules.SupervisionError("没有签发：所选的数读不出来，请重新选择，已填内容已保留。")
        size = instructing.MOST + 1
        behind = queries.listed(who, boxes.filters_of(view), size=size)
        if behind.counted > instructing.MOST:
            raise rules.SupervisionError(
                f"这个数有 {behind.counted} 件在办工单，一次最多批示 {instructing.MOST} 件；"
                "请选择下级地区，或打开工单逐件批示，已填内容已保留。"
            )
        done = instructing.instruct(
            who, [one.id for one in behind.rows], str(st.session_state.get(_WORDS, ""))
        )
    except rules.SupervisionError as refusal:
        memory.keep(who, _SAID, (False, refusal.message))
        return
    memory.keep(who, _SAID, (True, done.words))
    if done.numbers:
        st.session_state[_WORDS] = ""


def draw(who: Principal) -> None:
    """For a post that may supervise; a deputy signs with the name of whom it acts for."""
    if not permissions.allowed(who, desk.SUPERVISE):
        return
    own = who.unit.region_code
    places = [own, *(one.code for one in city.places_below(own) if not one.statistics_only)]
    with st.expander("批示", key="instruct"):
        if (said := memory.recall(who, _SAID)) is not None:
            memory.keep(who, _SAID, None)
            (notice.hint if said[0] else notice.error)("批示", said[1])
        left, right = st.columns(2, gap="small")
        with left:
            st.selectbox("地区", places, format_func=city.place_name, key=_PLACE, filter_mode=None)
        with right:
            st.selectbox("对哪个数", list(FIGURES), key=_FIGURE, filter_mode=None)
        st.text_input("一句话批示（送每件工单的承办单位，作为督办单）", key=_WORDS,
                      max_chars=rules.MOST_WORDS)  # fmt: skip
        signs = rules.signed(who.name, who.acting_for)
        st.button(f"签发（{signs}）", key="instruct_send", on_click=_send)
