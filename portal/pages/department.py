"""部门首页: the cases assigned to the department, and the systems it may see."""

import streamlit as st

from portal.pages.guards import require
from portal.pages.parts import cases, doors, home, orderpanel, today


def page() -> None:
    """Draw the page."""
    who = require("home.department")
    desk = home.begin(who)
    orderpanel.cards(who)  # a command centre; a department without a region has none
    work, side = st.columns([0.70, 0.30], gap="small")
    with work:
        cases.card(who, desk.cases, desk.due)
    with side:
        today.card(desk.day)
        doors.wall(who)
