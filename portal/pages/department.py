"""部门首页: the cases assigned to the department, and the systems it may see."""

import streamlit as st

from portal.pages.guards import require
from portal.pages.parts import cases, doors


def page() -> None:
    """Draw the page."""
    who = require("home.department")
    work, side = st.columns([0.72, 0.28], gap="small")
    with work:
        cases.card(who)
    with side:
        doors.wall(who)
