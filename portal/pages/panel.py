"""辖区态势: the panel of a place inside one's scope, level by level, down to its orders."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.functions import city
from portal.look import notice
from portal.look.markup import tag, text
from portal.look.today import link
from portal.pages.guards import require
from portal.pages.parts import burdenpanel, orderfigures, orderpanel
from portal.pages.parts.panelreading import VIEW

REFUSED = "这个地方不在本岗位的管辖范围，不能查看；请从本级的“各地数字”进入。"


def _way(who: Principal, region: str) -> None:
    """Where one is, and the panels above it within the own scope."""
    steps = city.way(who, region)
    above = [link(one.name, orderfigures.at(one.code)) for one in steps[:-1]]
    mark = tag("span", " › ", class_="quiet", aria_hidden="true")
    here = tag("b", text(steps[-1].name))
    st.html(tag("nav", mark.join([*above, here]), class_="order-way", aria_label="所在层级"))


def page() -> None:
    """Draw the page."""
    who = require(VIEW)
    region = st.query_params.get("region") or who.unit.region_code
    if not permissions.allowed(who, VIEW, region) or not city.way(who, region):
        notice.refusal(REFUSED)
        return
    _way(who, region)
    orderpanel.cards(who, region)
    burdenpanel.card(who, region)
