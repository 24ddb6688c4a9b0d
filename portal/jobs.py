"""Everything that runs on a clock behind the pages, wherever it runs.

By default the jobs have a process of their own (``python -m portal jobs``), so that no page waits
for them. A serving process then runs only what keeps its own memory in step with the database.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import Event, Thread
from uuid import uuid4

import structlog

from auth import audit
from portal.connectors.contract import Capability
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions import orders
from portal.functions.matters import post as applications
from portal.functions.tasks import post, sync
from portal.settings import settings
from portal.store import beats, clock
from portal.store.beats import Turn
from portal.store.citypack import pack

BEAT = "jobs.beat"
_STOPPING_SECONDS = 12.0  # what is under way may end; what does not is done again by its lease

_log = structlog.get_logger(__name__)


def _anchor() -> None:
    audit.anchor()


@dataclass(frozen=True, kw_only=True)
class Recurring:
    """Work that is done again and again; several processes may do it at once without harm.

    What is done ``everywhere`` keeps the memory of one process in step; no other can do it for it.
    """

    seconds: float
    name: str
    work: Callable[[], object]
    everywhere: bool = False


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
    _turns: dict[str, Turn] = field(default_factory=dict)
    _worker: str = ""  # the name under which this process gives signs of life; none: it runs none
    _started_at: datetime = field(default_factory=clock.now)

    def all(self) -> tuple[Recurring, ...]:
        """Every job there is."""
        chosen = settings()
        return (
            Recurring(seconds=chosen.audit_anchor_seconds, name="audit.anchor", work=_anchor),
            Recurring(seconds=chosen.jobs_beat_seconds, name=BEAT, work=self._beat),
            *self.more,
        )

    def start(self, *, work: bool = True) -> None:
        """Start every job's thread; without ``work`` only what this process needs for itself."""
        self._stop.clear()
        chosen = [one for one in self.all() if work or one.everywhere]
        self._turns = {one.name: Turn(seconds=one.seconds) for one in chosen if one.name != BEAT}
        self._started_at = clock.now()
        if work:
            self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
            self._once(BEAT, self._beat)
        for one in chosen:
            self._every(one)
        _log.info("jobs started", jobs=len(chosen), work=work)

    def stop(self) -> None:
        """Stop them; a last anchor closes the day, a last sign says that it was meant."""
        self._stop.set()
        until = time.monotonic() + _STOPPING_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))
        if held := [one.name for one in self._threads if one.is_alive()]:
            _log.warning("jobs cut short", jobs=held)
        if self._worker:
            self._once("audit.anchor", _anchor)
            self._once(BEAT, partial(self._beat, ended=True))
        self._worker = ""
        self._threads.clear()

    def _every(self, one: Recurring) -> None:
        def turn() -> None:
            while not self._stop.wait(one.seconds):
                self._once(one.name, one.work)

        thread = Thread(target=turn, name=f"job-{one.name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _once(self, name: str, work: Callable[[], object]) -> None:
        self._note(name, began=clock.now())
        failed = False
        try:
            work()
        except Exception as error:
            failed = True
            _log.warning("job failed", job=name, error=type(error).__name__)
        self._note(name, ended=clock.now(), failed=failed)

    def _note(self, name: str, **changes: object) -> None:
        """Take note of a turn; each job has one thread, so nobody else writes its line."""
        if (held := self._turns.get(name)) is not None:
            self._turns[name] = replace(held, **changes)  # type: ignore[arg-type]

    def _beat(self, *, ended: bool = False) -> None:
        """Give a sign of life, for whoever looks from another process."""
        turns = dict(self._turns)
        beats.write(self._worker, pack().region_code, self._started_at, turns, ended=ended)
