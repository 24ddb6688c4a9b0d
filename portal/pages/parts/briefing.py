"""晨报 on a home: today's paper, or why there is none, and those of the days before."""

import streamlit as st

from auth.principal import Principal
from portal.affairs.briefing import queries
from portal.affairs.briefing.queries import Kept
from portal.look.markup import tag, text
from portal.store import papers


def line(who: Principal) -> None:
    """The papers of the own post; nothing where none was ever made."""
    found = queries.mine(who)
    if not found:
        return
    with st.expander(f"晨报（最近 {len(found)} 天）", key="briefing"):
        for one in found:
            name = f"brief-{one.day:%Y%m%d}"
            with st.container(key=name, horizontal=True, vertical_alignment="center"):
                _one(who, one)


def _one(who: Principal, one: Kept) -> None:
    st.html(tag("span", text(f"{one.day:%Y-%m-%d} {one.why or one.title}")))
    if one.why:
        return

    def file() -> bytes:
        return queries.file(who, one.day) or b""

    name = papers.file_name(f"{one.title}{one.day:%Y%m%d}", ".docx")
    st.download_button("下载", file, name, papers.MEDIA_TYPE, key=f"brief_file-{one.day:%Y%m%d}",
                       on_click="ignore")  # fmt: skip
