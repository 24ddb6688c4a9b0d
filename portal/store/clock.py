"""The time, injected: tests move it by hand, the product reads the machine's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Anything that tells an aware UTC time."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


_clock: list[Clock] = [SystemClock()]


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _clock[-1].now()


def local(moment: datetime) -> datetime:
    """The same moment on the wall clock that cadres read."""
    return moment.astimezone(LOCAL)


@contextmanager
def use(clock: Clock) -> Iterator[Clock]:
    """Let the whole process read ``clock`` for a while."""
    _clock.append(clock)
    try:
        yield clock
    finally:
        _clock.remove(clock)
