"""Only a few pages are drawn at once; who waits for something else lets others draw."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Event

import pytest

from portal.pages import turns

LONG = 30.0  # nothing here takes this long unless it is broken


@pytest.fixture(autouse=True)
def one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that draws one page at a time, and waits as long as it takes."""
    monkeypatch.setattr(turns, "_places", BoundedSemaphore(1))
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", LONG)


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Another page's thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _draw(drawn: Event) -> None:
    with turns.turn():
        drawn.set()


def test_a_page_is_drawn_when_the_one_before_it_is_done(elsewhere: ThreadPoolExecutor) -> None:
    drawn = Event()
    with turns.turn():
        other = elsewhere.submit(_draw, drawn)
        assert not turns._places.acquire(blocking=False)
        assert not drawn.is_set()
    other.result(LONG)
    assert drawn.is_set()


def test_a_page_that_waits_lets_another_be_drawn(elsewhere: ThreadPoolExecutor) -> None:
    drawn = Event()
    with turns.turn():
        other = elsewhere.submit(_draw, drawn)
        with turns.aside():
            assert drawn.wait(LONG)
        other.result(LONG)
        assert not turns._places.acquire(blocking=False), "the turn was not taken back"


def test_a_page_that_ends_in_an_error_gives_its_turn_back() -> None:
    with pytest.raises(RuntimeError), turns.turn():
        raise RuntimeError
    assert turns._places.acquire(blocking=False)


def test_a_page_that_hangs_does_not_close_the_others(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
    drawn = Event()
    with turns.turn():
        elsewhere.submit(_draw, drawn).result(LONG)
    assert drawn.is_set()
    assert turns._places.acquire(blocking=False), "one place, given back once"


def test_waiting_outside_a_turn_takes_none() -> None:
    with turns.aside():
        pass
    assert turns._places.acquire(blocking=False)
