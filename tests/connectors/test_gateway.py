"""The gateway: every answer in its time, no failure beyond its own system."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.connectors.contract import (
    NotFound,
    RateLimited,
    SignInAgain,
    State,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.manifest import Call
from portal.connectors.template import Values
from portal.store.clock import FrozenClock
from tests.connectors.conftest import MakeWorld
from tests.connectors.support import (
    GOOD,
    NOBODY,
    OTHER_ID_NUMBER,
    SUBJECT,
    always,
    has_chinese,
    in_turn,
    never,
    values_of,
)


def test_every_system_answers_with_its_records_and_its_name(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD), "b": always(GOOD)})
    answers = world.ask()
    assert set(answers) == {"a", "b"}
    assert answers["a"].state is State.RETURNED
    assert answers["a"].system_name == "系统a"
    assert answers["a"].simulated
    assert values_of(answers["a"])["grade"] == "甲"
    assert answers["a"].trace_id == answers["b"].trace_id


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Unreachable(), State.FAULT),
        (TheirFault(), State.FAULT),
        (SignInAgain(), State.REFUSED),
        (RateLimited(), State.REFUSED),
        (TimedOut(), State.TIMEOUT),
        (NotFound(), State.NOT_FOUND),
        (ZeroDivisionError("a bug of ours"), State.FAULT),
    ],
)
def test_a_failing_system_says_so_and_leaves_the_others_intact(
    make_world: MakeWorld, fault: Exception, state: State
) -> None:
    world = make_world({"bad": always(fault), "good": always(GOOD)})
    answers = world.ask()
    assert answers["bad"].state is state
    assert answers["bad"].records == ()
    assert has_chinese(answers["bad"].message)
    assert answers["good"].state is State.RETURNED


def test_an_answer_is_delivered_before_a_slower_system_has_answered(make_world: MakeWorld) -> None:
    first_seen = threading.Event()

    async def slow(_call: Call, _values: Values) -> Any:
        await asyncio.to_thread(first_seen.wait)
        return GOOD

    world = make_world({"slow": slow, "fast": always(GOOD)})
    stream = world.gateway.stream(world.asker(), SUBJECT)
    assert next(stream).system_id == "fast"
    first_seen.set()
    assert [one.system_id for one in stream] == ["slow"]


def test_what_is_not_there_by_the_shared_deadline_is_a_timeout(make_world: MakeWorld) -> None:
    world = make_world({"hangs": never, "good": always(GOOD)}, deadline_seconds=0.05)
    answers = world.ask()
    assert answers["hangs"].state is State.TIMEOUT
    assert has_chinese(answers["hangs"].message)
    assert answers["good"].state is State.RETURNED
    assert world.transports["hangs"].cancelled == 1


def test_a_system_has_its_own_time_limit_within_the_shared_one(make_world: MakeWorld) -> None:
    world = make_world(
        {"hangs": never}, lambda text: text.replace("timeout_seconds = 5", "timeout_seconds = 0.05")
    )
    assert world.ask()["hangs"].state is State.TIMEOUT


def test_leaving_early_cancels_what_is_under_way(make_world: MakeWorld) -> None:
    world = make_world({"hangs": never, "good": always(GOOD)})
    stream = world.gateway.stream(world.asker(), SUBJECT)
    assert next(stream).system_id == "good"
    stream.close()  # type: ignore[attr-defined]
    world.gateway.stop()
    assert world.transports["hangs"].cancelled == 1
    outcomes = {one["system_id"]: one["outcome"] for one in world.rows}
    assert outcomes == {"good": "RETURNED", "hangs": "CANCELLED"}


def test_any_event_loop_may_ask(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD), "b": always(TheirFault())})

    async def ask() -> dict[str, State]:
        return {
            one.system_id: one.state async for one in world.gateway.ask_all(world.asker(), SUBJECT)
        }

    assert asyncio.run(ask()) == {"a": State.RETURNED, "b": State.FAULT}


def test_an_event_loop_that_leaves_early_cancels_too(make_world: MakeWorld) -> None:
    world = make_world({"hangs": never, "good": always(GOOD)})

    async def leave_after_the_first() -> None:
        answers = world.gateway.ask_all(world.asker(), SUBJECT)
        async for _ in answers:
            break
        await answers.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave_after_the_first())
    world.gateway.stop()
    assert world.transports["hangs"].cancelled == 1


def test_only_planned_systems_are_asked(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD), "b": always(GOOD)})
    readable = {"a": frozenset({"name"})}
    assert [one.system_id for one in world.gateway.planned(world.asker(readable=readable))] == ["a"]
    assert set(world.ask(readable=readable)) == {"a"}
    assert world.calls("b") == 0


def test_a_system_without_a_readable_field_is_answered_without_a_call(
    make_world: MakeWorld,
) -> None:
    world = make_world({"a": always(GOOD)})
    answer = world.ask(readable={"a": frozenset()})["a"]
    assert answer.state is State.NO_PERMISSION
    assert has_chinese(answer.message)
    assert world.calls("a") == 0


def test_a_field_that_may_not_be_read_never_leaves_the_gateway(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD)})
    for _ in range(2):  # once from the system, once from the cache
        answer = world.ask(readable={"a": frozenset({"name", "something_else"})})["a"]
        assert set(values_of(answer)) == {"name"}


def test_a_record_about_another_person_is_refused(make_world: MakeWorld) -> None:
    wrong = {"code": "0", "rows": [{"id": OTHER_ID_NUMBER, "name": "马占海", "grade": "乙"}]}
    world = make_world({"a": always(wrong)})
    answer = world.ask()["a"]
    assert answer.state is State.FAULT
    assert answer.records == ()


@pytest.mark.parametrize(
    "garbage",
    [
        {"code": "9"},
        {"code": "0", "rows": "x"},
        {"code": "0", "rows": [1]},
        [],
        "text",
        None,
        {"code": "0", "rows": [{"id": {"a": 1}, "name": ["x"], "grade": 1}]},
    ],
)
def test_no_shape_of_garbage_gets_past_the_edge(make_world: MakeWorld, garbage: Any) -> None:
    world = make_world({"a": always(garbage), "good": always(GOOD)})
    answers = world.ask()
    assert answers["good"].state is State.RETURNED
    answer = answers["a"]
    assert answer.state is State.FAULT or all(
        one.value is None or one.name == "grade" for one in answer.records[0].fields
    )


def test_an_unreadable_value_is_an_empty_field_with_a_note(make_world: MakeWorld) -> None:
    row = {"id": "123", "name": "才让卓玛", "grade": "甲"}
    world = make_world({"a": always({"code": "0", "rows": [row]})})
    fields = {one.name: one for one in world.ask()["a"].records[0].fields}
    assert fields["id_number"].value is None
    assert has_chinese(fields["id_number"].note or "")
    assert fields["grade"].value == "甲"


@pytest.mark.parametrize(("share", "most"), [(1.0, 4), (0.5, 2), (0.05, 1)])
def test_a_system_is_never_asked_by_more_than_this_process_share_of_its_limit(
    make_world: MakeWorld, share: float, most: int
) -> None:
    async def a_moment(_call: Call, _values: Values) -> Any:
        for _ in range(10):
            await asyncio.sleep(0)
        return GOOD

    world = make_world({"a": a_moment}, cache_seconds=0, share=share)
    system = world.gateway.registry.system("a")
    assert system.per_second == system.manifest.limits.per_second * share

    async def many() -> None:
        async def one() -> None:
            async for _ in world.gateway.ask_all(world.asker(), SUBJECT):
                pass

        await asyncio.gather(*(one() for _ in range(20)))

    asyncio.run(many())
    assert world.calls("a") == 20
    assert world.transports["a"].most_under_way == most


def test_a_system_that_keeps_failing_is_left_in_peace_and_then_tried_once(
    make_world: MakeWorld, clock: FrozenClock
) -> None:
    world = make_world({"a": in_turn(*[Unreachable()] * 3, GOOD)})
    for _ in range(5):
        assert world.ask()["a"].state is State.FAULT
    assert world.calls("a") == 3
    clock.advance(timedelta(seconds=31))
    assert world.ask()["a"].state is State.RETURNED
    assert world.calls("a") == 4


def test_after_too_many_requests_nothing_is_asked_until_the_named_time(
    make_world: MakeWorld, clock: FrozenClock
) -> None:
    world = make_world({"a": in_turn(RateLimited(retry_after=10), GOOD)})
    assert world.ask()["a"].state is State.REFUSED
    assert world.ask()["a"].state is State.REFUSED
    assert world.calls("a") == 1
    clock.advance(timedelta(seconds=11))
    assert world.ask()["a"].state is State.RETURNED


behaviours = st.sampled_from(
    [
        GOOD,
        NOBODY,
        {"code": "9"},
        {"code": "3"},
        Unreachable(),
        SignInAgain(),
        RateLimited(retry_after=1),
        KeyError("x"),
    ]
)


@given(st.lists(behaviours, min_size=1, max_size=6))
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_planned_system_gives_exactly_one_answer_whatever_the_others_do(
    make_world: MakeWorld, told: list[Any]
) -> None:
    world = make_world({f"s{number}": always(one) for number, one in enumerate(told)})
    answers = world.ask()
    assert set(answers) == {one.system_id for one in world.gateway.planned(world.asker())}
    for number, one in enumerate(told):
        answer = answers[f"s{number}"]
        assert (answer.state is State.RETURNED) == (one is GOOD)
        assert bool(answer.records) == (one is GOOD)
        assert answer.message == "" if one is GOOD else has_chinese(answer.message)
    world.gateway.stop()
