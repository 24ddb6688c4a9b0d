"""Walking a system's roster, for the subject index and the measures; checking its health."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import structlog

from portal.connectors.ahead import ReadAhead
from portal.connectors.channel import FEW, Channel
from portal.connectors.contract import (
    Capability,
    Health,
    OurMistake,
    RosterEntry,
    State,
    SystemFault,
)
from portal.connectors.converters import Unreadable
from portal.connectors.counting import Counted, Counting
from portal.connectors.loop import UpstreamLoop
from portal.connectors.recorder import Attribution, CallRecorder, Row, row
from portal.connectors.registry import System
from portal.connectors.tally import Tally
from portal.connectors.transport import Trace
from portal.store.clock import local

log = structlog.get_logger(__name__)

WELL = "实时检测正常。"
NOT_CONNECTED = "该系统尚未接入或已停用。"


def by_the_platform(purpose: str) -> Attribution:
    """The attribution of what the platform does on its own account."""
    return Attribution(trace_id=uuid4().hex, actor="platform", unit="platform", purpose=purpose)


class Roster:
    """An iterator over a roster. While one page is mapped here, the next is already under way.

    What is to be counted is counted on the way: one walk serves the index and the measures.
    """

    def __init__(
        self,
        channel: Channel,
        loop: UpstreamLoop,
        recorder: CallRecorder,
        now: Callable[[], datetime],
    ) -> None:
        self.entries = 0
        self.unreadable = 0
        self._whole = False
        self._channel = channel
        self._loop = loop
        self._recorder = recorder
        self._now = now
        self._heard: datetime | None = None
        system = channel.system
        walked = [one for one in system.manifest.measures if not one.tallied]
        self._counting = Counting(walked, local(now()).date(), system.context)
        self._walk = self._entries()

    def __iter__(self) -> Iterator[RosterEntry]:
        return self._walk

    def __next__(self) -> RosterEntry:
        return next(self._walk)

    def close(self) -> None:
        """Stop walking."""
        self._walk.close()

    @property
    def as_of(self) -> datetime | None:
        """From when the owner's data is, as far as the owner said so; the oldest counts."""
        return self._heard

    def counted(self) -> tuple[Counted, ...]:
        """What was counted; only a whole walk may be asked."""
        if not self._whole:
            raise RuntimeError("a part of a roster says nothing about the whole")
        return self._counting.results()

    def _hear(self, as_of: datetime | None) -> None:
        if as_of is not None:
            self._heard = min(as_of, self._heard or as_of)

    def _entries(self) -> Generator[RosterEntry]:
        asked_at, trace = self._now(), Trace(now=self._now)
        pages = self._channel.roster(trace, self._hear)
        read = self._channel.system.roster_reader
        outcome, fault = "CANCELLED", None
        walk = ReadAhead(self._loop, pages)
        try:
            while (rows := walk.page()) is not None:
                before = self.entries
                for one in rows:
                    try:
                        entry = read(one)
                    except Unreadable:
                        self.unreadable += 1
                    else:
                        self.entries += 1
                        self._counting.take(one, entry)
                        yield entry
                if len(rows) >= FEW and self.entries == before:
                    raise self._channel.misfit("roster", rows, "各行都读不懂")
            self._ask_as_of(trace)
            self._whole = True
            outcome = State.RETURNED.name
        except SystemFault as error:
            outcome, fault = error.state.name, type(error).__name__
            raise
        finally:
            walk.close()
            self._record(trace, asked_at, outcome, fault)

    def _ask_as_of(self, trace: Trace) -> None:
        """Some systems say from when their data is in their probe only."""
        if self._heard is None and self._channel.system.manifest.measures:
            with contextlib.suppress(SystemFault):
                self._hear(self._loop.submit(self._channel.probe(trace, None)).result())

    def _record(self, trace: Trace, asked_at: datetime, outcome: str, fault: str | None) -> None:
        system = self._channel.system
        log.info(
            "roster walked",
            system=system.id,
            entries=self.entries,
            unreadable=self.unreadable,
            outcome=outcome,
        )
        self._recorder.write(
            [
                row(
                    by_the_platform("roster"),
                    system,
                    Capability.ROSTER,
                    trace,
                    asked_at=asked_at,
                    delivered_at=self._now(),
                    outcome=outcome,
                    fault=fault,
                )
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Tallied:
    """What rows about things come to; rows whose place nobody knows are in the numbers' nowhere."""

    counted: tuple[Counted, ...]
    as_of: datetime | None
    rows: int
    unreadable: int


async def count_rows(
    channel: Channel,
    recorder: CallRecorder,
    now: Callable[[], datetime],
    first: date,
    last: date,
) -> Tallied:
    """Ask for the rows of some days and count them; a row is forgotten once counted."""
    system, asked_at, trace = channel.system, now(), Trace(now=now)
    manifest = system.manifest
    if manifest.tally is None:
        raise OurMistake(detail="no tally is described")
    tally = Tally(manifest.measures, manifest.tally, system.context)
    heard: list[datetime] = []
    unreadable, outcome, fault = 0, "CANCELLED", None
    try:
        days = {"from_day": first.isoformat(), "to_day": last.isoformat()}
        pages = channel.roster(trace, lambda at: heard.append(at) if at else None, "counts", days)
        async for rows in pages:
            unreadable += sum(not _taken(tally, one) for one in rows)
        outcome = State.RETURNED.name
    except SystemFault as error:
        outcome, fault = error.state.name, type(error).__name__
        raise
    finally:
        record = row(
            by_the_platform("counts"),
            system,
            Capability.REPORTS,
            trace,
            asked_at=asked_at,
            delivered_at=now(),
            outcome=outcome,
            fault=fault,
        )
        await asyncio.to_thread(recorder.write, [record])
    return Tallied(
        counted=tally.results(),
        as_of=min(heard, default=None),
        rows=tally.rows,
        unreadable=unreadable,
    )


def _taken(tally: Tally, one: Any) -> bool:
    """Count a row; of one whose place cannot be read only the place is missing."""
    try:
        place = tally.place_of(one)
    except Unreadable:
        place = None
    try:
        tally.take(one, place)
    except Unreadable:
        return False
    return True


async def check_health(
    system: System, channel: Channel | None, until: float, now: Callable[[], datetime]
) -> tuple[Health, list[Row]]:
    """Ask one system whether it is well; gives what to show and what to record."""
    asked_at, started, trace = now(), asyncio.get_running_loop().time(), Trace(now=now)
    if channel is None:
        return _health(system, State.FAULT, NOT_CONNECTED, asked_at, 0.0), []
    state, message, fault = State.RETURNED, WELL, None
    try:
        await channel.probe(trace, until)
    except SystemFault as error:
        state, message, fault = error.state, error.message, type(error).__name__
    elapsed = asyncio.get_running_loop().time() - started
    record = row(
        by_the_platform("probe"),
        system,
        Capability.ENTRY,
        trace,
        asked_at=asked_at,
        delivered_at=now(),
        outcome=state.name,
        fault=fault,
    )
    return _health(system, state, message, now(), elapsed), [record]


def _health(
    system: System, state: State, message: str, checked_at: datetime, elapsed: float
) -> Health:
    return Health(
        system_id=system.id,
        state=state,
        message=message,
        checked_at=checked_at,
        elapsed_ms=round(elapsed * 1000),
    )
