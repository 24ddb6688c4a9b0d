"""我的反馈: what one has told those who run the platform, how far it is, what was answered."""

import streamlit as st

from portal.affairs.feedback import queries
from portal.look import notice, tables
from portal.pages.guards import require
from portal.pages.parts import feedback


def page() -> None:
    """Draw the page."""
    who = require(feedback.PERMISSION)
    with st.container(key="card-feedback-form"):
        st.html(tables.head("写投诉建议"))
        feedback.form("feedback", "", "")
    with st.container(key="card-feedback-mine"):
        found = queries.mine(who)
        st.html(tables.head("我的反馈", f"最近 {queries.MOST} 条，只有本人能看到"))
        if found:
            st.html(feedback.listed(found, unit=False))
        else:
            notice.empty("还没有提交过", "每一页右上角都有“投诉建议”，提交后在这里看答复。")
