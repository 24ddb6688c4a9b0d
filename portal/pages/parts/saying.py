"""What became of an act in 督办评价: done, or not done and why; its draft goes with it."""

from collections.abc import Callable

import streamlit as st

from portal.affairs.dispatch.words import DispatchError
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.supervision.rules import SupervisionError
from portal.affairs.workflow.flow import FlowError
from portal.look import notice
from portal.pages.parts.draft import Paper

ERRORS = (SupervisionError, EvaluationError, DispatchError, FlowError)
_TOLD, _FAILED = "matter_told", "matter_failed"


def attempt(act: Callable[[], str], paper: Paper | None = None) -> None:
    """Do it in a callback: its words are said on the next run; refused, what was typed stays."""
    try:
        words = act()
    except ERRORS as problem:
        st.session_state[_FAILED] = problem.message
        return
    if paper is not None:
        paper.done()
    st.session_state[_TOLD] = words


def done_beside() -> None:
    """Beside an opened order: once something was done, all of the page is drawn anew."""
    if told := st.session_state.pop(_TOLD, None):
        st.session_state["order_told"] = told
        st.rerun()
    draw()


def draw() -> None:
    """Say it, once."""
    with notice.place():
        if failed := st.session_state.pop(_FAILED, None):
            notice.error("没有完成", failed)
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已完成", told)


def typed(paper: Paper, field: str) -> str:
    """What stands in a field of a form, as a callback reads it."""
    return str(st.session_state.get(paper.fields.get(field, "")) or "")
