"""Everything that runs on a clock in the background of a serving process."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread

import structlog

from auth import audit
from portal.connectors.contract import Capability
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions import orders
from portal.functions.matters import post as applications
from portal.functions.tasks import post, sync
from portal.settings import settings

_log = structlog.get_logger(__name__)


def _anchor() -> None:
    audit.anchor()


@dataclass(frozen=True, kw_only=True)
class Recurring:
    """Work that is done again and again; several processes may do it at once without harm."""

    seconds: float
    name: str
    work: Callable[[], object]


def of_tasks(gateway: Gateway) -> Iterator[Recurring]:
    """Pulling tasks and sending commands, apart for each system: one that hangs delays no other."""
    for system in gateway.registry.systems.values():
        if Capability.TASKS not in system.manifest.capabilities:
            continue
        yield Recurring(
            seconds=settings().task_sync_seconds,
            name=f"tasks.sync.{system.id}",
            work=partial(_while_served, sync.sync, gateway, system),
        )
        yield Recurring(
            seconds=settings().task_send_seconds,
            name=f"tasks.send.{system.id}",
            work=partial(_while_served, post.drain, gateway, system),
        )


def of_orders(
    gateway: Gateway, take: orders.Take, gone: orders.Gone, outbox: orders.Outbox
) -> Iterator[Recurring]:
    """Bringing in orders and sending decisions about them, apart for each system."""
    for system in gateway.registry.systems.values():
        if Capability.ORDERS not in system.manifest.capabilities:
            continue
        yield Recurring(
            seconds=settings().task_sync_seconds,
            name=f"orders.pull.{system.id}",
            work=partial(_while_handing_over, orders.pull, gateway, system, take, gone),
        )
        yield Recurring(
            seconds=settings().task_send_seconds,
            name=f"orders.send.{system.id}",
            work=partial(_while_handing_over, orders.drain, gateway, system, outbox),
        )


def of_applications(gateway: Gateway, finish: applications.FinishCase) -> Iterator[Recurring]:
    """Sending applications and asking how far they are, apart for each system that takes them."""
    for system in applications.takers(gateway):
        yield Recurring(
            seconds=settings().task_send_seconds,
            name=f"applications.send.{system.id}",
            work=partial(_while_reachable, applications.deliver, gateway, system),
        )
        yield Recurring(
            seconds=settings().task_sync_seconds,
            name=f"applications.follow.{system.id}",
            work=partial(_while_reachable, applications.follow, gateway, system, finish),
        )


def _while_served(
    work: Callable[[Gateway, System], object], gateway: Gateway, system: System
) -> None:
    """A system that is switched off is left alone; what waits for it keeps."""
    if system.serves(Capability.TASKS):
        work(gateway, system)


def _while_handing_over(
    work: Callable[..., object], gateway: Gateway, system: System, *more: object
) -> None:
    """A system that is switched off is left alone; what waits for it keeps."""
    if system.serves(Capability.ORDERS):
        work(gateway, system, *more)


def _while_reachable(
    work: Callable[..., object], gateway: Gateway, system: System, *more: object
) -> None:
    if system.reachable:
        work(gateway, system, *more)


@dataclass
class Jobs:
    """The recurring jobs of one process; each failure is logged and the next turn tries again."""

    more: Sequence[Recurring] = ()
    _stop: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start every job's thread."""
        self._stop.clear()
        self._every(settings().audit_anchor_seconds, "audit.anchor", _anchor)
        for one in self.more:
            self._every(one.seconds, one.name, one.work)

    def stop(self) -> None:
        """Stop them; a last anchor closes the day."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        if self._threads:
            self._once("audit.anchor", _anchor)
        self._threads.clear()

    def _every(self, seconds: float, name: str, work: Callable[[], object]) -> None:
        def turn() -> None:
            while not self._stop.wait(seconds):
                self._once(name, work)

        thread = Thread(target=turn, name=f"job-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _once(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            _log.warning("job failed", job=name, error=type(error).__name__)
