"""地名地址与区划库：标准地址的视图，没有居住人。"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.distort import Clock
from sandbox.kit.declared import Row, Simulated
from sandbox.kit.views import View, ViewFace
from sandbox.population import World


def _addresses(world: World, clock: Clock) -> Iterator[Row]:
    seen: set[tuple[str, str]] = set()
    for household in world.households:
        place = (household.region, household.dwelling)
        if place in seen:
            continue
        seen.add(place)
        village = world.region.is_village(household.region)
        yield {
            "dzbm": f"{household.region}{household.no + 1:07d}",
            "xzqhdm": household.region,
            "sqmc": world.region.short_name(household.region),
            "bzdz": world.region.written_out(household.region, household.dwelling),
            "dzlx": "2" if village else "1",
            "dzzt": "1",
            "gxsj": "2026-06-30 03:00:00",
        }


SYSTEM = Simulated(
    id="place_names",
    name="地名地址与区划库",
    things=_addresses,
    face=ViewFace(
        schema="dmdz",
        reader="place_names_reader",
        views=(
            View(
                name="v_bzdz",
                columns=("dzbm", "xzqhdm", "sqmc", "bzdz", "dzlx", "dzzt", "gxsj"),
                rows="things",
                garbled=("xzqhdm", "sqmc", "dzlx"),
            ),
        ),
    ),
    pages=("/dz/{number}", "/jiucuo"),
)
