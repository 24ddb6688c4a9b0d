"""The moves of a form or an answer as buttons, with the words that a move needs or takes."""

from collections.abc import Callable, Sequence

import streamlit as st

from auth.principal import Principal
from portal.affairs.workflow.flow import LABELS, MOST
from portal.pages.parts import draft
from portal.pages.parts.draft import Paper
from portal.store.flow_texts import MoveText

Press = Callable[[str, Paper], None]


def draw(
    who: Principal, place: str, key: str, title: str, moves: Sequence[MoveText], press: Press
) -> None:
    """Words first, then the buttons; what was typed is kept until the move is made."""
    if not moves:
        return
    paper = draft.paper(who, place, key, title)
    wanted = {name for one in moves for name in (*one.needs, *one.takes)}
    for name in ("reason", "words"):
        if name in wanted:
            needing = "、".join(one.label for one in moves if name in one.needs)
            label = f"{LABELS[name]}（{needing}必填）" if needing else f"{LABELS[name]}（可不填）"
            paper.text_area(label, name, max_chars=MOST[name], height=80)
    with st.container(key="formmoves", horizontal=True):
        for place_, one in enumerate(moves):
            st.button(
                one.label,
                key=f"form-move-{one.id}",
                type="primary" if place_ == 0 else "secondary",
                on_click=press,
                args=(one.id, paper),
            )
