"""工作交接: one act on a transfer or a leave, and the 交接单 to print."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.people import Refused, handover, listing
from portal.functions.people.listing import Member
from portal.look import notice, people, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import choosing, memory

PERMISSION = "handover.make"
_SHOWN, _PROBLEM = "handover_shown", "handover_problem"


def _successor(who: Principal, leaving: Member) -> None:
    others = {
        one.login: one
        for one in listing.members(who, leaving.unit_name)
        if one.login != leaving.login and one.account_status == "active"
    }
    names = {login: f"{one.name}（{login}，{one.title}）" for login, one in others.items()}
    options = ["", *names]
    st.selectbox(
        "接收人",
        options,
        format_func=lambda one: names.get(one, "暂无，岗位转为空岗"),
        key="handover_successor",
        filter_mode=None,
    )


def _next(who: Principal) -> None:
    vacant = {one.position_id: one for one in listing.vacancies(who)}
    st.selectbox(
        "调入岗位",
        ["", *vacant],
        format_func=lambda one: (
            f"{vacant[one].title}（{vacant[one].unit_name}）" if one else "不在此办理"
        ),
        key="handover_next",
        filter_mode=None,
    )


@guarded(PERMISSION)
def _make(who: Principal) -> None:
    # What stands in the fields now: what was drawn last may be one field behind.
    filled = st.session_state
    post_id = filled.get("handover_post")
    if not post_id:
        return
    kind: handover.Kind = "调动" if filled.get("handover_kind") == "调动" else "离任"
    memory.keep(who, _PROBLEM, None)
    try:
        slip = handover.make(
            who,
            str(post_id),
            kind=kind,
            successor=str(filled.get("handover_successor") or ""),
            next_position=str(filled.get("handover_next") or "") if kind == "调动" else "",
            reason=str(filled.get("handover_reason") or ""),
            carriers=wiring.app().carriers,
        )
    except Refused as problem:
        memory.keep(who, _PROBLEM, problem.message)
        return
    memory.keep(who, _SHOWN, slip.number)


def _form(who: Principal) -> None:
    problem = memory.recall(who, _PROBLEM)
    if problem:
        notice.error("没有办理", str(problem))
    leaving = choosing.member(who, "查找移交人", "移交人与岗位", "handover")
    if leaving is None:
        return
    kind = st.segmented_control(
        "交接类型", list(handover.KINDS), default="离任", key="handover_kind"
    )
    _successor(who, leaving)
    if kind == "调动":
        _next(who)
    st.text_input("事由", key="handover_reason", max_chars=100)
    words = f"办理后，{leaving.name}在“{leaving.title}”的权限即刻终止，打开的页面随即退出。"
    st.html(tag("div", text(words), class_="default"))
    st.button("办理交接", type="primary", key="handover_send", on_click=_make)


def _slips(who: Principal) -> None:
    found = handover.slips(who)
    if not found:
        notice.empty("没有交接单", "办理交接后在此列出，可打印签字存档。")
        return
    numbers = [one.number for one in found]
    shown = memory.recall(who, _SHOWN)
    chosen = st.selectbox(
        "交接单",
        numbers,
        index=numbers.index(shown) if shown in numbers else 0,
        format_func=lambda one: next(
            f"{s.number}　{s.kind}　{s.holder}：{s.title}" for s in found if s.number == one
        ),
        filter_mode=None,
    )
    slip = next(one for one in found if one.number == chosen)
    st.html(people.paper(slip))
    st.html(tag("div", "打印：按 Ctrl+P，纸张选 A4。", class_="default"))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    with st.container(key="card-handover"):
        st.html(tables.head("办理工作交接", "移交待办和草稿，终止原岗位权限，一次办完"))
        _form(who)
    with st.container(key="card-handover-slips"):
        st.html(tables.head("交接单"))
        _slips(who)
