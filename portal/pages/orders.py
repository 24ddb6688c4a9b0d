"""诉求工单: the desk of demands: a list by deadline, one of them opened beside it."""

import streamlit as st

from portal.look import notice
from portal.pages.guards import require
from portal.pages.parts import orderlist, orderopened, orderprint, turnline
from portal.pages.parts import orderview as views


def page() -> None:
    """Draw the page."""
    who = require(views.VIEW)
    if number := st.query_params.get("print"):
        orderprint.card(who, number)
        return
    views.arrive(who)
    opened = st.query_params.get("id", "")
    if not opened:
        with notice.place():
            turnline.draw(who)
        orderlist.card(who)
        return
    beside, panel = st.columns([0.4, 0.6], gap="small")
    with beside:
        orderlist.card(who, opened.partition(":")[0])
    with panel:
        orderopened.card(who, opened)
