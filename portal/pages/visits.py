"""回访: whom to ring back, the nearest limit first, and what they say."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.evaluation import visits
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.visits import Waiting
from portal.affairs.orders.rules import RESOLVED, SATISFIED
from portal.affairs.workflow.flow import FlowError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded, require
from portal.pages.parts import draft

PERMISSION = visits.VISIT
_TOLD, _FAILED = "visit_told", "visit_failed"
MOST_WORDS = 500


def _due(one: Waiting) -> Html:
    words = states.moment(one.due_at)
    return tag("span", f"▲ 超期 {words}", class_="due") if one.late else text(words)


def _cells(who: Principal, one: Waiting) -> list[tuple[str, Html]]:
    return [
        ("诉求", tag("span", text(one.title), title=one.title)),
        ("类型", text(one.kind)),
        ("地点", text(city.place_within(who, one.region_name))),
        ("承办单位", text(one.handled_by)),
        ("编号", tag("span", text(one.order_no), class_="number")),
        ("回访时限", _due(one)),
        ("未接通", text(f"{one.tries} 次" if one.tries else "—")),
    ]


def _list(who: Principal) -> None:
    page = int(st.session_state.get("visits_page") or 1)
    rows, total = visits.waiting(who, page)
    if not rows:
        notice.empty("没有待回访的工单", "工单审核通过后按抽样规则列到这里；未抽中的自动办结。")
        return
    with st.container(key="rows-visits", horizontal=True, wrap=False):
        st.html(tables.rows("visits", "待回访工单", [_cells(who, one) for one in rows]))
        with st.container(key="acts-visits", width=72):
            for one in rows:
                if st.button("回访", key=f"visit-{one.order_id}", width="stretch"):
                    go("visits", id=str(one.order_id))
    if total > visits.PAGE:
        st.pagination(-(-total // visits.PAGE), key="visits_page")


def _paper(who: Principal, one: Waiting) -> draft.Paper:
    return draft.paper(who, "orders.visit", str(one.order_id), f"回访 {one.order_no}")


def _answers(order_id: str) -> tuple[str, str]:
    return f"visit_resolved_{order_id}", f"visit_satisfied_{order_id}"


@guarded(PERMISSION)
def _record(who: Principal, order_id: str, version: int, widget: str) -> None:
    resolved, satisfied = (st.session_state.get(key) for key in _answers(order_id))
    if not resolved or not satisfied:
        st.session_state[_FAILED] = "请选择是否解决和是否满意，已填内容已保留。"
        return
    words = str(st.session_state.get(widget) or "")
    try:
        visits.record(who, UUID(order_id), resolved=resolved, satisfied=satisfied, words=words,
                      version=version)  # fmt: skip
    except (EvaluationError, FlowError) as problem:
        st.session_state[_FAILED] = problem.message
        return
    draft.paper(who, "orders.visit", order_id, "").done()
    st.session_state[_TOLD] = f"已记录回访结果：{resolved}、{satisfied}。"
    st.query_params.pop("id", None)


@guarded(PERMISSION)
def _no_answer(who: Principal, order_id: str, version: int) -> None:
    try:
        left = visits.no_answer(who, UUID(order_id), version)
    except (EvaluationError, FlowError) as problem:
        st.session_state[_FAILED] = problem.message
        return
    said = f"还可再拨 {left} 次" if left else "已达次数上限，工单免回访办结，不计入解决率和满意率"
    st.session_state[_TOLD] = f"已记录未接通，{said}。"
    st.query_params.pop("id", None)


def _opened(who: Principal, one: Waiting) -> None:
    with notice.place():
        if failed := st.session_state.pop(_FAILED, None):
            notice.error("没有保存", failed)
    order_id = str(one.order_id)
    mark = states.mock() + " " if one.simulated else ""
    with st.container(key="card-visit"):
        st.html(tables.head(one.title, mark + text(one.order_no)))
        facts = [
            ("诉求类型", one.kind),
            ("地点", one.region_name),
            ("承办单位", one.handled_by),
            ("答复内容", one.reply or "—"),
            ("抽取依据", one.rule),
            ("回访时限", states.moment(one.due_at)),
            ("此前未接通", f"{one.tries} 次"),
        ]
        st.html(tables.pairs(facts))
        resolved, satisfied = _answers(order_id)
        st.segmented_control("是否解决", list(RESOLVED), key=resolved)
        st.segmented_control("是否满意", list(SATISFIED), key=satisfied)
        paper = _paper(who, one)
        paper.text_area("回访记录", "words", max_chars=MOST_WORDS, height=90,
                        placeholder="诉求人的说法。请勿写入姓名、电话等个人信息。")  # fmt: skip
        with st.container(key="visitbuttons", horizontal=True):
            st.button("保存回访结果", type="primary", key="visit_save", on_click=_record,
                      args=(order_id, one.version, paper.fields["words"]))  # fmt: skip
            st.button("未接通", key="visit_missed", on_click=_no_answer,
                      args=(order_id, one.version))  # fmt: skip
            if st.button("返回列表", key="visit_list"):
                go("visits")


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已保存", told)
    if order_id := st.query_params.get("id"):
        found = visits.one_waiting(who, order_id)
        if found is not None:
            _opened(who, found)
            return
        notice.hint("这件工单不再等待本单位回访", "可能已回访或已重办，下面是其余待回访的工单。")
    with st.container(key="card-visits"):
        st.html(tables.head("回访", f"由承办单位以外的单位回访，{text(city.default_note())}"))
        _list(who)
