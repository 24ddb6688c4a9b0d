"""How many residents live where: census shares between districts, chance within them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from random import Random

from sandbox.region import Division, PackError, Region

DEMO_RESIDENTS = 20_000
FOCUS_RESIDENTS = 600
_FOCUS_SHARE = 0.6  # of its district at most, so that the other communities are not emptied


class Scale(StrEnum):
    """How large a world to build."""

    DEMO = "demo"
    DISTRICT = "district"
    CITY = "city"


def allocate(region: Region, scale: Scale, random: Random) -> dict[str, int]:
    """Residents per community code."""
    plan: dict[str, int] = {}
    for code, residents in district_totals(region, scale).items():
        plan.update(_within(region, code, residents, scale, random))
    return plan


def district_totals(region: Region, scale: Scale) -> dict[str, int]:
    """Residents per district code: the census itself, or a demo city with the census's shares."""
    peopled = [d for d in region.districts if region.communities[d.code]]
    if scale is Scale.DEMO:
        return shares({d.code: float(_known(d, region)) for d in peopled}, DEMO_RESIDENTS)
    if scale is Scale.DISTRICT:
        first = region.district_of(region.focus[0]) if region.focus else peopled[0]
        peopled = [first]
    return {d.code: _census(d) for d in peopled}


def _known(district: Division, region: Region) -> int:
    """A district without a census figure counts as an average one in the demo."""
    if district.population is not None:
        return district.population
    figures = [d.population for d in region.districts if d.population is not None]
    return sum(figures) // len(figures) if figures else 1


def _census(district: Division) -> int:
    if district.population is None:
        raise PackError(f"{district.name} 没有人口数，不能按此规模模拟")
    return district.population


def shares(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to ``weights`` that add up to ``total`` (largest remainders)."""
    sum_of_weights = sum(weights.values())
    exact = {code: total * weight / sum_of_weights for code, weight in weights.items()}
    whole = {code: int(value) for code, value in exact.items()}
    left = total - sum(whole.values())
    for code in sorted(exact, key=lambda c: (whole[c] - exact[c], c))[:left]:
        whole[code] += 1
    return whole


def _within(
    region: Region, district: str, residents: int, scale: Scale, random: Random
) -> dict[str, int]:
    communities = [c.code for c in region.communities[district]]
    focus = [code for code in region.focus if code in communities] if scale is Scale.DEMO else []
    plan = dict.fromkeys(focus, 0)
    if focus:
        plan = dict.fromkeys(
            focus, min(FOCUS_RESIDENTS, int(residents * _FOCUS_SHARE) // len(focus))
        )
    others = [code for code in communities if code not in plan]
    if not others:
        return shares(dict.fromkeys(communities, 1.0), residents)
    weights = {code: random.lognormvariate(0, 0.55) for code in others}
    return plan | shares(weights, residents - sum(plan.values()))
