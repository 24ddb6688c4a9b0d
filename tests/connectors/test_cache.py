"""The cache: successes only, for the same eyes only, unreadable at rest, and never in the way."""

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.connectors.cache import MemoryShelf, key_of
from portal.connectors.contract import (
    NotFound,
    RateLimited,
    SignInAgain,
    State,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.store.clock import FrozenClock
from tests.connectors.conftest import MakeWorld, RedisServer
from tests.connectors.support import GOOD, ID_NUMBER, NOBODY, SUBJECT, always, in_turn

Options = dict[str, Any]


@pytest.fixture(params=["memory", "redis"])
def backend(request: pytest.FixtureRequest) -> Options:
    """Every rule holds with and without Redis."""
    if request.param == "memory":
        return {}
    server: RedisServer = request.getfixturevalue("redis_server")
    return {"redis_url": server.url}


def test_a_success_is_asked_for_once_within_minutes(
    make_world: MakeWorld, backend: Options, clock: FrozenClock
) -> None:
    world = make_world({"a": always(GOOD)}, **backend)
    first = world.ask()["a"]
    clock.advance(timedelta(minutes=4))
    again = world.ask()["a"]
    assert world.calls("a") == 1
    assert again.state is State.RETURNED
    assert again.records == first.records
    assert again.as_of == first.as_of
    clock.advance(timedelta(minutes=2))
    world.ask()
    assert world.calls("a") == 2


def test_nothing_is_taken_from_a_cache_that_keeps_answers_for_no_time(
    make_world: MakeWorld, backend: Options
) -> None:
    world = make_world({"a": always(GOOD)}, cache_seconds=0, **backend)
    for calls in (1, 2):  # the clock stands still between the two
        assert world.ask()["a"].state is State.RETURNED
        assert world.calls("a") == calls


@pytest.mark.parametrize(
    "other",
    [
        {"permission_digest": "d2"},
        {"purpose": "help"},
        {"case_id": "case-7"},
        {"prefixes": ("630102",)},
        {"unit": "unit-2"},
        {"readable": {"a": frozenset({"name"})}},
    ],
)
def test_other_eyes_never_share_an_answer(
    make_world: MakeWorld, backend: Options, other: Options
) -> None:
    world = make_world({"a": always(GOOD)}, **backend)
    world.ask()
    world.ask(**other)
    assert world.calls("a") == 2


def test_another_person_or_another_manifest_is_another_key(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD)})
    newer = make_world({"a": always(GOOD)}, lambda text: text.replace("version = 1", "version = 2"))
    asker = world.asker()
    keys = {
        key_of(asker, SUBJECT, world.gateway.registry.system("a")),
        key_of(asker, SUBJECT, newer.gateway.registry.system("a")),
        key_of(asker, replace(SUBJECT, id="s-2"), world.gateway.registry.system("a")),
        key_of(asker, replace(SUBJECT, id_number="x"), world.gateway.registry.system("a")),
    }
    assert len(keys) == 4
    assert not any(ID_NUMBER in key for key in keys)


@pytest.mark.parametrize(
    "failure", [Unreachable(), TheirFault(), TimedOut(), SignInAgain(), NotFound(), {"code": "9"}]
)
def test_a_failure_is_never_kept(make_world: MakeWorld, backend: Options, failure: Any) -> None:
    world = make_world({"a": in_turn(failure, GOOD)}, **backend)
    assert world.ask()["a"].state is not State.RETURNED
    assert world.ask()["a"].state is State.RETURNED
    assert world.calls("a") == 2


@pytest.mark.parametrize("failure", [Unreachable(), TheirFault(), TimedOut(), RateLimited()])
def test_an_older_success_stands_in_for_a_failure_and_says_from_when(
    make_world: MakeWorld, backend: Options, clock: FrozenClock, failure: Exception
) -> None:
    world = make_world({"a": in_turn(GOOD, failure)}, **backend)
    fresh = world.ask()["a"]
    clock.advance(timedelta(minutes=30))
    old = world.ask()["a"]
    assert old.state is State.STALE
    assert old.records == fresh.records
    assert old.as_of == fresh.as_of
    assert "11月23日 12:00" in old.message


