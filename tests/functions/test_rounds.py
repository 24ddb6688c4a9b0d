"""The nightly walk: once a night for each system, for the index and the measures at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.connectors.contract import TimedOut
from portal.functions import night, rounds
from portal.store import claims, clock, measures, search
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.measure_tables import measure_rollup
from portal.store.scope import scoped
from portal.store.subjects import subject_relation
from tests.connectors.support import always
from tests.functions.test_reports import WILLOW, Town, person


@pytest.fixture
def town(hailing: CityPack, tmp_path: Path, frozen: FrozenClock) -> Iterator[Town]:
    made = Town(tmp_path)
    made.rows = {"a": [person(WILLOW) for _ in range(3)], "b": [person(WILLOW) for _ in range(2)]}
    for system, rows in made.rows.items():
        made.transports[system].behave = always({"code": "0", "rows": rows})
    made.gateway.start()
    yield made
    made.gateway.stop()


def go_to(frozen: FrozenClock, hour: int) -> None:
    """On to the next time the clock on the wall says that hour."""
    frozen.advance(timedelta(hours=(hour - clock.local(clock.now()).hour) % 24))


def asked(town: Town) -> dict[str, int]:
    return {name: len(one.calls) for name, one in town.transports.items()}


@pytest.mark.parametrize(
    ("hours", "at", "began"),
    [
        ((2, 5), "2026-11-24T01:59", None),
        ((2, 5), "2026-11-24T02:00", "2026-11-24T02:00"),
        ((2, 5), "2026-11-24T04:59", "2026-11-24T02:00"),
        ((2, 5), "2026-11-24T05:00", None),
        ((23, 4), "2026-11-24T22:59", None),
        ((23, 4), "2026-11-24T23:30", "2026-11-24T23:00"),
        ((23, 4), "2026-11-25T03:10", "2026-11-24T23:00"),
        ((23, 4), "2026-11-25T04:00", None),
    ],
)
def test_the_night_has_hours_that_may_cross_midnight(
    hours: tuple[int, int], at: str, began: str | None, configured: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import portal.settings as settings_module

    monkeypatch.setenv("PORTAL_NIGHT_HOURS", f"[{hours[0]}, {hours[1]}]")
    settings_module.reload()
    found = night.began(datetime.fromisoformat(at).replace(tzinfo=clock.LOCAL))
    assert (found and found.strftime("%Y-%m-%dT%H:%M")) == began


def test_by_day_nobody_is_asked(town: Town, frozen: FrozenClock) -> None:
    go_to(frozen, 14)
    assert rounds.at_night(town.gateway) == 0
    assert set(asked(town).values()) == {0}


def test_at_night_each_system_is_walked_once_for_both(town: Town, frozen: FrozenClock) -> None:
    go_to(frozen, 2)
    assert rounds.at_night(town.gateway) == 2
    with scoped(search.INDEXER) as connection:
        relations = connection.execute(
            select(func.count()).select_from(subject_relation)
        ).scalar_one()
    with scoped(measures.WRITER) as connection:
        numbers = connection.execute(select(func.count()).select_from(measure_rollup)).scalar_one()
    assert relations == 5
    assert numbers > 0
    once = asked(town)
    frozen.advance(timedelta(minutes=15))
    assert rounds.at_night(town.gateway) == 0
    assert asked(town) == once
    frozen.advance(timedelta(hours=24))
    assert rounds.at_night(town.gateway) == 2


def test_one_that_fails_is_asked_again_the_same_night_and_stops_no_other(
    town: Town, frozen: FrozenClock
) -> None:
    go_to(frozen, 2)
    good, town.transports["a"].behave = town.transports["a"].behave, always(TimedOut())
    assert rounds.at_night(town.gateway) == 2
    frozen.advance(timedelta(minutes=15))
    town.transports["a"].behave = good
    assert rounds.at_night(town.gateway) == 1
    assert rounds.at_night(town.gateway) == 0


def test_two_processes_do_not_walk_one_system_at_once(town: Town, frozen: FrozenClock) -> None:
    go_to(frozen, 3)
    with claims.alone("rounds|a") as mine:
        assert mine
        assert rounds.at_night(town.gateway) == 1
    assert rounds.at_night(town.gateway) == 1
