"""The Streamlit script, run anew on every click: the gate. What lies behind it is the shell's."""

import streamlit as st

from auth import oidc
from portal.pages import shell
from portal.pages.catalogue import PAGES
from portal.shield import entry

who = oidc.principal_from_run()
if who is not None:
    shell.run(who)
else:
    # Every address is known to strangers too, and each of them is the entry page.
    show = entry.no_post if st.user.get("is_logged_in") else entry.sign_in
    stubs = [st.Page(show, title="登录", url_path=one.path, visibility="hidden") for one in PAGES]
    st.navigation([st.Page(show, title="登录", default=True), *stubs], position="hidden").run()
