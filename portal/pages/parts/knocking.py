"""Knocking at the doors beside the page, so that it is drawn at once and filled in as it hears."""

import time
from collections.abc import Callable

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.connectors.contract import Health
from portal.pages.background import POLL_SECONDS, Gathering
from portal.pages.parts import memory, redraw

_FRESH_SECONDS = 30.0
_KEY = "knock"


class Knock(Gathering[Health]):
    """What was heard at each door, and when it was asked."""

    asked_at = float("-inf")
    looking = False

    def ask(self, who: Principal, *, anew: bool = False) -> None:
        """Knock at all of one's doors; ``anew`` takes no answer that is already there."""
        self.asked_at = time.monotonic()
        health = wiring.app().entry.health
        self.start(lambda: iter(health(who, anew=anew)), lambda one: one.system_id)


def knocked(who: Principal) -> Knock:
    """What this tab last heard; an old answer is renewed beside the page."""
    knock = memory.recall(who, _KEY)
    if not isinstance(knock, Knock):
        knock = Knock()
        memory.keep(who, _KEY, knock)
    if time.monotonic() - knock.asked_at > _FRESH_SECONDS:
        knock.ask(who)
    return knock


def watched(body: Callable[[], None], knock: Knock) -> None:
    """Draw a piece that looks again by itself until every door was heard.

    A piece of its own also afterwards: what stands below it keeps its place when the looking ends.
    """
    knock.looking = not knock.done
    st.fragment(body, run_every=POLL_SECONDS if knock.looking else None)()


def stop_looking(knock: Knock) -> None:
    """Before the last look is drawn: it is the last one."""
    if knock.looking and knock.done:
        knock.looking = False
        redraw.stop()
