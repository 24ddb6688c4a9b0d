"""The facts of a scope come from the register of places; what is unknown stays unknown."""

import pytest

from auth.permissions import Denied
from portal.connectors.gateway import Gateway
from portal.connectors.registry import Registry
from portal.functions.entry import Entry, scope_facts
from portal.store.citypack import CityPack
from tests import people


@pytest.mark.parametrize(
    ("region", "level", "expected"),
    [
        ("9901", "city", (2, 2, 3, 1, 2, 30000)),
        ("990102", "district", (0, 1, 2, 0, 2, 20000)),
        ("990102001", "street", (0, 0, 2, 0, 0, None)),
        ("990103100", "street", (0, 0, 1, 1, 0, None)),
        ("990102001001", "community", (0, 0, 1, 0, 0, None)),
    ],
)
def test_each_level_sees_its_own_counts(
    hailing: CityPack, region: str, level: str, expected: tuple[int | None, ...]
) -> None:
    facts = scope_facts(people.principal(region_code=region, level=level))
    assert expected == (
        facts.districts,
        facts.streets,
        facts.communities,
        facts.villages,
        facts.statistics_only,
        facts.population,
    )


def test_places_below_are_listed_with_the_statistics_only_ones_marked(hailing: CityPack) -> None:
    facts = scope_facts(people.principal(region_code="990102", level="district"))
    assert [(one.name, one.statistics_only, one.population) for one in facts.places] == [
        ("湖滨街道", False, None),
        ("高新园", True, None),
    ]


def test_the_doors_are_for_posts_that_may_see_them(hailing: CityPack) -> None:
    gateway = Gateway(Registry([]))
    gateway.start()
    try:
        assert Entry(gateway=gateway).doors(people.principal()) == ()
        with pytest.raises(Denied):
            Entry(gateway=gateway).doors(people.principal(roles=("reader",)))
    finally:
        gateway.stop()
