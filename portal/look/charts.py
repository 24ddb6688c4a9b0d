"""Figures: plain graph objects in the portal's colours and fonts, without a tool bar."""

import copy
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from portal.look import theme

WALL, LEAST = 1.8, 240  # words of a desk, so much larger; pixels, on the lowest of screens
CONFIG = {"locale": "zh-CN", "displaylogo": False, "displayModeBar": False, "responsive": True}


def calm(figure: go.Figure, *, height: int) -> go.Figure:
    """The common layout; the library's own template is left out, it is larger than the figure."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": theme.FONTS.replace("'", ""), "size": 12, "color": theme.INK},
        hoverlabel={"bgcolor": theme.PAPER, "font": {"color": theme.INK}},
        dragmode=False,
        showlegend=False,
    )
    return figure


class Finished(go.Figure):  # type: ignore[misc]
    """A figure nobody changes any more: what it consists of is told from memory.

    The library copies a figure deeply each time it is drawn; of four figures on a page that was a
    quarter of a click.
    """

    def __init__(self, figure: go.Figure) -> None:
        """Of a figure as it stands."""
        super().__init__()
        self.__dict__["_told"] = figure.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """As of when it was finished; whoever draws it only reads."""
        told: dict[str, Any] = self.__dict__["_told"]
        return told


def for_a_wall(figure: go.Figure) -> go.Figure:
    """The same figure to be read across a room: it takes the room there is, its words grow."""
    told = _larger(copy.deepcopy(figure.to_dict()))
    told["layout"]["height"] = LEAST
    return go.Figure(told, skip_invalid=True)


def _larger(told: Any) -> Any:
    """Every font and what words need around them, and the lines."""
    if isinstance(told, dict):
        for key, one in told.items():
            if key in ("size", "width") and isinstance(one, int | float):
                told[key] = one * WALL
            elif key == "margin":
                told[key] = {side: room * WALL for side, room in one.items()}
            else:
                _larger(one)
    elif isinstance(told, list | tuple):
        for one in told:
            _larger(one)
    return told


def draw(figure: go.Figure, *, key: str, alt: str, wall: bool = False) -> None:
    """Put a figure on the page; ``alt`` says in words what it shows."""
    if wall:
        figure = for_a_wall(figure)
    height: Literal["stretch", "content"] = "stretch" if wall else "content"
    st.plotly_chart(figure, theme=None, config=CONFIG, key=key, alt=alt, height=height)
