"""The watermark of pages with personal data: who looked, from which unit, and when."""

from base64 import b64encode
from datetime import datetime
from html import escape

import streamlit as st

from portal.look import theme
from portal.look.markup import Html, tag
from portal.store import clock

_TILE = """<svg xmlns="http://www.w3.org/2000/svg" width="360" height="200">\
<g transform="rotate(-20 180 100)" fill="{ink}" fill-opacity=".1" font-family="{fonts}" \
font-size="15" text-anchor="middle"><text x="180" y="92">{first}</text>\
<text x="180" y="116">{second}</text></g></svg>"""


def tile(name: str, unit: str, at: datetime, *, simulated: bool) -> str:
    """One tile of the pattern as an SVG image."""
    second = f"{clock.local(at):%Y-%m-%d %H:%M}" + (" 模拟数据" if simulated else "")
    return _TILE.format(
        ink=theme.INK,
        fonts=escape(theme.FONTS, quote=True),
        first=escape(f"{name} {unit}", quote=True),
        second=escape(second, quote=True),
    )


def html(name: str, unit: str, at: datetime, *, simulated: bool) -> Html:
    """The layer that carries the pattern; it catches no click and is read out by nobody."""
    image = b64encode(tile(name, unit, at, simulated=simulated).encode()).decode()
    style = f"background-image:url(data:image/svg+xml;base64,{image})"
    return tag("div", "", class_="watermark", style=style, aria_hidden="true")


def draw(name: str, unit: str, *, simulated: bool) -> None:
    """Lay the watermark over the whole page."""
    st.html(html(name, unit, clock.now(), simulated=simulated))
