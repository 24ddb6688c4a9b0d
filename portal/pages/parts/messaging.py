"""Messages that did not arrive, for those who run the platform: sent again, or left."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.messages import MessageError, Sent
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded

PERMISSION, MANAGE = "systems.view", "systems.manage"
_TOLD = "message_told"


@guarded(MANAGE)
def _resend(who: Principal, message_id: str) -> None:
    try:
        wiring.app().messages.resend(who, message_id)
    except MessageError as problem:
        st.session_state[_TOLD] = problem.message


@guarded(MANAGE)
def _give_up(who: Principal, message_id: str) -> None:
    try:
        wiring.app().messages.give_up(who, message_id)
    except MessageError as problem:
        st.session_state[_TOLD] = problem.message


def _line(one: Sent, may: bool) -> None:
    with st.container(key=f"message-{one.id}", horizontal=True, vertical_alignment="center"):
        mark = states.mock() + " " if one.simulated else ""
        words = f"{one.kind} · {one.channel} · {one.step} {one.person} · {states.moment(one.at)}"
        why = f"：{one.reason} " if one.reason else " "
        line = mark + text(words + why) + states.chip(one.state)
        st.html(tag("div", line, class_="told"), width="stretch")
        if may:
            st.button("重新发送", key=f"message-again-{one.id}", on_click=_resend, args=(one.id,))
            st.button("放弃", key=f"message-drop-{one.id}", on_click=_give_up, args=(one.id,))


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.error("没有改动", told)
    may = permissions.allowed(who, MANAGE)
    for one in wiring.app().messages.troubled(who):
        _line(one, may)


def _channels() -> str:
    """Which ways to a phone there are, and which of them are on."""
    on = {one.id for one in wiring.app().messages.channels}
    words = []
    for one in city.message_channels():
        mark = "（模拟）" if one.simulated else ""
        words.append(f"{one.name}{mark}{'已启用' if one.id in on else '未启用'}")
    return "、".join(words)


def card(who: Principal) -> None:
    """The card of what did not arrive; else one line that says which ways there are."""
    if not wiring.app().messages.troubled(who):
        if permissions.allowed(who, MANAGE) and (said := _channels()):
            st.html(tag("div", text(f"消息通道：{said}；没有未送达的消息。"), class_="default"))
        return
    with st.container(key="card-messages"):
        aside = "内容只含系统、类型、时限和编号；重新发送不会重复"
        st.html(tables.head("没有送达的消息", aside))
        st.fragment(_body)()
