"""Bringing a database up to the city pack: its places and its units."""

from datetime import date
from typing import Any

from auth import posts
from portal.affairs.dispatch import files as dispatch_lists
from portal.affairs.orders import knowledge
from portal.store import clock, divisions
from portal.store.citypack import CityPack
from portal.store.divisions import Division

# How committees are called in full, and what their everyday name ends in.
_ENDINGS = {"居民委员会": "", "居委会": "", "村民委员会": "村", "村委会": "村"}


def _government(one: Division) -> dict[str, Any]:
    community = one.level == "community"
    return {
        "id": f"{'com' if community else 'gov'}-{one.code}",
        "name": _short(one.name) if community else one.name,
        "kind": "community" if community else "government",
        "level": one.level,
        "region_code": one.code,
        "line": None,
    }


def _short(name: str) -> str:
    """The everyday name of a committee: 某某社区居民委员会 is 某某社区."""
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            return stem if stem.endswith(("社区", "村")) else stem + kind
    return name


def load_city(city: CityPack) -> None:
    """Bring places and units up to the pack; parks and virtual places become no unit."""
    places = divisions.read_csv(city.folder / "divisions.csv")
    divisions.put(places)
    # A place that a change has ended or renamed is no longer what the pack says.
    now = {one.code: divisions.find(one.code) for one in places}
    units = [
        _government(here)
        for one in places
        if not one.statistics_only and (here := now[one.code]) and here.until is None
    ]
    units += [
        {
            "id": one.id,
            "name": one.name,
            "kind": "department",
            "level": one.level,
            "region_code": one.region_code,
            "line": one.line,
        }
        for one in city.departments
    ]
    posts.put_units(units)
    dispatch_lists.load_defaults(city)
    knowledge.load_defaults(city.intake.answer)


def today() -> date:
    """The day on the wall clock."""
    return clock.local(clock.now()).date()
