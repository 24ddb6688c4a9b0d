"""Below a report: closing its period, or reopening it with a reason; its notes say how it is."""

import streamlit as st

from auth.principal import Principal
from portal.functions.reports import Report, closing
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import memory

_SAID, _REASON = "period_said", "period_reason"


def draw(who: Principal, report: Report) -> None:
    """The button that this post may press now, and what the last press led to."""
    if not closing.able(who, report.region_code):
        return
    _answer(who)
    state = closing.standing(who, report.region_code, report.period)
    if not (state.may_close or state.may_reopen):
        return
    place = (report.region_code, report.period)
    with st.container(key="period-lock", horizontal=True, vertical_alignment="bottom"):
        if state.may_close:
            st.button("锁定本期", key="period_close", on_click=_close, args=place)
        else:
            st.text_input("重开理由", key=_REASON, max_chars=200, width=420)
            st.button("重开本期", key="period_reopen", on_click=_reopen, args=place)


def _answer(who: Principal) -> None:
    said = memory.recall(who, _SAID)
    if said is not None:
        memory.keep(who, _SAID, None)
        (notice.hint if said[0] else notice.error)(*said[1:])


@guarded(closing.CLOSE)
def _close(who: Principal, region: str, period: str) -> None:
    try:
        version = closing.close(who, region, period)
    except closing.CannotClose as refusal:
        memory.keep(who, _SAID, (False, "没有锁定", refusal.message))
        return
    memory.keep(
        who,
        _SAID,
        (True, f"已锁定（第{version}版）", "此后收到的更正单独保留并在说明中列出，重开后计入。"),
    )


@guarded(closing.CLOSE)
def _reopen(who: Principal, region: str, period: str) -> None:
    try:
        moved = closing.reopen(who, region, period, str(st.session_state.get(_REASON, "")))
    except closing.CannotClose as refusal:
        memory.keep(who, _SAID, (False, "没有重开", refusal.message))
        return
    memory.keep(who, _SAID, (True, "已重开", f"锁定期间收到的 {moved} 项更正已计入。"))
