"""审计记录: who did what, found by words, action and day. Nothing here changes anything."""

import streamlit as st

from auth.principal import Principal
from portal.functions import trail, trailwords
from portal.look import notice, people, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require

PERMISSION = "audit.view"
_TONES = {"成功": "good", "拒绝": "failed", "失败": "failed"}


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    first, second, third = st.columns([2, 1.4, 1], gap="small")
    with first:
        words = st.text_input(
            "查找", key="audit_words", placeholder="姓名、账号、对象、内容", max_chars=40
        )
    with second:
        known = trailwords.ACTIONS
        action = st.selectbox(
            "操作",
            list(known),
            index=None,
            format_func=known.__getitem__,
            placeholder="全部操作",
            key="audit_action",
        )
    with third:
        day = st.date_input("日期", None, key="audit_day", format="YYYY-MM-DD")
    found = trail.entries(who, words or "", action=action or "", day=day)
    if not found:
        notice.empty("没有记录", "没有符合条件的审计记录，请更换条件。")
        return
    columns = (
        tables.Column(head="序号", kind="num"),
        tables.Column(head="时间"),
        tables.Column(head="人员"),
        tables.Column(head="操作"),
        tables.Column(head="结果"),
        tables.Column(head="内容", kind="wrap"),
    )
    rows = [
        (text(one.seq), text(people.moment(one.at)),
         text(one.behalf or (f"{one.name}（{one.actor}）" if one.name else one.actor)),
         text(one.action), people.chip(one.outcome, _TONES), text(one.detail))
        for one in found
    ]  # fmt: skip
    st.html(tables.table("审计记录", columns, rows))
    if len(found) == trail.LIMIT:
        words = f"只列出最近 {trail.LIMIT} 条，请用条件缩小范围。"
        st.html(tag("div", text(words), class_="default"))


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    with st.container(key="card-audit"):
        st.html(tables.head("审计记录", "只读；记录成链，任何改动均可发现"))
        st.fragment(_body)()
        st.html(people.downloads(("下载审计记录", "audit")))
