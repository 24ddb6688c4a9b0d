"""What pages may know of the city itself: its names, its texts, its places and its map."""

from collections.abc import Sequence
from typing import Any

from auth.principal import Principal
from portal.settings import settings
from portal.store import divisions
from portal.store.citypack import UnifiedFunction, pack
from portal.store.divisions import Division
from portal.store.message_texts import ChannelText

SEPARATOR = " · "
BY_ASSIGNMENT = "分派给本单位的事项"


def platform_name() -> str:
    """The name of the platform."""
    return pack().platform_name


def default_note() -> str:
    """The note beside whatever is our reading and no published name."""
    return pack().default_note


def published_rates() -> tuple[dict[str, str], ...]:
    """The figures that publications printed, as they printed them."""
    return tuple(one.model_dump() for one in pack().evaluation.published)


def unified_functions() -> tuple[UnifiedFunction, ...]:
    """The unified functions under the names this city gives them."""
    return pack().functions


def unmask_reasons() -> tuple[str, ...]:
    """The short list of reasons for seeing a value in full."""
    return pack().unmask_reasons


def message_channels() -> tuple[ChannelText, ...]:
    """The ways to a phone that this city names, on or not."""
    return pack().messages.channels


def owner_of(system_id: str) -> str:
    """The unit that answers for a connected system."""
    return next((one.owner for one in pack().systems if one.id == system_id), "未登记")


def correction_grounds() -> dict[str, str]:
    """On what grounds a value may be put in question, by code."""
    return {one.code: one.name for one in pack().corrections.grounds}


def map_features() -> Sequence[dict[str, Any]]:
    """The outlines of the districts; empty when the city brings no map."""
    return pack().map_features()


def simulated() -> bool:
    """Whether this deployment holds simulated residents."""
    return not settings().production


def root() -> Division | None:
    """The city as a place."""
    return divisions.find(pack().region_code)


def root_name() -> str:
    """The name of the city."""
    return pack().name


def places_below(code: str) -> tuple[Division, ...]:
    """The places directly below another."""
    return divisions.children(code)


def place_name(code: str) -> str:
    """A place in words: with its parents below the city, the city by its own name."""
    found = divisions.find(code)
    if found is None:
        return code
    return found.name if found.level == "city" else divisions.full_name(code)


# How committees are called in full, and what their everyday name ends in.
_ENDINGS = {"居民委员会": "", "居委会": "", "村民委员会": "村", "村委会": "村"}


def way(principal: Principal, code: str) -> tuple[Division, ...]:
    """The steps from the top of the scope down to a place; none outside it or where none is."""
    found = divisions.path(code)
    if not found or found[-1].code != code:
        return ()
    return tuple(
        one for one in found if any(one.code.startswith(top) for top in principal.prefixes)
    )


def everyday(name: str) -> str:
    """The everyday name of a committee's place: 某某社区居民委员会 is 某某社区."""
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            return stem if stem.endswith(("社区", "村")) else stem + kind
    return name


def place_within(principal: Principal, full_name: str) -> str:
    """A place in short words: without the steps that the acting post's own scope already names."""
    own = scope_name(principal).split(SEPARATOR)
    steps = full_name.split(SEPARATOR)
    while len(steps) > 1 and own and steps[0] == own[0]:
        steps, own = steps[1:], own[1:]
    return SEPARATOR.join(map(everyday, steps))


def scope_name(principal: Principal) -> str:
    """How far the acting post reaches, in words."""
    return "、".join(map(place_name, principal.prefixes)) or BY_ASSIGNMENT
