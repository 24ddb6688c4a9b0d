"""A bare Streamlit page: the elements of an inventory, no sign-in, no database, nothing computed.

Started with ``streamlit run`` from the project's root, so that it has the same options.
"""

import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from benchmarks.inventory import VARIABLE

Values = dict[str, Any]


@st.cache_resource
def _page() -> dict[str, Any]:
    return json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))


@st.cache_resource
def _chart(spec: str) -> go.Figure:
    return go.Figure(json.loads(spec))


def _plotly(values: Values, key: str) -> None:
    st.plotly_chart(_chart(values["spec"]), key=key)


def _options(values: Values) -> list[Any]:
    return [one.get("content", one) if isinstance(one, dict) else one for one in values["options"]]


DRAW: dict[str, Callable[[Values, str], Any]] = {
    "alert": lambda values, _: st.info(values.get("body", "")),
    "button": lambda values, key: st.button(values["label"], key=key),
    "button_group": lambda values, key: st.segmented_control(
        values.get("label", "-"), _options(values), key=key
    ),
    "empty": lambda _values, _: st.empty(),
    "html": lambda values, _: st.html(values["body"]),
    "markdown": lambda values, _: st.markdown(values.get("body", "")),
    "page_link": lambda values, _: st.link_button(values["label"], "https://example.test/"),
    "pagination": lambda values, key: st.pagination(values.get("numPages", 2), key=key),
    "plotly_chart": _plotly,
    "selectbox": lambda values, key: st.selectbox(values["label"], _options(values), key=key),
    "text_input": lambda values, key: st.text_input(values["label"], key=key),
}


def _container(kind: str, key: str) -> Any:
    if kind == "form":
        return st.form(key)
    return st.container(horizontal=kind == "horizontal", key=key)


def _draw(node: dict[str, Any], keys: Iterator[int], *, in_form: bool) -> None:
    key = f"bare-{next(keys)}"
    kind, values = node["kind"], node["values"]
    if kind in DRAW:
        if kind == "button" and in_form:
            st.form_submit_button(values["label"], key=key)
        else:
            DRAW[kind](values, key)
        return
    if kind not in {"vertical", "horizontal", "form"}:
        raise NotImplementedError(f"the bare page knows no {kind}")
    with _container(kind, key):
        for one in node["inside"]:
            _draw(one, keys, in_form=in_form or kind == "form")


if __name__ == "__main__":
    keys = count()
    for part in _page()["inside"]:
        _draw(part, keys, in_form=False)
