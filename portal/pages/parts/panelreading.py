"""Reading the panel of a place: at most a minute old, once for all who may see the same."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import panel, queries
from portal.affairs.orders.panel import Panel

VIEW, _CITY = queries.VIEW, 4


def may(who: Principal) -> bool:
    """Whether the own region's panel is for this post."""
    return permissions.allowed(who, VIEW, who.unit.region_code)


@st.cache_data(max_entries=500, ttl=60, show_spinner=False)
def _read(region: str, unit_id: str, prefixes: tuple[str, ...], _who: Principal) -> Panel:
    """By unit too, for no unit sees the orders against itself."""
    return panel.read(_who, region)


def reading(who: Principal, region: str | None = None) -> Panel:
    """The panel of the own region, or of one inside it."""
    here = region or who.unit.region_code
    return _read(region=here, unit_id=who.unit.id, prefixes=who.prefixes, _who=who)


def is_city(found: Panel) -> bool:
    """Whether the places below are drawn by their outlines."""
    return len(found.region) == _CITY
