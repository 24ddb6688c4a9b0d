"""Rosters and health checks."""

from datetime import timedelta
from typing import Any

import pytest

from portal.connectors.contract import State, TheirFault, Unreachable
from portal.connectors.manifest import Call
from portal.connectors.template import Values
from portal.store.clock import FrozenClock
from tests.connectors.conftest import MakeWorld
from tests.connectors.support import (
    GOOD,
    ID_NUMBER,
    OTHER_ID_NUMBER,
    always,
    has_chinese,
    in_turn,
    never,
)


def person(number: str, id_number: str = ID_NUMBER) -> dict[str, str]:
    return {"no": number, "id": id_number, "name": "才让卓玛"}


async def two_pages(_call: Call, values: Values) -> Any:
    """A roster of three, two to a page."""
    everyone = [person("1"), person("2", OTHER_ID_NUMBER), person("3")]
    start = (int(values["page"] or 1) - 1) * 2
    return {"code": "0", "rows": everyone[start : start + 2]}


def test_a_roster_is_walked_to_its_end(make_world: MakeWorld) -> None:
    world = make_world({"a": two_pages})
    entries = list(world.gateway.roster("a"))
    assert [one.foreign_id for one in entries] == ["1", "2", "3"]
    assert entries[1].id_number == OTHER_ID_NUMBER


def test_a_row_that_names_nobody_is_counted_and_left_out(make_world: MakeWorld) -> None:
    rows = [person("1"), person("2", "630102"), {"no": "3"}]
    world = make_world(
        {"a": always({"code": "0", "rows": rows})},
        lambda text: text.replace("size = 2", "size = 9"),
    )
    roster = world.gateway.roster("a")
    assert [one.foreign_id for one in roster] == ["1"]
    assert (roster.entries, roster.unreadable) == (1, 2)


def test_a_walk_may_be_left(make_world: MakeWorld) -> None:
    world = make_world({"a": two_pages})
    roster = world.gateway.roster("a")
    assert next(roster).foreign_id == "1"
    roster.close()
    assert [one["outcome"] for one in world.rows] == ["CANCELLED"]


def test_a_broken_walk_ends_with_its_fault_and_not_as_a_short_roster(
    make_world: MakeWorld,
) -> None:
    full = {"code": "0", "rows": [person("1"), person("2")]}
    world = make_world({"a": in_turn(full, TheirFault())})
    seen = []
    with pytest.raises(TheirFault):
        for one in world.gateway.roster("a"):
            seen.append(one.foreign_id)
    assert seen == ["1", "2"]
    assert [one["outcome"] for one in world.rows] == ["FAULT"]


def test_a_probe_says_how_a_system_is(make_world: MakeWorld) -> None:
    world = make_world({"well": always(GOOD), "ill": always(Unreachable())})
    well, ill = world.gateway.probe_all(["well", "ill"])
    assert (well.state, ill.state) == (State.RETURNED, State.FAULT)
    assert has_chinese(well.message)
    assert has_chinese(ill.message)


def test_a_recent_probe_may_do(make_world: MakeWorld, clock: FrozenClock) -> None:
    world = make_world({"a": always(GOOD)})
    for seconds, calls in ((0, 1), (20, 1), (50, 2)):
        clock.advance(timedelta(seconds=seconds))
        world.gateway.probe("a", max_age_seconds=60)
        assert world.calls("a") == calls
    world.gateway.probe("a")
    assert world.calls("a") == 3


def test_a_hanging_system_does_not_hang_its_door(make_world: MakeWorld) -> None:
    world = make_world({"a": never}, deadline_seconds=0.05)
    assert world.gateway.probe("a").state is State.TIMEOUT


def test_a_probe_that_finds_a_system_well_ends_its_rest(make_world: MakeWorld) -> None:
    world = make_world({"a": in_turn(*[Unreachable()] * 3, GOOD)})
    for _ in range(3):
        world.ask()
    assert world.gateway.probe("a").state is State.RETURNED
    assert world.ask()["a"].state is State.RETURNED
