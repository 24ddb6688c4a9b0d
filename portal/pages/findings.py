"""未诉先办: what was found, with whom it is now; finding, judging, meeting, and the table of it."""

from collections.abc import Callable, Mapping

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import choices
from portal.affairs.findings.queries import VIEW
from portal.affairs.workflow.flow import FlowError
from portal.look import notice
from portal.pages.going import go
from portal.pages.guards import guarded, require
from portal.pages.parts import findinglist, findingmeeting, findingnew, findingopened, findingpapers

LIST, NEW, KINDS, MEETINGS, TABLE, DAILY, MEASURES = (
    "list", "new", "kinds", "meetings", "table", "daily", "measures",
)  # fmt: skip
_NAMES: Mapping[str, str] = {
    LIST: "问题",
    NEW: "发现问题",
    KINDS: "同类诉求",
    MEETINGS: "联席会议",
    TABLE: "情况表",
    DAILY: "日报告",
    MEASURES: "十条措施",
}
_DRAWN: Mapping[str, Callable[[Principal], None]] = {
    LIST: findinglist.draw,
    NEW: findingnew.draw,
    KINDS: findingnew.kinds,
    MEETINGS: findingmeeting.draw,
    TABLE: findingpapers.table,
    DAILY: findingpapers.daily_reports,
    MEASURES: findingpapers.ten,
}
_KEY = "findings_part"


def _parts(who: Principal) -> list[str]:
    may = permissions.allowed
    shown = {
        NEW: may(who, "findings.hand"),
        KINDS: may(who, "findings.report") and may(who, "orders.view"),
        MEETINGS: who.unit.level != "community" and bool(who.prefixes),
        TABLE: (bool(who.prefixes) and not may(who, "findings.hand"))
        or may(who, "findings.report"),
        DAILY: bool(who.prefixes) and who.unit.level in ("city", "district"),
        MEASURES: bool(who.prefixes) and who.unit.level in ("city", "district"),
    }
    return [one for one in _NAMES if shown.get(one, True)]


@guarded(VIEW)
def _body(who: Principal) -> None:
    parts = _parts(who)
    if came := st.session_state.pop("findings_go", None):
        st.session_state[_KEY] = came
    if st.session_state.get(_KEY) not in parts:
        st.session_state[_KEY] = parts[0]
    with st.container(key="findingbar", horizontal=True, vertical_alignment="center"):
        part = (
            st.segmented_control(
                "内容", parts, format_func=_NAMES.__getitem__, key=_KEY,
                label_visibility="collapsed",
            )
            or parts[0]
        )  # fmt: skip
    if who.prefixes and not choices.reached(who):
        notice.hint(
            "本地区尚未开展未诉先办",
            "开展范围和日期由市级设定；现在不能登记问题，已有的问题仍可查看和办理。",
        )
    _DRAWN[part](who)


def page() -> None:
    """Draw the page."""
    who = require(VIEW)
    query = st.query_params
    opened, meeting = query.get("id"), query.get("meeting")
    if begun := query.pop("new", None):  # what was begun, by hand or about a kind of demand
        st.session_state["findings_go"] = NEW
        findingnew.resume(who, begun)
    if not (opened or meeting):
        st.fragment(_body)()
        return
    try:
        if opened:
            findingopened.card(who, *opened.split(":", 1))
        else:
            findingmeeting.card(who, str(meeting))
    except FlowError as problem:
        notice.error("没有打开", problem.message)
        if st.button("返回未诉先办", key="finding_back"):
            go("findings")