def test_old_data_ends_at_its_limit(
    make_world: MakeWorld, backend: Options, clock: FrozenClock
) -> None:
    world = make_world({"a": in_turn(GOOD, Unreachable())}, **backend)
    world.ask()
    clock.advance(timedelta(minutes=61))
    answer = world.ask()["a"]
    assert answer.state is State.FAULT
    assert answer.records == ()


def test_a_refusal_is_not_covered_up_with_old_data(
    make_world: MakeWorld, backend: Options, clock: FrozenClock
) -> None:
    world = make_world({"a": in_turn(GOOD, SignInAgain())}, **backend)
    world.ask()
    clock.advance(timedelta(minutes=10))
    assert world.ask()["a"].state is State.REFUSED


def test_who_is_no_longer_known_is_forgotten(
    make_world: MakeWorld, backend: Options, clock: FrozenClock
) -> None:
    world = make_world({"a": in_turn(GOOD, NOBODY, Unreachable())}, **backend)
    world.ask()
    clock.advance(timedelta(minutes=10))
    assert world.ask()["a"].state is State.NOT_FOUND
    assert world.ask()["a"].state is State.FAULT


def test_redis_holds_nothing_that_can_be_read(
    make_world: MakeWorld, redis_server: RedisServer
) -> None:
    world = make_world({"a": always(GOOD)}, redis_url=redis_server.url)
    world.ask()
    held = redis_server.contents()
    assert len(held) == 1
    for key, text in held.items():
        for personal in (ID_NUMBER, "才让", "甲", SUBJECT.id):
            assert personal not in key
            assert personal not in text


def test_two_processes_share_what_redis_holds(
    make_world: MakeWorld, redis_server: RedisServer
) -> None:
    one = make_world({"a": always(GOOD)}, redis_url=redis_server.url)
    other = make_world({"a": always(GOOD)}, redis_url=redis_server.url)
    one.ask()
    assert other.ask()["a"].state is State.RETURNED
    assert other.calls("a") == 0


def test_a_failing_redis_costs_speed_and_nothing_else(
    make_world: MakeWorld, redis_server: RedisServer, clock: FrozenClock
) -> None:
    world = make_world({"a": always(GOOD)}, redis_url=redis_server.url)
    world.ask()
    redis_server.stop()
    assert world.ask()["a"].state is State.RETURNED
    assert world.calls("a") == 2  # what Redis held is gone
    world.ask()
    assert world.calls("a") == 2  # the memory of the process has taken over
    redis_server.start()
    clock.advance(timedelta(seconds=31))
    world.ask()
    assert world.calls("a") == 3
    assert len(redis_server.contents()) == 1  # Redis is used again


def test_a_redis_that_hangs_is_no_more_than_a_failing_one(make_world: MakeWorld) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        world = make_world({"a": always(GOOD)}, redis_url=url)
        assert world.ask()["a"].state is State.RETURNED
        assert world.ask()["a"].state is State.RETURNED
        assert world.calls("a") == 1


@pytest.mark.parametrize("spoil", [lambda text: text[:-8] + "AAAAAAA=", lambda text: "no answer"])
def test_a_spoilt_entry_counts_as_none(
    make_world: MakeWorld, redis_server: RedisServer, spoil: Callable[[str], str]
) -> None:
    import redis

    world = make_world({"a": always(GOOD)}, redis_url=redis_server.url)
    world.ask()
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        for key, text in redis_server.contents().items():
            client.set(key, spoil(text))
    assert world.ask()["a"].state is State.RETURNED
    assert world.calls("a") == 2


async def fill(shelf: MemoryShelf, sizes: list[int]) -> None:
    for number, size in enumerate(sizes):
        await shelf.put({str(number): ("x" * size, 60.0)})


def test_memory_is_bounded_and_the_longest_unused_goes_first(clock: FrozenClock) -> None:
    import asyncio

    async def play() -> list[str | None]:
        shelf = MemoryShelf(clock.now, max_bytes=100)
        await fill(shelf, [40, 40, 40, 500])
        return await shelf.get(["0", "1", "2", "3"])

    assert asyncio.run(play()) == [None, "x" * 40, "x" * 40, None]
