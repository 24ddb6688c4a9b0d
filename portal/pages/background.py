"""Slow questions asked beside the page, so that it stays usable while the answers come.

A page's own thread must not wait for another system: every click would wait with it. The work runs
in a small pool; a fragment looks at it every half second and stops looking when it is done.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

import structlog

from auth.permissions import Denied
from portal.pages import turns

_log = structlog.get_logger(__name__)
_THREADS = 24
POLL_SECONDS = 0.5
# Most answers are there after a moment; waiting for it saves looking again.
_AT_ONCE_SECONDS = 0.25
FAILED = "调取过程出现故障，已返回的内容仍保留在下方，请稍后重新调取。"

_pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="page")
_running: set["Future[None]"] = set()

T = TypeVar("T")


def settle() -> None:
    """Wait until nothing is under way: what comes last still writes to the database."""
    wait(set(_running))


class Gathering(Generic[T]):
    """What has come so far of a stream of answers, each under its own name."""

    def __init__(self) -> None:
        self.answers: dict[str, T] = {}
        self.problem = ""
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._done.set()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._done.is_set()

    def start(self, source: Callable[[], Iterator[T]], name: Callable[[T], str]) -> None:
        """Begin, or begin anew: what is here stays until its successor comes."""
        with self._lock:
            if not self._done.is_set():
                return
            self._done.clear()
            self.problem = ""
        work = _pool.submit(self._collect, source, name)
        _running.add(work)
        work.add_done_callback(_running.discard)

    def wait_a_moment(self) -> None:
        """Give quick answers the time to arrive before the page is drawn."""
        with turns.aside():
            self._done.wait(_AT_ONCE_SECONDS)

    def wait(self, seconds: float) -> bool:
        """Wait for the end: for tests."""
        return self._done.wait(seconds)

    def _collect(self, source: Callable[[], Iterator[T]], name: Callable[[T], str]) -> None:
        try:
            for answer in source():
                self.answers = {**self.answers, name(answer): answer}
        except Denied as refusal:
            self.problem = refusal.message
        except Exception:
            _log.exception("gathering_failed")
            self.problem = FAILED
        finally:
            self._done.set()
