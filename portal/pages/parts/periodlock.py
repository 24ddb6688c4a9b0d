"""Below a report: closing its period, or reopening it with a reason; its notes say how it is."""

import streamlit as st

from auth.principal import Principal
from portal.functions.reports import Report, closing, versions
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.look.tables import Column
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


def history(who: Principal, report: Report) -> None:
    """Every version of the period: who, when, why, and which figures the next one has otherwise."""
    found = versions.versions(who, report.region_code, report.period)
    if not found:
        return
    with st.expander("各版本", key="period_versions"):
        rows = [
            (
                text(f"第{one.version}版"),
                text(f"{states.moment(one.closed_at)} {one.closed_by}"),
                text(f"{states.moment(one.reopened_at)} {one.reopened_by}")
                if one.reopened_at
                else "现行",
                text(one.reason),
            )
            for one in reversed(found)
        ]
        heads = [Column(head=one) for one in ("版本", "锁定", "重开", "重开理由")]
        st.html(tables.table("本期各版本", heads, rows))
        former = [one.version for one in found if not one.stands]
        if former:
            number = st.selectbox(
                "与其后数据的差异",
                former[::-1],
                format_func=lambda one: f"第{one}版",
                key="period_version",
                width=220,
            )
            _differences(who, report, number)


def _differences(who: Principal, report: Report, number: int) -> None:
    found = versions.differences(who, report.region_code, report.period, number)
    if not found.found:
        notice.empty("没有差异", f"第{number}版与{found.against}的数相同。")
        return
    heads = [
        *(Column(head=one) for one in ("地区", "指标")),
        *(Column(head=one, kind="num") for one in (f"第{number}版", found.against)),
    ]
    rows = [
        (text(one.place), text(f"{one.measure}（{one.unit}）"), text(one.was), text(one.now))
        for one in found.found
    ]
    st.html(tables.table(f"第{number}版与其后数据的差异", heads, rows))
    if found.left_out:
        st.html(tag("p", text(f"另有 {found.left_out} 处差异未列出。"), class_="quiet"))


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
