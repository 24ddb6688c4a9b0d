"""Taking turns: only a few pages of one process are drawn at the same time.

Threads share one interpreter. Drawn all at once, two hundred pages take each other's turns at every
question to the database, and all of them become slow together; a few at a time, each is done
quickly and the others wait a little. A run that waits for something else gives its turn away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

AT_ONCE = 4
# Longer than this nobody waits: a page that hangs must not close the others.
PATIENCE_SECONDS = 5.0

_places = BoundedSemaphore(AT_ONCE)
_mine = local()


def _take() -> None:
    _mine.place = _places.acquire(timeout=PATIENCE_SECONDS)


def _give_back() -> None:
    if getattr(_mine, "place", False):
        _mine.place = False
        _places.release()


@contextmanager
def turn() -> Iterator[None]:
    """While a page is drawn."""
    _take()
    try:
        yield
    finally:
        _give_back()


@contextmanager
def aside() -> Iterator[None]:
    """While the run only waits; outside a turn it changes nothing."""
    had = getattr(_mine, "place", False)
    _give_back()
    try:
        yield
    finally:
        if had:
            _take()
