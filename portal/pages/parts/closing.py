"""办结事项: closes the case a dossier was opened from, with the result in a sentence."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.matters import desk, rules
from portal.functions.records import CaseRef
from portal.look import notice
from portal.look.markup import tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft
from portal.pages.parts import opened as dossiers

PERMISSION = "matters.close"
CLOSED = "closed_case"


@guarded(PERMISSION)
def _form(who: Principal, case: CaseRef) -> None:
    st.html(
        tag(
            "p",
            f"{text(case.matter)}（{text(case.number)}）办结后移出在办事项，"
            "本单位不再能以该事项调取此人信息。",
        )
    )
    paper = draft.paper(who, PERMISSION, case.id, f"办结事项：{case.matter}（{case.number}）")
    result = paper.text_area(
        "办理结果", "result", max_chars=rules.MOST_RESULT, placeholder="例如：已审核通过"
    )
    if not st.button("确认办结", type="primary", key="close_send"):
        return
    try:
        desk.close_case(who, case.id, result)
    except rules.IllegalMoveError as problem:
        notice.error("没有办结", problem.message)
        return
    paper.done()
    dossiers.close(who)
    st.session_state[CLOSED] = f"{case.matter}（{case.number}）已办结。"
    go(who.home)


@st.dialog("办结事项")
def ask_for_result(case: CaseRef) -> None:
    """The dialog; it runs as a fragment of its own, so it asks for rights itself."""
    _form(case)


def button(who: Principal, case: CaseRef) -> None:
    """The way to close the case, for a post that may."""
    if permissions.allowed(who, PERMISSION) and st.button("办结事项", key="close_case"):
        ask_for_result(case)


def tell() -> None:
    """Say once, on the page one comes back to, that the case is closed."""
    words = st.session_state.pop(CLOSED, None)
    if words:
        st.toast(words)
