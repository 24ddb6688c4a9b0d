"""From one page to another."""

from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from portal.pages.catalogue import PageSpec, spec


def as_page(one: PageSpec) -> Page:
    """The page as Streamlit knows it; made anew, it is the same page by its address."""
    return st.Page(one.show, title=one.title, url_path=one.path, visibility="hidden")


def go(path: str, **query: str) -> NoReturn:
    """Leave this run and open the page at that address."""
    st.switch_page(as_page(spec(path)), query_params=query or None)
    raise AssertionError("unreachable: st.switch_page raises")
