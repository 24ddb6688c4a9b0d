"""Boxes that tell: what happened, what was kept, what to do next. Never an empty box."""

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from portal.look.markup import Html, tag, text

Kind = Literal["error", "refusal", "hint", "empty"]
_ROLES = {"error": "alert", "refusal": "alert", "hint": "status", "empty": "status"}


def html(kind: Kind, title: str, words: str = "") -> Html:
    """The box as markup, to be set into another piece."""
    body = tag("b", text(title)) + (text(words) if words else "")
    return tag("div", body, class_=f"notice {kind}", role=_ROLES[kind])


def error(title: str, words: str) -> None:
    """Something went wrong: the words say what was kept and what to do."""
    st.html(html("error", title, words))


def refusal(words: str) -> None:
    """This post may not do this; the words are those of the refusal itself."""
    st.html(html("refusal", "没有权限", words))


def hint(title: str, words: str = "") -> None:
    """Something to mind before going on."""
    st.html(html("hint", title, words))


def empty(title: str, words: str) -> None:
    """Nothing to show, and what to do next."""
    st.html(html("empty", title, words))


def place() -> DeltaGenerator:
    """A place that is kept, whether or not anything stands in it: ``with notice.place(): …``.

    A browser tells the blocks of a page by their order. What comes and goes in front of a block
    makes it another one, and what was being typed in it, or chosen from an open list, is lost.
    Nothing is drawn for a place in which nothing stands.
    """
    return st.container()
