"""Where simulated residents live."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.allocation import DEMO_RESIDENTS, FOCUS_RESIDENTS, Scale, allocate, shares
from sandbox.population import World
from sandbox.region import PackError, Region, load_region
from tests.sandbox.conftest import FOCUS, HERE

PACKS = sorted(path.parent for path in HERE.parents[1].glob("city/*/divisions.csv"))


@pytest.fixture(params=PACKS, ids=lambda path: path.name)
def city(request: pytest.FixtureRequest) -> Region:
    """Every city pack that is really used."""
    return load_region(request.param)


def test_a_demo_city_has_its_residents(city: Region) -> None:
    plan = allocate(city, Scale.DEMO, Random(1))
    assert sum(plan.values()) == DEMO_RESIDENTS


def test_districts_have_their_share_of_the_census(city: Region) -> None:
    plan = allocate(city, Scale.DEMO, Random(1))
    census = {d.code: d.population or 0 for d in city.districts}
    found = Counter[str]()
    for code, residents in plan.items():
        found[city.district_of(code).code] += residents
    for code, population in census.items():
        expected = DEMO_RESIDENTS * population / sum(census.values())
        assert abs(found[code] - expected) <= 1


def test_communities_in_focus_are_large(city: Region) -> None:
    plan = allocate(city, Scale.DEMO, Random(1))
    assert city.focus
    assert all(plan[code] == FOCUS_RESIDENTS for code in city.focus)


def test_nobody_is_planned_for_places_of_statistics(city: Region) -> None:
    plan = allocate(city, Scale.DEMO, Random(1))
    assert any(d.statistics_only for d in city.divisions.values())
    for code in plan:
        assert not any(d.statistics_only for d in city.path(code))
        assert city.divisions[code].level == "community"


def test_every_peopled_community_has_somebody(city: Region) -> None:
    plan = allocate(city, Scale.DEMO, Random(1))
    assert set(plan) == {c.code for leaves in city.communities.values() for c in leaves}
    assert min(plan.values()) > 0


def test_the_city_scale_is_the_census_itself(city: Region) -> None:
    plan = allocate(city, Scale.CITY, Random(1))
    assert sum(plan.values()) == sum(d.population or 0 for d in city.districts)


def test_the_district_scale_is_the_district_in_focus(city: Region) -> None:
    plan = allocate(city, Scale.DISTRICT, Random(1))
    district = city.district_of(city.focus[0])
    assert sum(plan.values()) == district.population
    assert {city.district_of(code).code for code in plan} == {district.code}


def test_people_live_as_planned(world: World) -> None:
    plan = allocate(world.region, Scale.DEMO, Random(world.seed))
    assert Counter(person.home.region for person in world.persons) == Counter(plan)
    assert plan[FOCUS] == FOCUS_RESIDENTS


@given(
    weights=st.dictionaries(st.text(min_size=1), st.floats(0.01, 1e6), min_size=1, max_size=30),
    total=st.integers(0, 100_000),
)
def test_shares_add_up_and_stay_within_one(weights: dict[str, float], total: int) -> None:
    found = shares(weights, total)
    assert sum(found.values()) == total
    for code, weight in weights.items():
        assert abs(found[code] - total * weight / sum(weights.values())) < 1.0001


def test_a_pack_without_divisions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="缺少文件"):
        load_region(tmp_path)


def test_a_focus_that_does_not_exist_is_refused(pack: Path, tmp_path: Path) -> None:
    divisions = (pack / "divisions.csv").read_text(encoding="utf-8")
    (tmp_path / "divisions.csv").write_text(divisions, encoding="utf-8")
    (tmp_path / "demo.toml").write_text('focus = ["000000000000"]\n', encoding="utf-8")
    with pytest.raises(PackError, match="000000000000"):
        load_region(tmp_path)
