"""What the homes share: the day's line on top, the desk on the left, the scope beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from auth.principal import Principal
from portal.affairs.matters import rules
from portal.affairs.matters.queries import Case
from portal.functions import morning
from portal.look import notice
from portal.pages.parts import briefing, cases, doors, facts, finder, orderpanel, today

_WIDE, _SIDE = 0.70, 0.30


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a home has read once for all of its cards."""

    cases: Sequence[Case]
    day: today.Day
    due: rules.Due | None


def begin(who: Principal) -> Desk:
    """Read, and draw the day's line."""
    with morning.one_reading(who):
        found = cases.mine(who)
        day = today.draw(who, found)
        with notice.place():
            briefing.line(who)
    return Desk(
        cases=found,
        day=day,
        due=today.DUE_QUERY.get(st.query_params.get("due", "")),
    )


def work(who: Principal, title: str) -> None:
    """The home of those who work with residents: find one, or open one from a case."""
    desk = begin(who)
    left, side = st.columns([_WIDE, _SIDE], gap="small")
    with left:
        finder.card(who)
        cases.card(who, desk.cases, desk.due)
    with side:
        today.card(desk.day)
        facts.card(who, title)
        doors.wall(who)
    orderpanel.way(who)
