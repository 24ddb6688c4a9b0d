"""Work orders of the simulated systems: received and finished in the days that are asked about."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from portal.store.clock import local
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import Ground

MEASURES = {
    "neighbour_orders": ("neighbour_orders_received", "neighbour_orders_finished"),
    "urban_management": ("urban_cases", "urban_cases_closed"),
    "police_nonurgent": ("nonurgent_received", "nonurgent_answered"),
}
LONGEST = timedelta(days=7)  # from the first day of a matter to its last


@pytest.fixture
def desk(configured: Path, sandbox: Ground) -> Iterator[Desk]:
    with desk_on(sandbox) as made:
        yield made


def numbers(desk: Desk, system_id: str, first: date, last: date) -> dict[str, dict[date, int]]:
    found: dict[str, dict[date, int]] = {}
    for one in desk.gateway.tally(system_id, first, last).counted:
        days = found.setdefault(one.measure.id, {})
        for count in one.counts:
            assert count.day is not None
            days[count.day] = days.get(count.day, 0) + count.number
    return found


@pytest.mark.parametrize("system_id", sorted(MEASURES))
def test_only_what_touches_the_days_asked_about_comes_back(system_id: str, desk: Desk) -> None:
    today = local(datetime.now(UTC)).date()
    first, last = today - timedelta(days=50), today - timedelta(days=40)
    received, finished = MEASURES[system_id]
    found = numbers(desk, system_id, first, last)
    assert found.keys() >= {received, finished}
    assert all(first - LONGEST <= day <= last for day in found[received])
    assert all(first <= day <= last + LONGEST for day in found[finished])
    for name in (received, finished):
        assert any(first <= day <= last for day in found[name])


@pytest.mark.parametrize("system_id", sorted(MEASURES))
def test_a_day_says_the_same_in_whatever_span_it_is_asked_about(system_id: str, desk: Desk) -> None:
    today = local(datetime.now(UTC)).date()
    day = today - timedelta(days=20)
    narrow = numbers(desk, system_id, day, day)
    wide = numbers(desk, system_id, day - timedelta(days=30), today)
    for name in MEASURES[system_id]:
        assert narrow[name].get(day, 0) == wide[name].get(day, 0)
        assert sum(wide[name].values()) > sum(narrow[name].values())


@pytest.mark.parametrize("system_id", sorted(MEASURES))
def test_two_whole_months_and_more_are_kept(system_id: str, desk: Desk) -> None:
    """A report asks for whole months: the first day may lie some 65 days back."""
    today = local(datetime.now(UTC)).date()
    found = numbers(desk, system_id, today - timedelta(days=66), today)
    received, _ = MEASURES[system_id]
    assert min(found[received]) <= today - timedelta(days=64)
    assert max(found[received]) == today
