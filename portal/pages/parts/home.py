"""What the homes share: the desk on the left, the scope and the systems on the right."""

import streamlit as st

from auth.principal import Principal
from portal.pages.parts import cases, doors, facts, finder

_WIDE, _SIDE = 0.70, 0.30


def desk(who: Principal, title: str) -> None:
    """The home of those who work with residents: find one, or open one from a case."""
    work, side = st.columns([_WIDE, _SIDE], gap="small")
    with work:
        finder.card(who)
        cases.card(who)
    with side:
        facts.card(who, title)
        doors.wall(who)
