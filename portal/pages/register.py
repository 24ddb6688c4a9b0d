"""接诉登记: writing down a demand while somebody is on the telephone."""

import streamlit as st

from portal.look import tables
from portal.pages.guards import require
from portal.pages.parts import registering

REGISTER = "orders.register"


def page() -> None:
    """Draw the page."""
    require(REGISTER)
    by_phone, by_file, answers = st.tabs(["电话登记", "表格导入", "常见问题"])
    with by_phone:
        registering.phone()
    with by_file:
        registering.file()
    with answers:
        st.html(
            tables.head("常见问题", "查到即可在电话中直接答复；过期的排在最后，请通知主管部门更新")
        )
        registering.answers()
