"""What is held back of a child, whatever a post may read."""

from datetime import date
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.registry import Registry, load_registry
from portal.functions.records.restraint import is_child, notes, of_a_child
from tests.connectors.grounds import city

TODAY = date(2026, 11, 24)


@lru_cache
def whole() -> Registry:
    """All systems; the manifests are read once."""
    return load_registry(city().systems, secret=lambda name: name)


@pytest.fixture
def registry() -> Registry:
    return whole()


@pytest.mark.parametrize(
    ("born", "child"),
    [
        ("20121125", True),  # fourteen tomorrow
        ("20121124", False),  # fourteen today
        ("20121123", False),
        ("20260101", True),
        ("19500630", False),
        ("20121350", True),  # no such day: what cannot be known is held back
    ],
)
def test_a_child_is_somebody_under_fourteen(born: str, child: bool) -> None:
    assert is_child(f"630102{born}0016", TODAY) is child


def test_of_a_child_only_conclusions_are_left(registry: Registry) -> None:
    everything = registry.readable((), "case") | {
        one.id: frozenset(one.manifest.fields) for one in registry.systems.values()
    }
    kept = of_a_child(registry, everything)
    assert kept["medical_insurance"] == {
        *("name", "id_number", "insurance_status", "payment_status", "subsidy", "chronic")
    }
    assert "gov_service" not in kept and "social_assistance" not in kept
    for system_id, names in kept.items():
        rules = registry.system(system_id).manifest.fields
        assert all(rules[name].conclusion for name in names - {"name", "id_number"})


@given(st.data())
def test_nothing_is_added_for_a_child(data: st.DataObject) -> None:
    registry = whole()
    readable = {
        one.id: frozenset(data.draw(st.sets(st.sampled_from(sorted(one.manifest.fields)))))
        for one in registry.systems.values()
        if one.manifest.fields
    }
    for system_id, names in of_a_child(registry, readable).items():
        assert names <= readable[system_id]


@pytest.mark.parametrize(
    ("child", "unauthorised", "said"),
    [
        (False, [], 0),
        (True, [], 1),
        (False, ["核对系统"], 1),
        (True, ["核对系统", "另一系统"], 2),
    ],
)
def test_it_is_said_why_less_is_shown(child: bool, unauthorised: list[str], said: int) -> None:
    found = notes(child, unauthorised)
    assert len(found) == said
    assert all(name in found[-1] for name in unauthorised)
