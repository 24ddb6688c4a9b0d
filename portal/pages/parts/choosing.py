"""Choosing one person in one post of one's scope, after a few words about them."""

import streamlit as st

from auth.principal import Principal
from portal.functions.people import listing
from portal.functions.people.listing import Member


def member(who: Principal, find: str, choose: str, key: str) -> Member | None:
    """The holding that was chosen; ``find`` and ``choose`` head the two fields."""
    words = st.text_input(
        find, key=f"{key}_words", placeholder="姓名、账号、单位或岗位", max_chars=40
    )
    found = {one.post_id: one for one in listing.members(who, words or "")}
    chosen = st.selectbox(
        choose,
        list(found),
        index=None,
        format_func=lambda one: f"{found[one].name}：{found[one].title}（{found[one].unit_name}）",
        placeholder="请选择",
        key=f"{key}_post",
        filter_mode=None,
    )
    return found.get(chosen or "")
