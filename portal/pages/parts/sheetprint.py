"""A 督办单 on A4: its number, what is asked and until when, places to sign; pages are numbered."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.supervision import paper, queries
from portal.affairs.supervision.rules import SupervisionError
from portal.look import notice, states
from portal.look import supervision as look
from portal.look.markup import tag
from portal.look.today import link
from portal.pages.parts.sheeting import PAGE
from portal.store import clock


def card(who: Principal, words: str) -> None:
    """The sheet, and above it (not on paper) the way to print it and back."""
    try:
        one = queries.sheet(who, UUID(words))
        page = paper.printed(who, one.id)
    except (ValueError, SupervisionError) as problem:
        wrong = "地址不正确，请从列表打开。"
        notice.error(
            "没有打开督办单", problem.message if isinstance(problem, SupervisionError) else wrong
        )
        st.html(link("返回列表", f"{PAGE}?tab=sheets"))
        return
    with st.container(key="noprint-sheet", horizontal=True, vertical_alignment="center"):
        st.html(
            tag("a", "打印（Ctrl+P）", href=f"{PAGE}?print={one.id}",
                class_="download print-now")
            + "　"
            + link("返回", f"{PAGE}?order={one.order_id}", look="close")
        )  # fmt: skip
    now = f"{clock.local(states.now()):%Y-%m-%d %H:%M}"
    with st.container(key="card-sheet-paper"):
        st.html(
            look.paper(
                look.Paper(
                    title=page.title,
                    number=page.number,
                    lines=page.lines,
                    demands=page.demands,
                    signs=(*page.sign, "日期"),
                    issued=page.made_at,
                    printed=f"打印：{who.unit.name} {who.name}，{now}。诉求人信息不打印。",
                    simulated=page.simulated,
                )
            )
        )
