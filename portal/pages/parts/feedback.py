"""投诉建议: the form behind the button on every page, and how feedback looks in a list."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal.affairs.feedback import desk, rules
from portal.affairs.feedback.queries import Feedback
from portal.look import notice, states
from portal.look.markup import Html, join, tag, text
from portal.pages.catalogue import title_of
from portal.pages.guards import guarded
from portal.pages.parts import draft

PERMISSION = "feedback.send"
_SENT = "feedback.sent"
_ABOUT = (
    "由平台运维单位答复。对方看到本单位名称，看不到您的姓名；不按人统计。"
    "请不要写居民的姓名、证件号等信息，会自动附上所在页面和运行编号，不附页面内容。"
)


def _clear(where: str) -> None:
    """The kind is asked for anew; the text went with its draft."""
    st.session_state.pop(f"feedback_kind{where}", None)


@guarded(PERMISSION)
def form(who: Principal, page: str, trace: str, where: str) -> None:
    """The form itself; what is written is kept until it is sent."""
    with notice.place():
        if sent := st.session_state.pop(_SENT, None):
            notice.hint("已提交", f"{sent}答复后可在“我的反馈”中查看。")
    st.html(tag("p", text(_ABOUT), class_="default"))
    kind = st.segmented_control(
        "类别", list(rules.KINDS), key=f"feedback_kind{where}", label_visibility="collapsed"
    )
    paper = draft.paper(who, "feedback", "", "投诉建议", where=where)
    words = paper.text_area(
        "内容",
        "text",
        max_chars=rules.MOST,
        placeholder="发生了什么，希望怎样。例如：办结事项后列表没有变化。",
    )
    st.html(
        tag("div", text(f"所在页面：{title_of(page)}　运行编号：{trace or '无'}"), class_="default")
    )
    if not st.button("提交", type="primary", key=f"feedback_send{where}"):
        return
    try:
        desk.send(who, kind=kind, text=words, page=page, trace=trace)
    except rules.BadFeedbackError as problem:
        notice.error("还没有提交", problem.message)
        return
    paper.done()
    _clear(where)
    st.session_state[_SENT] = f"这条反馈（{kind}）已送达平台运维单位，"
    st.rerun(scope="fragment" if where else "app")


@st.dialog("投诉建议")
def ask(page: str, trace: str) -> None:
    """The dialog; it runs as a fragment of its own, so it asks for rights itself."""
    form(page, trace, "-dialog")
    st.html(tag("a", "查看我的反馈", href="/feedback", class_="go"))


def entry(one: Feedback, *, unit: bool) -> Html:
    """One piece of feedback with its answer."""
    about = [one.from_unit] if unit else []
    about += [states.moment(one.sent_at), f"页面：{title_of(one.page)}"]
    about += [f"运行编号 {one.trace}"] if one.trace else []
    head = tag("div", tag("b", text(one.kind)) + states.chip(one.state), class_="answer")
    said = tag("p", text(one.body), class_="words")
    reply = ""
    if one.answer:
        when = tag("small", text(f"答复于 {states.moment(one.answered_at)}"))
        reply = tag("p", tag("b", "答复：") + text(one.answer) + " " + when, class_="words reply")
    line = tag("div", join(tag("span", text(it)) for it in about), class_="about")
    return tag("div", head + line + said + reply, class_="feedback")


def listed(found: Sequence[Feedback], *, unit: bool) -> Html:
    """A list of feedback."""
    return join(entry(one, unit=unit) for one in found)
