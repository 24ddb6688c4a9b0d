"""The Streamlit script, run anew on every click: the gate, the navigation, the frame."""

import streamlit as st
from streamlit.navigation.page import Page

from auth import oidc, permissions
from auth.principal import Principal
from portal.look.frame import frame, refusal
from portal.pages.catalogue import FALLBACK, PAGES, PageSpec, spec
from portal.shield import entry


def menu(who: Principal, home: PageSpec) -> dict[str, list[Page]]:
    """Every page is known, so that each address answers; only what the post may open is shown."""
    sections = {home.section: [st.Page(home.show, title="首页", url_path="start", default=True)]}
    for one in PAGES:
        shown = one is not home and permissions.allowed(who, one.permission)
        visibility = "visible" if shown else "hidden"
        page = st.Page(one.show, title=one.title, url_path=one.path, visibility=visibility)
        sections.setdefault(one.section, []).append(page)
    return sections


if (who := oidc.principal_from_run()) is None:
    stranger = entry.no_post if st.user.get("is_logged_in") else entry.sign_in
    known = [st.Page(stranger, url_path=one.path, visibility="hidden") for one in PAGES]
    st.navigation([st.Page(stranger, title="登录", default=True), *known], position="hidden").run()
else:
    home = spec(who.home if permissions.allowed(who, f"home.{who.home}") else FALLBACK)
    chosen = st.navigation(menu(who, home), position="top")
    frame(who)
    try:
        permissions.check(who, spec(chosen.url_path or home.path).permission)
        chosen.run()
    except permissions.Denied as denied:
        refusal(denied.message)
