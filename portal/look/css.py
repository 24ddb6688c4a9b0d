"""The style sheet of a page: one element, with the colour of the level on top."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from portal.look import theme

_FILE = Path(__file__).with_name("style.css")


@lru_cache(maxsize=8)
def sheet(level: str) -> str:
    """The style element for a page of that level."""
    band = theme.LEVELS.get(level, theme.PRIMARY)
    colours = theme.css_variables() + f":root{{--band:{band};}}"
    return f"<style>{colours}{_FILE.read_text(encoding='utf-8')}</style>"


def inject(level: str) -> None:
    """Put the style sheet on the page; takes no room in it."""
    st.html(sheet(level))
