"""Handing answers over: the first at once, a burst together, nothing lost and nothing reordered."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors import handover
from portal.connectors.handover import Handover


async def _handed_over(puts: Sequence[int], pauses: frozenset[int] = frozenset()) -> list[Any]:
    """What arrives when these are put, with the loop at rest after some of them."""
    arrived: list[Any] = []
    held = Handover[int](lambda some: arrived.append(list(some)))
    for place, one in enumerate(puts):
        held.put(one)
        if place in pauses:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    held.flush()
    return arrived


def test_the_first_is_handed_over_at_once_and_a_burst_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handover, "TOGETHER_SECONDS", 3600.0)
    assert asyncio.run(_handed_over(range(5))) == [[0], [1, 2, 3, 4]]


def test_a_burst_does_not_wait_for_the_next_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "TOGETHER_SECONDS", 3600.0)

    async def ask() -> list[Any]:
        arrived: list[Any] = []
        held = Handover[int](lambda some: arrived.append(list(some)))
        held.put(1)
        held.put(2)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return arrived

    assert asyncio.run(ask()) == [[1], [2]]


def test_answers_that_are_not_close_together_go_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "TOGETHER_SECONDS", -1.0)
    assert asyncio.run(_handed_over(range(3))) == [[0], [1], [2]]


@given(st.lists(st.integers(), max_size=20), st.frozensets(st.integers(0, 19)))
def test_everything_arrives_once_and_in_order(puts: list[int], pauses: frozenset[int]) -> None:
    arrived = asyncio.run(_handed_over(puts, pauses))
    assert [one for some in arrived for one in some] == puts
    assert [] not in arrived
