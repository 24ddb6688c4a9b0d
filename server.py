"""The web server: Streamlit behind its shield, health, sign-in. ``streamlit run server.py``."""

import streamlit as st
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from auth import oidc
from portal import api, signin, wiring
from portal.pages.catalogue import PAGES
from portal.settings import ROOT, secrets, settings
from portal.shield import health, webserver
from portal.shield.faults import show_fault
from portal.shield.lifespan import running
from portal.shield.signout import ended_route
from portal.shield.stack import Shield
from portal.store.citypack import pack

webserver.improve()
PagesManager.uses_pages_directory = False  # app.py alone decides which pages there are
config.set_option("server.cookieSecret", secrets().cookie_secret)

https = settings().public_url.startswith("https://")
routes = [*health.routes(lambda: wiring.app().readiness()), ended_route(https=https)]
routes += [*signin.routes(), *api.routes(lambda: wiring.app().reports, oidc.identify)]
shield = Shield(
    settings=settings(),
    title=pack().platform_name,
    pages=[page.path for page in PAGES],
    routes=routes,
    static=ROOT / "static",
)
app = st.App(
    ROOT / "app.py",
    secrets={"auth": oidc.auth_section()},
    routes=routes,
    middleware=shield.middleware(),
    lifespan=running(shield, wiring.app),
    on_script_error=show_fault,
)
