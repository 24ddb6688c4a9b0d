"""典型案例 on the page: what is out for everybody; releasing and taking back for whoever may."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.rates import showcases
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.showcases import Case
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory

_TOLD = "showcase_told"


def draw(who: Principal) -> None:
    """The cases, the newest first."""
    found = showcases.listed(who)
    with st.container(key="card-showcases"):
        st.html(tables.head("典型案例", "经脱敏，提出与审核须为两人"))
        with notice.place():
            if isinstance(told := memory.recall(who, _TOLD), str):
                notice.hint("没有办理", told)
        if not found:
            notice.empty(
                "还没有案例", "工单办结后，可由有发布权限的岗位提出，经他人审核后在此公布。"
            )
        may = permissions.allowed(who, showcases.BULLETIN)
        for one in found:
            _case(one, may=may)


def _case(one: Case, *, may: bool) -> None:
    mark = " " + states.mock() if one.simulated else ""
    head = tag("b", text(one.title)) + " " + states.chip(one.state) + mark
    about = f"{one.unit_name} · {states.day(one.proposed_at)} {one.proposed_name}提出"
    about += f" · {one.decided_name}{one.state}" if one.decided_name else ""
    about += f"：{one.reason}" if one.reason else ""
    st.html(tag("p", head) + tag("p", text(one.story), class_="said")
            + tag("p", text(about), class_="about"))  # fmt: skip
    moves = showcases.MOVES[one.state] if may else ()
    if not moves:
        return
    with st.container(key=f"showcase-{one.id}", horizontal=True, vertical_alignment="center"):
        st.text_input("原因", key=f"showcase_reason_{one.id}", placeholder="退回、撤下须写明原因",
                      label_visibility="collapsed", max_chars=300)  # fmt: skip
        for to in moves:
            label = {"已发布": "发布", "已退回": "退回", "已撤下": "撤下"}[to]
            st.button(label, key=f"showcase-{to}-{one.id}", on_click=_move, args=(one.id, to))


@guarded(showcases.BULLETIN)
def _move(who: Principal, case_id: str, to: showcases.State) -> None:
    reason = str(st.session_state.get(f"showcase_reason_{case_id}") or "")
    memory.keep(who, _TOLD, None)
    try:
        if to == showcases.DOWN:
            showcases.withdraw(who, case_id, reason)
        else:
            showcases.decide(who, case_id, to, reason)
    except RatesError as error:
        memory.keep(who, _TOLD, error.message)
