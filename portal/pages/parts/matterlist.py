"""按事项: the matters that residents come for, by group, found by typing."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.matters.catalogue import grouped
from portal.look import matters as look
from portal.look import notice, tables
from portal.look.markup import text
from portal.pages.guards import guarded

PERMISSION = "entry.jump"
_SEARCH = "matter_search"


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    st.text_input(
        "查找事项",
        key=_SEARCH,
        placeholder="事项名称、全拼或拼音首字母，例如 gljt",
        max_chars=40,
        label_visibility="collapsed",
    )
    typed = str(st.session_state.get(_SEARCH, ""))
    found = wiring.app().matters.all(who, typed)
    if found:
        st.html(look.catalogue(grouped(found)))
    elif typed.strip():
        notice.empty("没有找到这个事项", "请换用事项名称、全拼或拼音首字母，或改从“按系统”进入。")
    else:
        notice.empty("事项目录还没有内容", "请改从“按系统”进入；目录由本市管理员维护。")


def draw(who: Principal) -> None:
    """The catalogue."""
    with st.container(key="card-matters"):
        st.html(tables.head("高频事项", text(f"条件、材料、时限为{city.default_note()}")))
        st.fragment(_body)()
