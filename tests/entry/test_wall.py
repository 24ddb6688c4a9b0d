"""The door wall: one's own doors, the last used first, found by typing as one speaks."""

import pytest

from portal.connectors.contract import State
from portal.functions.entry.wall import grouped, matches
from tests.doorway import Doorway

GRID = "社会治理（综治）网格化信息系统"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", True),
        ("  ", True),
        ("网格", True),
        ("综治", True),
        ("wangge", True),
        ("WangGe", True),
        ("wang ge", True),
        ("wg", True),
        ("wghxxxt", True),
        ("shzl", True),
        ("低保", False),
        ("zzz", False),
        ("%", False),
    ],
)
def test_a_name_is_found_by_characters_pinyin_and_initials(typed: str, found: bool) -> None:
    assert matches(GRID, typed) is found


def test_the_last_used_door_comes_first(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    assert [one.system_id for one in doorway.entry.wall(who)] == ["a", "b", "c", "d"]
    doorway.entry.jump(who, "c")
    doorway.entry.jump(who, "b")
    assert [one.system_id for one in doorway.entry.wall(who)] == ["b", "c", "a", "d"]
    other = doorway.sign_in("other")
    assert [one.system_id for one in doorway.entry.wall(other)] == ["a", "b", "c", "d"]


def test_what_asks_for_a_password_again_is_no_common_sign_in(doorway: Doorway) -> None:
    doors = {one.system_id: one for one in doorway.entry.wall(doorway.sign_in("clerk"))}
    assert [one for one, door in doors.items() if door.unified] == ["a", "d"]
    assert doors["c"].login == "需再次登录"


def test_doors_stand_under_the_city_s_own_names(doorway: Doorway) -> None:
    groups = grouped(doorway.entry.wall(doorway.sign_in("clerk")))
    assert {title: len(doors) for title, doors in groups.items()} == {"为民服务": 4}


def test_health_is_a_live_check_of_ones_own_doors_and_kept_for_a_moment(doorway: Doorway) -> None:
    who = doorway.sign_in("clerk")
    found = {one.system_id: one.state for one in doorway.entry.health(who)}
    assert found["a"] is State.RETURNED
    assert found["b"] is State.TIMEOUT
    calls = len(doorway.transports["a"].calls)
    doorway.entry.health(who)
    assert len(doorway.transports["a"].calls) == calls
