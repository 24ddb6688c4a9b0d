"""Households, houses and enterprises as rows, each with the one button that opens its dossier."""

from collections.abc import Callable, Sequence

import streamlit as st

from auth.principal import Principal
from portal.functions import city
from portal.functions.records import ThingRef
from portal.look import tables
from portal.look.markup import Html, tag, text


def _cells(who: Principal, one: ThingRef) -> list[tuple[str, Html]]:
    named = one.title if one.kind != "house" else "房屋"
    return [
        ("名称", tag("span", text(named), title=named)),
        ("类别", text(one.kind_name)),
        ("信用代码", tag("span", text(one.code or "—"), class_="number")),
        ("地址", tag("span", text(one.address or "未登记"), title=one.address)),
        (
            "所在社区（村）",
            tag("span", text(city.place_within(who, one.region_name)), title=one.region_name),
        ),
    ]


def rows(
    who: Principal,
    key: str,
    caption: str,
    given: Sequence[ThingRef],
    choose: Callable[[ThingRef], None],
) -> None:
    """The rows; the chosen one is handed on."""
    with st.container(key=f"rows-{key}", horizontal=True, wrap=False):
        st.html(tables.rows("things", caption, [_cells(who, one) for one in given]))
        with st.container(key=f"acts-{key}", width=104):
            for one in given:
                if st.button(f"调取{one.kind_name}", key=f"{key}-{one.thing_id}", width="stretch"):
                    choose(one)
