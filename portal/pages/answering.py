"""反馈处理: what came to the unit that runs the platform; answer it, then close it."""

import streamlit as st

from auth.principal import Principal
from portal.affairs.feedback import desk, queries, rules
from portal.affairs.feedback.queries import Feedback
from portal.look import notice, tables
from portal.pages.guards import guarded, require
from portal.pages.parts import draft, feedback

PERMISSION = "feedback.view"


def _answer(who: Principal, one: Feedback) -> None:
    paper = draft.paper(who, "feedback.answer", one.id, f"答复{one.from_unit}的{one.kind}")
    words = paper.text_area("答复", "answer", max_chars=rules.MOST, height=90)
    with st.container(horizontal=True, key=f"answer-line-{one.id}"):
        sent = st.button("答复", type="primary", key=f"answer-{one.id}")
        shut = one.state == rules.ANSWERED and st.button("关闭", key=f"close-{one.id}")
    try:
        if sent:
            desk.answer(who, one.id, words)
            paper.done()
        elif shut:
            desk.close(who, one.id)
    except rules.BadFeedbackError as problem:
        notice.error("没有完成", problem.message)
        return
    if sent or shut:
        st.rerun(scope="fragment")


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    found = queries.to_answer(who)
    if not found:
        notice.empty("没有待处理的反馈", "新的投诉建议会出现在这里；请先答复，再关闭。")
        return
    names = {one.id: f"{one.kind} · {one.from_unit} · {one.body[:24]}" for one in found}
    st.html(feedback.listed(found, unit=True))
    chosen = st.selectbox(
        "处理哪一条", list(names), format_func=names.__getitem__, key="answering", filter_mode=None
    )
    one = next((one for one in found if one.id == chosen), None)
    if one is not None:
        _answer(who, one)


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    with st.container(key="card-answering"):
        st.html(tables.head("反馈处理", "先来的在前；只显示单位，不显示提交人"))
        st.fragment(_body)()
