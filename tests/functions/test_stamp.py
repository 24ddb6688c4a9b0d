"""The mark of the inbox moves with everything a person can see of it, and with nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auth.principal import Principal
from portal.connectors.contract import Unreachable
from portal.functions.tasks import post
from portal.store import clock, stirs
from portal.store.citypack import CityPack
from portal.store.scope import scoped
from portal.store.tasks import SERVICE
from tests import people
from tests.functions.task_world import LOTUS, WILLOW, TaskWorld, make_world


@pytest.fixture
def world(hailing: CityPack, tmp_path: Path, frozen: clock.FrozenClock) -> Iterator[TaskWorld]:
    made = make_world(tmp_path)
    made.gateway.start()
    yield made
    made.gateway.stop()


def clerk(code: str = WILLOW) -> Principal:
    return people.principal(prefixes=(code,), unit_id=f"com-{code}", region_code=code)


def street() -> Principal:
    return people.principal(prefixes=("990102001",), unit_id="gov-990102001")


def test_a_task_that_comes_in_moves_those_who_see_it_and_nobody_else(world: TaskWorld) -> None:
    world.sync()
    before = [world.function.stamp(one) for one in (clerk(), street(), clerk(LOTUS))]
    world.a.put("T1", at=clock.now().isoformat())
    world.sync()
    after = [world.function.stamp(one) for one in (clerk(), street(), clerk(LOTUS))]
    assert [was != now for was, now in zip(before, after, strict=True)] == [True, True, False]


def test_a_walk_that_brings_nothing_new_moves_nothing(world: TaskWorld) -> None:
    world.a.put("T1")
    world.sync()
    before = world.function.stamp(clerk())
    world.sync()
    world.sync(whole=True)
    assert world.function.stamp(clerk()) == before


def test_a_change_over_there_and_each_step_of_a_command_move_it(world: TaskWorld) -> None:
    world.a.put("T1")
    world.sync()
    seen = {world.function.stamp(clerk())}
    version = world.function.inbox(clerk()).rows[0].version
    task_id = world.function.inbox(clerk()).rows[0].id
    world.function.act(clerk(), task_id, "END", {"result": "1"}, version)
    seen.add(world.function.stamp(clerk()))
    post.deliver_all(world.gateway)
    seen.add(world.function.stamp(clerk()))
    assert len(seen) == 3


def test_a_system_that_ceases_to_answer_moves_it_and_so_does_midnight(
    world: TaskWorld, frozen: clock.FrozenClock
) -> None:
    world.sync()
    before = world.function.stamp(clerk())
    world.a.fault = Unreachable()
    world.sync()
    broken = world.function.stamp(clerk())
    assert broken != before
    frozen.advance(timedelta(days=1))
    assert world.function.stamp(clerk()) != broken


def test_old_lines_go_and_every_later_change_still_moves_it(world: TaskWorld) -> None:
    world.a.put("T1")
    world.sync()
    with scoped(SERVICE) as connection:
        held = stirs.stamp(connection)
    assert stirs.forget(clock.SystemClock().now() + timedelta(seconds=1)) >= 1
    with scoped(SERVICE) as connection:
        assert stirs.stamp(connection) != held
    empty = world.function.stamp(clerk())
    world.a.put("T2", at=clock.now().isoformat())
    world.sync()
    assert world.function.stamp(clerk()) != empty


def test_nobody_can_write_or_drop_a_line_by_hand(world: TaskWorld) -> None:
    from sqlalchemy import delete, insert
    from sqlalchemy.exc import ProgrammingError

    from portal.store.message_tables import task_stir

    world.a.put("T1")
    world.sync()
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        scoped(clerk().reach) as connection,
    ):
        connection.execute(insert(task_stir).values(region_code=WILLOW))
    with scoped(clerk().reach) as connection:
        assert connection.execute(delete(task_stir)).rowcount == 0
