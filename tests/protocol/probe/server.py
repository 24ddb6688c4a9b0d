"""The probe's server: the real shield, or none at all to show what it is there for."""

import os
from pathlib import Path

import streamlit as st

from auth import oidc
from portal import signin
from portal.settings import ROOT, settings
from portal.shield import webserver
from portal.shield.lifespan import running
from portal.shield.signout import ended_route
from portal.shield.stack import Shield

HERE = Path(__file__).parent


class Nothing:
    """The probe has nothing that runs in the background."""

    def start(self) -> None:
        """Begin nothing."""

    def stop(self) -> None:
        """End nothing."""


webserver.improve()
routes = [*signin.routes(), ended_route(https=False)]
shield = Shield(settings=settings(), title="探针", pages=[], routes=routes, static=ROOT / "static")
bare = "PROBE_BARE" in os.environ
app = st.App(
    HERE / "app.py",
    secrets={"auth": oidc.auth_section()},
    routes=routes,
    middleware=[] if bare else shield.middleware(),
    lifespan=None if bare else running(shield, Nothing),
)
