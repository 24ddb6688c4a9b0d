"""What pages may know of the city itself: its names, its texts, its places and its map."""

from collections.abc import Sequence
from typing import Any

from auth.principal import Principal
from portal.settings import settings
from portal.store import divisions
from portal.store.citypack import UnifiedFunction, pack
from portal.store.divisions import Division

BY_ASSIGNMENT = "分派给本单位的事项"


def platform_name() -> str:
    """The name of the platform."""
    return pack().platform_name


def default_note() -> str:
    """The note beside whatever is our reading and no published name."""
    return pack().default_note


def unified_functions() -> tuple[UnifiedFunction, ...]:
    """The unified functions under the names this city gives them."""
    return pack().functions


def unmask_reasons() -> tuple[str, ...]:
    """The short list of reasons for seeing a value in full."""
    return pack().unmask_reasons


def map_features() -> Sequence[dict[str, Any]]:
    """The outlines of the districts; empty when the city brings no map."""
    return pack().map_features()


def simulated() -> bool:
    """Whether this deployment holds simulated residents."""
    return not settings().production


def root() -> Division | None:
    """The city as a place."""
    return divisions.find(pack().region_code)


def places_below(code: str) -> tuple[Division, ...]:
    """The places directly below another."""
    return divisions.children(code)


def place_name(code: str) -> str:
    """A place in words: with its parents below the city, the city by its own name."""
    found = divisions.find(code)
    if found is None:
        return code
    return found.name if found.level == "city" else divisions.full_name(code)


def scope_name(principal: Principal) -> str:
    """How far the acting post reaches, in words."""
    return "、".join(map(place_name, principal.prefixes)) or BY_ASSIGNMENT
