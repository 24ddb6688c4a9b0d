"""The table of a form as it grows, from the top of the scope down to each answer; and its lock."""

from datetime import date
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import desk, growing, locking, queries
from portal.affairs.forms.growing import Line, Table
from portal.affairs.workflow.flow import FlowError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import memory, saying

_PLACE = "form_table_place"
_OUT = ("已下发", "已停用")
_PROBLEMS = 5


@guarded(desk.VIEW)
def _go(who: Principal, code: str) -> None:
    memory.keep(who, _PLACE, code)


@guarded(locking.RIGHT)
def _lock(who: Principal, form_id: UUID, period: date, code: str) -> None:
    def act() -> str:
        told = locking.lock(who, form_id, period, code)
        rest = "；".join(told.problems[:_PROBLEMS])
        more = f"{len(told.problems)} 份没有锁定：{rest}。" if rest else ""
        return f"已锁定 {told.done} 份。{more}"

    saying.attempt(act)


def draw(who: Principal) -> None:
    """Choose a form and a period; see how far it is."""
    out = {str(one.id): one for one in queries.forms(who) if one.state in _OUT}
    if not out:
        notice.empty("没有已下发的报表", "下发后，这里随上报逐份汇总。")
        return
    with st.container(key="form-table-choice", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("报表", list(out), key="forms_table", width=520,
                              format_func=lambda one: out[one].title)  # fmt: skip
        periods = growing.periods(who, out[chosen].id)
        if periods:
            period = st.selectbox("期别", periods, key=f"forms_period-{chosen}", width=220,
                                  format_func=lambda one: f"{one:%Y-%m-%d} 起一期")  # fmt: skip
    if not periods:
        notice.empty("本岗位范围内没有这张表的填报", "请换一张报表。")
        return
    place = memory.recall(who, _PLACE)
    try:
        found = growing.table(who, out[chosen].id, period, place)
    except FlowError as problem:
        memory.keep(who, _PLACE, None)
        notice.hint("没有填报", problem.message)
        return
    _table(out[chosen].title, out[chosen].simulated, found)
    _acts(who, out[chosen].id, period, found)


def _table(title: str, simulated: bool, found: Table) -> None:
    words = f"应报 {found.sent}，已报 {found.handed}，报送率 {found.percent}，逾期 {found.late}"
    mark = states.mock() + " " if simulated else ""
    st.html(tables.head(title, mark + text(words)))
    _steps(found)
    if found.withheld:
        notice.hint("部分栏目不公布", f"本岗位没有调取档案的权限：{'、'.join(found.withheld)}。")
    if found.empty:
        told = "、".join(f"{name} {count} 份" for name, count in found.empty)
        notice.hint("合计不含未填的", f"已报中未填：{told}。")
    units = all(one.answer for one in found.lines)
    counts = ("状态", "时限") if units else ("应报", "已报", "报送率", "逾期")
    columns = [tables.Column(head="单位")]
    columns += [tables.Column(head=one, kind="text" if units else "num") for one in counts]
    columns += [tables.Column(head=one, kind="num") for one in found.heads]
    whole = ("", "") if units else (found.sent, found.handed, found.percent, found.late)
    body = [("合计（已上报）", *map(text, whole), *_values(found.totals))]
    body += [
        (text(city.everyday(one.name)), *(_unit(one) if units else _counts(one)),
         *_values(one.values))
        for one in found.lines
    ]  # fmt: skip
    st.html(tables.table("汇总", columns, body))


def _values(values: tuple[str, ...]) -> list[Html]:
    return [text(one or "—") for one in values]


def _counts(one: Line) -> tuple[Html, ...]:
    return tuple(map(text, (one.sent, one.handed, one.percent, one.late)))


def _unit(one: Line) -> tuple[Html, ...]:
    if one.answer is None:
        return ("", "")
    late = "▲ 逾期 " if one.answer.late else ""
    due = tag("span", f"{late}{one.answer.due_on:%m-%d}", class_="due" if late else "num")
    return (states.chip(one.answer.state), due)


def _steps(found: Table) -> None:
    with st.container(key="crumbs", horizontal=True, vertical_alignment="center"):
        for code, name in found.path[:-1]:
            st.button(name, key=f"form-up-{code}", on_click=_go, args=(code,), type="tertiary")
            st.html(tag("span", "›", class_="quiet", aria_hidden="true"), width="content")
        st.html(tag("b", text(found.path[-1][1])), width="content")


def _acts(who: Principal, form_id: UUID, period: date, found: Table) -> None:
    """Further down, an answer opened, and what the streets have checked locked at once."""
    with st.container(key="places", horizontal=True, vertical_alignment="center"):
        st.html(tag("span", "进入：", class_="quiet"), width="content")
        for one in found.lines:
            name = city.everyday(one.name)
            if one.answer is None:
                st.button(name, key=f"form-down-{one.code}", on_click=_go, args=(one.code,))
            elif st.button(name, key=f"form-unit-{one.answer.id}"):
                go("forms", id=str(one.answer.id))
    if found.lockable and permissions.allowed(who, locking.RIGHT):
        st.button(f"锁定已审核的 {found.lockable} 份", key="form_lock_all", on_click=_lock,
                  args=(form_id, period, found.code))  # fmt: skip
