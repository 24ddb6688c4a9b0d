"""Channels and breakers: the order of limits, and what counts against a system."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.breaker import Breaker, Pace
from portal.connectors.channel import Channel
from portal.connectors.contract import (
    NotFound,
    OurMistake,
    RateLimited,
    Resting,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.manifest import Call
from portal.connectors.template import Values, subject_values
from portal.connectors.transport import Trace
from portal.store.clock import FrozenClock
from tests.connectors.support import GOOD, SUBJECT, Behaviour, FakeTransport, always, in_turn, load

VALUES = subject_values(SUBJECT)
MakeChannel = Callable[..., Channel]


@pytest.fixture
def make_channel(configured: Path, tmp_path: Path, clock: FrozenClock) -> MakeChannel:
    def make(behave: Behaviour, change: Callable[[str], str] = str) -> Channel:
        system = load(tmp_path, ["a"], change).system("a")
        return Channel(system, FakeTransport(behave), clock.now)

    return make


def breaker(clock: FrozenClock) -> Breaker:
    return Breaker(failures=2, rest_seconds=30, now=clock.now)


def test_waiting_in_our_own_queue_says_nothing_about_the_system(make_channel: MakeChannel) -> None:
    async def play() -> None:
        inside, release = asyncio.Event(), asyncio.Event()

        async def held(_call: Call, _values: Values) -> Any:
            inside.set()
            await release.wait()
            return GOOD

        def one_at_a_time(text: str) -> str:
            return text.replace("parallel = 4", "parallel = 1").replace(
                "failures = 3", "failures = 1"
            )

        channel = make_channel(held, one_at_a_time)
        now = asyncio.get_running_loop().time
        holder = asyncio.create_task(channel.about(SUBJECT, Trace(), now() + 60))
        await inside.wait()
        waiting = Trace()
        with pytest.raises(TimedOut):
            await channel.about(SUBJECT, waiting, now() + 0.01)
        assert waiting.calls == 0
        release.set()
        assert (await holder).records
        assert not channel.breaker.open

    asyncio.run(play())


def test_a_question_is_put_once_whatever_comes(make_channel: MakeChannel) -> None:
    async def play(fault: SystemFault) -> int:
        trace = Trace()
        channel = make_channel(always(fault))
        with pytest.raises(type(fault)):
            await channel.about(SUBJECT, trace, asyncio.get_running_loop().time() + 60)
        return trace.calls

    for fault in (Unreachable(), RateLimited(retry_after=0.001), TheirFault(), SignInAgain()):
        assert asyncio.run(play(fault)) == 1


def test_a_roster_page_is_worth_three_attempts(
    make_channel: MakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.connectors.channel.ROSTER_PAUSE_SECONDS", 0.0)

    async def play(*told: Any) -> tuple[int, int]:
        channel, trace = make_channel(in_turn(*told)), Trace()
        rows = 0
        try:
            async for page in channel.roster(trace):
                rows += len(page)
        except RetryLater:
            rows = -1
        return rows, trace.calls

    busy = RetryLater(retry_after=0.001)
    # A Retry-After leaves the breaker open: with the clock standing still, nobody is asked again.
    assert asyncio.run(play(busy, GOOD)) == (-1, 1)
    short = Unreachable(retry_after=None)
    assert asyncio.run(play(short, GOOD)) == (1, 2)
    assert asyncio.run(play(short, short, short, GOOD)) == (-1, 3)


def test_a_list_that_never_ends_is_their_fault(make_channel: MakeChannel) -> None:
    async def play() -> None:
        two = {"code": "0", "rows": [{"no": "1"}, {"no": "2"}]}
        channel = make_channel(
            always(two), lambda text: text.replace("[limits]", "[limits]\nmax_pages = 3")
        )
        with pytest.raises(TheirFault):
            async for _ in channel.roster(Trace()):
                pass

    asyncio.run(play())


# --- the breaker alone -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Unreachable(), TimedOut(), TheirFault(), SignInAgain()])
def test_repeated_failures_open_the_breaker(clock: FrozenClock, fault: SystemFault) -> None:
    one = breaker(clock)
    for _ in range(2):
        one.enter()
        one.leave(fault)
    assert one.open
    with pytest.raises(Resting):
        one.enter()


@pytest.mark.parametrize("ending", [None, NotFound(), OurMistake()])
def test_a_living_system_starts_from_zero_again(
    clock: FrozenClock, ending: BaseException | None
) -> None:
    one = breaker(clock)
    for last in (Unreachable(), ending, Unreachable()):
        one.enter()
        one.leave(last)
    assert not one.open


def test_a_cancelled_call_says_nothing(clock: FrozenClock) -> None:
    one = breaker(clock)
    for _ in range(5):
        one.enter()
        one.leave(asyncio.CancelledError())
    assert not one.open


def test_after_its_rest_a_system_gets_one_trial_at_a_time(clock: FrozenClock) -> None:
    one = breaker(clock)
    for _ in range(2):
        one.enter()
        one.leave(Unreachable())
    clock.advance(timedelta(seconds=31))
    one.enter()
    with pytest.raises(Resting):
        one.enter()
    one.leave(Unreachable())
    assert one.open  # a single failure after the rest is enough
    clock.advance(timedelta(seconds=31))
    one.enter()
    one.leave(None)
    one.enter()
    one.enter()  # closed: no limit of its own


def test_a_cancelled_trial_makes_room_for_the_next(clock: FrozenClock) -> None:
    one = breaker(clock)
    for _ in range(2):
        one.enter()
        one.leave(Unreachable())
    clock.advance(timedelta(seconds=31))
    one.enter()
    one.leave(asyncio.CancelledError())
    one.enter()


def test_a_named_time_is_kept_even_after_one_failure(clock: FrozenClock) -> None:
    one = breaker(clock)
    one.enter()
    one.leave(RateLimited(retry_after=5))
    with pytest.raises(RateLimited) as refused:
        one.enter()
    assert refused.value.retry_after == 5
    clock.advance(timedelta(seconds=5))
    one.enter()


# --- the pace alone ----------------------------------------------------------------------------


@given(
    per_second=st.integers(1, 1000),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0, 0.05), min_size=2, max_size=200),
)
def test_no_second_sees_more_calls_than_allowed(
    per_second: int, burst: int, gaps: list[float]
) -> None:
    pace, now, leaving = Pace(per_second, burst), 100.0, []
    for gap in gaps:
        now += gap
        leaving.append(now + pace.reserve(now))
    assert leaving == sorted(leaving)
    for start in leaving:
        within = sum(start <= one < start + 1 for one in leaving)
        assert within <= per_second + burst


def test_a_short_burst_passes_at_once() -> None:
    pace = Pace(per_second=2, burst=4)
    assert [pace.reserve(0.0) for _ in range(4)] == [0.0] * 4
    assert pace.reserve(0.0) == pytest.approx(0.5)
