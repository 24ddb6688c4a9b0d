"""What stands on top of every page: platform, level, person, post, scope, pages, the way out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page

from portal.look import css
from portal.look.markup import join, tag, text

SIGN_OUT_KEY, POST_KEY, FEEDBACK_KEY = "sign_out", "acting_post", "feedback_open"


@dataclass(frozen=True, kw_only=True)
class Band:
    """The words of the band."""

    platform: str
    level: str
    level_name: str
    person: str
    unit: str
    post: str
    scope: str


def _name(band: Band) -> str:
    level = tag("span", text(band.level_name), class_="band-level")
    return tag("div", tag("span", text(band.platform)) + level, class_="band-name")


def _who(band: Band) -> str:
    words = [tag("b", text(band.person))]
    words += [tag("span", text(one)) for one in (band.unit, band.post)]
    return tag("div", join(words), class_="band-who", role="status", aria_label="当前身份")


def draw_band(
    band: Band,
    *,
    posts: Mapping[str, str],
    acting: str,
    on_switch: Callable[[], None],
    on_sign_out: Callable[[], None],
) -> bool:
    """The band; a person with several posts chooses in it which one to act in.

    Gives whether the person has just asked for the feedback form.
    """
    css.inject(band.level)
    with st.container(key="band", horizontal=True, vertical_alignment="center"):
        st.html(_name(band), width="content")
        st.html(_who(band), width="stretch")
        if len(posts) > 1:
            keys = list(posts)
            st.selectbox(
                "切换岗位",
                keys,
                index=keys.index(acting),
                format_func=posts.__getitem__,
                key=POST_KEY,
                on_change=on_switch,
                label_visibility="collapsed",
                filter_mode=None,
                width=210,
            )
        asked = st.button("投诉建议", key=FEEDBACK_KEY)
        st.button("退出登录", key=SIGN_OUT_KEY, on_click=on_sign_out)
    return asked


def draw_navigation(links: Sequence[tuple[str, str, Page]], here: str, scope: str) -> None:
    """The pages this post may open (path, title, page), and how far the post reaches."""
    with st.container(key="nav", horizontal=True, vertical_alignment="center"):
        for path, title, page in links:
            around = st.container(key="here", width="content") if path == here else nullcontext()
            with around:
                st.page_link(page, label=title)
        st.html(
            tag("div", "管辖范围：" + tag("b", text(scope)), class_="scope", title=scope),
            width="stretch",
        )
