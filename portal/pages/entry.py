"""统一入口: by 事项 first, then what a resident may have, then by system."""

import streamlit as st

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.look import notice
from portal.pages.guards import require
from portal.pages.parts import (
    applying,
    doorwall,
    finder,
    matterlist,
    matteropened,
    memory,
    policies,
)

PERMISSION = "entry.jump"
MATTERS, POLICIES, SYSTEMS = "按事项", "可享政策", "按系统"
_NAMES = {"matters": MATTERS, "policies": POLICIES, "systems": SYSTEMS}


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    # A draft names its resident after the matter: whom it is about is chosen again, for a purpose.
    matter_id = str(st.query_params.get("matter", "")).partition(".")[0]
    try:
        if matter_id:
            matteropened.draw(who, matter_id)
        else:
            _views(who)
    except Denied as refusal:
        policies.forget(who)
        memory.keep(who, finder.PICKED, None)
        notice.refusal(refusal.message)


def _views(who: Principal) -> None:
    views = [MATTERS, SYSTEMS]
    if permissions.allowed(who, policies.PERMISSION):
        views.insert(1, POLICIES)
    asked = _NAMES.get(st.query_params.get("view", ""), MATTERS)
    view = st.segmented_control(
        "查看方式",
        views,
        default=asked if asked in views else MATTERS,
        key="entry_view",
        label_visibility="collapsed",
        required=True,
    )
    if view != POLICIES:
        policies.forget(who)
    if view == SYSTEMS:
        doorwall.draw(who)
    elif view == POLICIES:
        policies.draw(who)
    else:
        matterlist.draw(who)
        if permissions.allowed(who, applying.APPLY):
            applying.card(who)
