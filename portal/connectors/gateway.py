"""The gateway: asks every connected system at once and gives each answer when it comes.

stream / ask_all          a page's thread, or any event loop
    └── _fan_out          on the one upstream loop, under one shared deadline
        ├── cache         what was answered minutes ago, for the same eyes
        ├── Question      one task per system, answers in the order they arrive
        │   └── Channel   breaker, parallel limit, pace, time limit, transport, mapping
        └── _settle       afterwards: call records into the database, successes into the cache
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import date, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from portal.connectors.applying import Applying
from portal.connectors.cache import AnswerCache, open_cache
from portal.connectors.channel import Channel
from portal.connectors.contract import (
    ABOUT,
    Answer,
    Asker,
    Capability,
    Health,
    NotConnected,
    Planned,
    Subject,
    SubjectKind,
)
from portal.connectors.folder import DropFolder
from portal.connectors.handover import Handover
from portal.connectors.loop import UpstreamLoop
from portal.connectors.question import Question, may_ask
from portal.connectors.recorder import CallRecorder
from portal.connectors.register import Register
from portal.connectors.registry import Registry
from portal.connectors.survey import Roster, Tallied, check_health, count_rows
from portal.connectors.tasking import Tasking
from portal.connectors.transport import TransportFactory
from portal.connectors.transports import Transports
from portal.store import clock
from portal.store.samples import Sample

log = structlog.get_logger(__name__)

Deliver = Callable[[Sequence[Answer] | None], None]  # None: that was all
LOOP_GRACE_SECONDS = 5.0
SETTLE_WITHIN_SECONDS = 0.5  # how long the afterwork lets other questions go first
PROBE_SECONDS = 3.0  # a door must not keep a page waiting for long


class Gateway:
    """Every way from the portal to the connected systems."""

    def __init__(
        self,
        registry: Registry,
        *,
        deadline_seconds: float = 8.0,
        cache_seconds: float = 300.0,
        redis_url: str | None = None,
        cache: AnswerCache | None = None,
        recorder: CallRecorder | None = None,
        transports: TransportFactory | None = None,
        now: Callable[[], datetime] = clock.now,
        keep_sample: Callable[[Sample], None] = lambda _sample: None,
    ) -> None:
        self._keep_sample = keep_sample
        self.registry = registry
        self._deadline = deadline_seconds
        self._fresh_for = timedelta(seconds=cache_seconds)
        self._now = now
        self._cache = cache or open_cache(redis_url, now)
        self._recorder = recorder or CallRecorder()
        self._transports = Transports(transports, now)
        self._loop = UpstreamLoop()
        self._channels: dict[str, Channel] = {}
        self._asking: set[asyncio.Task[Any]] = set()
        self._settling: set[asyncio.Task[None]] = set()
        self._quiet = asyncio.Event()  # nobody is waiting for an answer just now
        self._quiet.set()
        self._health: dict[str, Health] = {}

    # --- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the upstream loop and open a channel to every reachable system."""
        self.registry.refresh()
        self._loop.start()
        self._loop.submit(self._open()).result()

    def stop(self) -> None:
        """Finish writing what is owed, then close every connection; a second stop does nothing."""
        if not self.alive:
            return
        try:
            self._loop.submit(self._close()).result()
        finally:
            self._loop.stop()

    @property
    def alive(self) -> bool:
        """Whether the upstream loop runs."""
        return self._loop.alive

    def settle(self) -> None:
        """Wait until everything asked so far is in the call record and the cache."""
        self._loop.submit(self._settled()).result()

    # --- asking about a person -----------------------------------------------------------------

    def planned(self, asker: Asker, kind: SubjectKind = SubjectKind.PERSON) -> list[Planned]:
        """The systems that this person may ask for this purpose: the M of 已返回 N / 共 M."""
        return [
            Planned(
                system_id=one.id,
                name=one.name,
                simulated=one.site.simulated,
                mode=one.mode,
            )
            for one in self.registry.serving(ABOUT[kind])
            if one.id in asker.readable and may_ask(asker, one)
        ]

    def unauthorised(self, asker: Asker) -> list[str]:
        """The names of systems that wait for the family's authorisation, apart from the M."""
        return [
            one.name
            for one in self.registry.serving(Capability.RECORDS)
            if one.id in asker.readable and not may_ask(asker, one)
        ]

    def stream(self, asker: Asker, subject: Subject) -> Iterator[Answer]:
        """Answers as they come, for a page's thread. Leaving early cancels the rest."""
        arrived: SimpleQueue[Sequence[Answer] | None] = SimpleQueue()
        flight = self._loop.submit(self._fan_out(asker, subject, arrived.put))
        try:
            while (some := arrived.get(timeout=self._deadline + LOOP_GRACE_SECONDS)) is not None:
                yield from some
        except Empty:
            log.critical("the upstream loop does not answer")
        finally:
            flight.cancel()

    async def ask_all(self, asker: Asker, subject: Subject) -> AsyncIterator[Answer]:
        """Answers as they come, for any event loop. Leaving early cancels the rest."""
        here = asyncio.get_running_loop()
        arrived: asyncio.Queue[Sequence[Answer] | None] = asyncio.Queue()

        def deliver(some: Sequence[Answer] | None) -> None:
            with contextlib.suppress(RuntimeError):  # the asking loop has ended meanwhile
                here.call_soon_threadsafe(arrived.put_nowait, some)

        flight = self._loop.submit(self._fan_out(asker, subject, deliver))
        try:
            while (some := await arrived.get()) is not None:
                for answer in some:
                    yield answer
        finally:
            flight.cancel()

    async def _fan_out(self, asker: Asker, subject: Subject, deliver: Deliver) -> None:
        until = asyncio.get_running_loop().time() + self._deadline
        self._under_way()
        handover = Handover(deliver)
        try:
            question = Question(
                asker=asker,
                subject=subject,
                channels=[self._opened(one.system_id) for one in self.planned(asker, subject.kind)],
                fresh_for=self._fresh_for,
                now=self._now,
            )
            try:
                question.held = await self._cache.get(list(question.keys.values()))
                await question.ask(until, handover.put)
            finally:
                self._later(self._settle(question))
        finally:
            handover.flush()
            deliver(None)

    # --- rosters and health --------------------------------------------------------------------

    def roster(self, system_id: str) -> Roster:
        """Everyone a system knows, page by page; the walk knows how many rows it could not read."""
        channel = self._channel(system_id)
        return Roster(channel, self._loop, self._recorder, self._now)

    def register(self, system_id: str) -> Register:
        """Every house and enterprise on a system's lists."""
        channel = self._channel(system_id)
        return Register(channel, self._loop, self._recorder, self._now)

    def tasks(self, system_id: str, *, together: bool = False) -> Tasking:
        """The tasks of one system: what changed, one of them, and commands.

        ``together`` holds the call records back until they are flushed.
        """
        channel = self._channel(system_id)
        return Tasking(channel, self._loop, self._recorder, self._now, together=together)

    def applying(self, system_id: str) -> Applying:
        """Handing in applications to one system, and asking how far they are."""
        channel = self._channel(system_id)
        return Applying(channel, self._loop, self._recorder, self._now)

    def folder(self, system_id: str) -> DropFolder:
        """The folder in which a system puts its files."""
        channel = self._channel(system_id)
        return DropFolder(channel.system, channel.transport, self._loop, self._recorder, self._now)

    def tally(self, system_id: str, first: date, last: date) -> Tallied:
        """The numbers of a system that is asked for rows about things, for some days."""
        channel = self._channel(system_id)
        work = count_rows(channel, self._recorder, self._now, first, last)
        return self._loop.submit(work).result()

    def probe(self, system_id: str, max_age_seconds: float = 0.0) -> Health:
        """A live check of one system, or a recent one if that will do."""
        return self.probe_all([system_id], max_age_seconds)[0]

    def probe_all(self, system_ids: list[str], max_age_seconds: float = 0.0) -> list[Health]:
        """Live checks of several systems at once."""
        return self._loop.submit(self._probe_all(system_ids, max_age_seconds)).result()

    async def _probe_all(self, system_ids: list[str], max_age: float) -> list[Health]:
        return list(await asyncio.gather(*(self._probe(one, max_age) for one in system_ids)))

    async def _probe(self, system_id: str, max_age: float) -> Health:
        system = self.registry.system(system_id)
        known = self._health.get(system_id)
        if known and self._now() - known.checked_at <= timedelta(seconds=max_age) and max_age:
            return known
        until = asyncio.get_running_loop().time() + min(self._deadline, PROBE_SECONDS)
        channel = self._opened(system_id) if system.reachable else None
        health, rows = await check_health(system, channel, until, self._now)
        self._later(self._record(rows))
        self._health[system_id] = health
        return health

    def resting(self) -> dict[str, datetime]:
        """The systems that this process leaves in peace, and until when."""
        return {
            name: channel.breaker.until
            for name, channel in self._channels.items()
            if channel.breaker.open and channel.breaker.until is not None
        }

    # --- afterwards ----------------------------------------------------------------------------

    def _under_way(self) -> None:
        """A question that is left early still owes its records; whoever settles waits for it."""
        if (task := asyncio.current_task()) is not None:
            self._asking.add(task)
            self._quiet.clear()
            task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[Any]) -> None:
        self._asking.discard(task)
        if not self._asking:
            self._quiet.set()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that nobody waits for but that must be done: it survives a cancelled question."""
        task = asyncio.get_running_loop().create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle(self, question: Question) -> None:
        """Write down and keep what came; who still waits for answers goes first, for a moment."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), SETTLE_WITHIN_SECONDS)
        await self._record(question.rows())
        await question.remember(self._cache)

    async def _record(self, rows: list[Any]) -> None:
        await asyncio.to_thread(self._recorder.write, rows)

    async def _settled(self) -> None:
        while owing := self._asking | self._settling:
            await asyncio.gather(*owing, return_exceptions=True)

    async def _open(self) -> None:
        for system in self.registry.systems.values():
            if system.reachable:
                self._opened(system.id)

    def _opened(self, system_id: str) -> Channel:
        """The channel of a system, on the upstream loop; one switched on later is opened now."""
        channel = self._channels.get(system_id)
        if channel is None:
            system = self.registry.system(system_id)
            channel = Channel(system, self._transports.open(system), self._now, self._misfit)
            self._channels[system_id] = channel
        return channel

    def _channel(self, system_id: str) -> Channel:
        """The same for any other thread; what is switched off is not asked at all."""
        if not self.registry.system(system_id).reachable:
            raise NotConnected(detail="not connected or switched off")
        held = self._channels.get(system_id)
        return held or self._loop.submit(self._open_one(system_id)).result()

    def _misfit(self, sample: Sample) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # read on the caller's own thread, which may wait
            self._keep(sample)
        else:
            self._later(asyncio.to_thread(self._keep, sample))

    def _keep(self, sample: Sample) -> None:
        try:
            self._keep_sample(sample)
        except Exception as error:  # the answer is a fault either way; its shape is a help only
            log.warning("a sample was not kept", fault=type(error).__name__)

    async def _open_one(self, system_id: str) -> Channel:
        return self._opened(system_id)

    async def _close(self) -> None:
        for question in self._asking:
            question.cancel()
        await self._settled()
        await self._record([])
        for channel in self._channels.values():
            await channel.transport.close()
        self._channels.clear()
        await self._transports.close()
        await self._cache.close()
