"""权限依据: why the acting post may or may not do a thing at a place, in sentences."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth import permissions
from auth.principal import Principal
from portal.functions import city
from portal.look import states, tables
from portal.look.markup import join, tag, text
from portal.pages.guards import guarded, require

PERMISSION = "permissions.explain"
_ANYWHERE = "不限地区"
_STEPS = ("区县", "乡镇（街道）", "社区（村）")


def _place(columns: Sequence[DeltaGenerator]) -> str | None:
    """Down the hierarchy, one choice per level; the last one chosen counts."""
    root = city.root()
    chosen = root.code if root else None
    for place, column in zip(_STEPS, columns, strict=True):
        names = {one.code: one.name for one in city.places_below(chosen)} if chosen else {}
        with column:
            picked = st.selectbox(
                place,
                list(names),
                index=None,
                format_func=names.__getitem__,
                placeholder=_ANYWHERE,
                key=f"why_{place}_{chosen}",
            )
        if picked is None:
            return None if place == _STEPS[0] else chosen
        chosen = picked
    return chosen


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    first, *others = st.columns([1.3, 1, 1, 1], gap="small")
    with first:
        asked = st.selectbox(
            "权限",
            list(permissions.PERMISSIONS),
            format_func=permissions.PERMISSIONS.__getitem__,
            key="why_permission",
        )
    region = _place(others)
    decision = permissions.explain(who, asked, region)
    where = city.place_name(region) if region else _ANYWHERE
    title = f"{permissions.PERMISSIONS[asked]}（{where}）"
    reasons = tag("ol", join(tag("li", text(one)) for one in decision.reasons), class_="reasons")
    chip = states.verdict(decision.allowed)
    st.html(tag("div", chip + " " + tag("b", text(title)) + reasons, class_="verdict"))


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    with st.container(key="card-why"):
        st.html(tables.head("权限依据", "按当前岗位判定；只解释，不改变权限"))
        st.fragment(_body)()
        note = f"角色与权限为{city.default_note()}；未授予的权限一律不可用。"
        st.html(tag("div", text(note), class_="default"))
