"""Which report, for which period: found among many by field, words, pinyin or initials; what was
used last comes first."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions import keepsakes
from portal.functions.reports import finding, periods
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.store.citypack import pack

PERMISSION = "reports.view"
_RECENT, _MOST = "recent", 8
_PLACE, _NAME = "reports", "最近使用"
TEMPLATE, PERIOD, TYPED, FIELD = "report_template", "report_period", "report_typed", "report_field"


def recent(who: Principal) -> list[str]:
    """The reports that this person used last in this post."""
    known = memory.recall(who, _RECENT)
    if not isinstance(known, list):
        kept = keepsakes.kept(who, _PLACE).get(_NAME, "")
        known = [one for one in kept.split(",") if one]
        memory.keep(who, _RECENT, known)
    return known


@guarded(PERMISSION)
def _used(who: Principal) -> None:
    chosen = st.session_state.get(TEMPLATE)
    if not isinstance(chosen, str):
        return
    found = [chosen, *(one for one in recent(who) if one != chosen)][:_MOST]
    memory.keep(who, _RECENT, found)
    keepsakes.keep(who, _PLACE, _NAME, ",".join(found))


def choose(who: Principal) -> tuple[str, str] | None:
    """The report and the period; nothing where there is no report to choose."""
    function = wiring.app().reports
    choices = function.templates(who)
    if not choices:
        notice.empty("还没有报表", "请在城市包的 reports.toml 中设置报表。")
        return None
    fields = {one.id: one.name for one in pack().fields}
    with st.container(key="report-choice", horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("查找", key=TYPED, max_chars=40, width=200,
                              placeholder="名称、内容或拼音首字母")  # fmt: skip
        field = st.selectbox("领域", ["", *fields], key=FIELD, filter_mode=None, width=130,
                             format_func=lambda one: fields.get(one, "全部"))  # fmt: skip
        found = {
            one.id: one for one in finding.found(choices, typed or "", field or "", recent(who))
        }
        if found and st.session_state.get(TEMPLATE) not in found:
            st.session_state[TEMPLATE] = next(iter(found))
        template = st.selectbox(
            f"报表（{len(found)}）", list(found), key=TEMPLATE, filter_mode=None, width=320,
            format_func=lambda one: found[one].name if one in found else one, on_change=_used,
        )  # fmt: skip
        period = st.selectbox("统计期", function.spans(who), key=PERIOD, filter_mode=None,
                              width=150, format_func=periods.name)  # fmt: skip
    if template is None:
        notice.empty("没有找到报表", "请换一个词，或把领域改为“全部”。")
        return None
    return template, period
