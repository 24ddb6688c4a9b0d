"""区县级首页: what waits at this desk and its streets first, then how the district stands."""

import streamlit as st

from portal.pages.guards import require
from portal.pages.parts import burdenpanel, cases, doors, facts, home, orderpanel, today


def page() -> None:
    """Draw the page."""
    who = require("home.district")
    desk = home.begin(who)
    work, side = st.columns([0.64, 0.36], gap="small")
    with work:
        cases.card(who, desk.cases, desk.due)
        doors.wall(who)
    with side:
        today.card(desk.day)
        facts.card(who, "所辖乡镇（街道）")
    orderpanel.cards(who)
    burdenpanel.card(who)
