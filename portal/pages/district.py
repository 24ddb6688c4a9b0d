"""区县级首页: the streets of the district, its open cases and its systems."""

import streamlit as st

from portal.pages.guards import require
from portal.pages.parts import cases, doors, facts


def page() -> None:
    """Draw the page."""
    who = require("home.district")
    work, side = st.columns([0.68, 0.32], gap="small")
    with work:
        cases.card(who)
        doors.wall(who)
    with side:
        facts.card(who, "所辖乡镇（街道）")
