"""Serves the bare page by the same kind of server as the portal, with nothing in front of it.

Only the delay of small packets is off here too: with it every bare click would stand still for
40 ms, and a comparison of times would flatter us.
"""

from pathlib import Path

import streamlit as st

from portal.shield import webserver

webserver.improve()
app = st.App(Path(__file__).with_name("bare.py"))
