"""Everything that runs on a clock in the background of a serving process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import structlog

from auth import audit
from portal.connectors.contract import Capability
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions.tasks import post, sync
from portal.settings import settings

_log = structlog.get_logger(__name__)


def _anchor() -> None:
    audit.anchor()


@dataclass
class Jobs:
    """The recurring jobs of one process; each failure is logged and the next turn tries again."""

    gateway: Gateway | None = None
    _stop: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start every job's thread."""
        self._stop.clear()
        self._every(settings().audit_anchor_seconds, "audit.anchor", _anchor)
        if self.gateway is not None:
            for system in self.gateway.registry.serving(Capability.TASKS):
                self._tasks(self.gateway, system)

    def stop(self) -> None:
        """Stop them; a last anchor closes the day."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        if self._threads:
            self._once("audit.anchor", _anchor)
        self._threads.clear()

    def _tasks(self, gateway: Gateway, system: System) -> None:
        """A thread of its own per system and job: one that hangs keeps nobody else waiting."""

        def pull() -> None:
            sync.sync(gateway, system)

        def send() -> None:
            while post.deliver(gateway, system) and not self._stop.is_set():
                pass

        self._every(settings().task_sync_seconds, f"tasks.sync.{system.id}", pull)
        self._every(settings().task_send_seconds, f"tasks.send.{system.id}", send)

    def _every(self, seconds: float, name: str, work: Callable[[], None]) -> None:
        def turn() -> None:
            while not self._stop.wait(seconds):
                self._once(name, work)

        thread = Thread(target=turn, name=f"job-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _once(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            _log.warning("job failed", job=name, error=type(error).__name__)
