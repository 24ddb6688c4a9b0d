"""大量查询告警: look-ups in bulk that were stopped, looked into by the security administrator."""

from collections.abc import Sequence

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.functions.records import BadQueryError, usage
from portal.functions.records.usage import Alarm
from portal.look import notice, states, tables
from portal.look.markup import Html, text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory

_TOLD = "bulk_told"


def _line(one: Alarm) -> str:
    return f"{one.minutes} 分钟内{usage.LABELS[one.kind]} {one.used} {usage.UNITS[one.kind]}"


def _cells(one: Alarm) -> tuple[Html, ...]:
    return (
        text(states.moment(one.at)),
        text(one.who),
        text(one.login),
        text(f"{one.unit}·{one.post}"),
        text(_line(one)),
        text(f"上限 {one.most} {usage.UNITS[one.kind]}"),
    )


_COLUMNS = (
    tables.Column(head="时间"),
    tables.Column(head="姓名"),
    tables.Column(head="账号"),
    tables.Column(head="单位、岗位", kind="wrap"),
    tables.Column(head="用量"),
    tables.Column(head="限值"),
)
_SEEN = (
    *_COLUMNS,
    tables.Column(head="核实情况", kind="wrap"),
    tables.Column(head="核实人"),
    tables.Column(head="核实时间"),
)


@guarded(usage.ACKNOWLEDGE)
def _acknowledge(who: Principal) -> None:
    # What stands in the fields now: arguments would be those of the page as last drawn.
    chosen = st.session_state.get("bulk_alarm")
    if chosen is None:
        memory.keep(who, _TOLD, ("没有核实", "请先选择一条告警，已填内容已保留。"))
        return
    try:
        usage.acknowledge(who, int(chosen), str(st.session_state.get("bulk_reason", "")))
    except BadQueryError as problem:
        memory.keep(who, _TOLD, ("没有核实", problem.message))
        return
    st.session_state["bulk_reason"] = ""
    memory.keep(who, _TOLD, ("", "核实情况已记录，告警留存备查。"))


def _tell(who: Principal) -> None:
    told = memory.recall(who, _TOLD)
    if told:
        head, words = told
        if head:
            notice.error(head, words)
        else:
            notice.hint("已核实", words)
    memory.keep(who, _TOLD, None)


def _form(waiting: Sequence[Alarm]) -> None:
    names = {one.id: f"{states.moment(one.at)} {one.who}：{_line(one)}" for one in waiting}
    st.selectbox(
        "要核实的告警",
        list(names),
        format_func=names.__getitem__,
        key="bulk_alarm",
    )
    st.text_input(
        "核实情况",
        key="bulk_reason",
        max_chars=200,
        placeholder="例如：集中走访前核对名单，已向本人核实",
        autocomplete="off",
    )
    st.button("确认已核实", type="primary", key="bulk_send", on_click=_acknowledge)


def _waiting(who: Principal) -> None:
    waiting = usage.alarms(who)
    with st.container(key="card-bulk"):
        aside = "同一人短时间内查询过多时自动暂停并告警，用于保护居民信息，不作工作评价"
        st.html(tables.head("待核实的告警", aside))
        with notice.place():
            _tell(who)
        if not waiting:
            notice.empty("没有待核实的告警", "出现大量或异常分散的查询时，会自动列在这里。")
            return
        st.html(tables.table("待核实的告警", _COLUMNS, [_cells(one) for one in waiting]))
        if permissions.allowed(who, usage.ACKNOWLEDGE):
            _form(waiting)


def page() -> None:
    """Draw the page."""
    who = require(usage.PERMISSION)
    _waiting(who)
    seen = usage.alarms(who, seen=True)
    if not seen:
        return
    with st.container(key="card-bulk-seen"):
        st.html(tables.head("已核实", f"最近 {len(seen)} 条"))
        rows = [
            (*_cells(one), text(one.reason), text(one.seen_by), text(states.moment(one.seen_at)))
            for one in seen
        ]
        st.html(tables.table("已核实的告警", _SEEN, rows))
