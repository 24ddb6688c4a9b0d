"""Codes of regions: what lies in what, one level at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, literal, select

from portal.store import region_codes

PLACE = st.from_regex(r"\A63[0-9]{10}\Z")
LEVEL = st.sampled_from(region_codes.LEVELS)


@pytest.mark.parametrize(
    ("code", "below"), [("6301", 6), ("630102", 9), ("630102101", 12), ("630102101003", 12)]
)
def test_one_level_down(code: str, below: int) -> None:
    assert region_codes.level_below(code) == below


@given(PLACE, LEVEL)
def test_the_way_up_from_a_place_passes_each_step_towards_it(place: str, level: int) -> None:
    code = place[:level]
    way = region_codes.upwards(place)
    assert way[0] == place[: region_codes.CITY] and way[-1] == place
    assert code in way and region_codes.upwards(code) == way[: way.index(code) + 1]
    step = region_codes.step_towards(code, place)
    assert step == way[min(way.index(code) + 1, len(way) - 1)]


@given(PLACE, LEVEL, PLACE | st.sampled_from(["6301", "630102", "630102101", "630103"]))
def test_a_range_holds_exactly_what_begins_with_the_code(place: str, level: int, one: str) -> None:
    code = place[:level]
    with create_engine("sqlite://").connect() as connection:
        for among in (one, place, code, code[:-1] + "9"):
            found = connection.execute(select(region_codes.within(literal(among), code))).scalar()
            assert bool(found) == among.startswith(code)
