"""Walking a system's lists of houses and enterprises, for the subject index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import datetime

import structlog

from portal.connectors.ahead import ReadAhead
from portal.connectors.calls import LISTS
from portal.connectors.channel import FEW, Channel
from portal.connectors.contract import ABOUT, RegisterEntry, State, SystemFault
from portal.connectors.converters import Unreadable
from portal.connectors.loop import UpstreamLoop
from portal.connectors.mapping import RegisterReader
from portal.connectors.recorder import CallRecorder, row
from portal.connectors.survey import by_the_platform
from portal.connectors.transport import Trace

log = structlog.get_logger(__name__)


class Register:
    """An iterator over every list of one system; a walk that breaks raises, and is no list."""

    def __init__(
        self,
        channel: Channel,
        loop: UpstreamLoop,
        recorder: CallRecorder,
        now: Callable[[], datetime],
    ) -> None:
        self.entries = 0
        self.unreadable = 0
        self._channel = channel
        self._loop = loop
        self._recorder = recorder
        self._now = now

    def __iter__(self) -> Iterator[RegisterEntry]:
        return self.walk()

    def walk(self) -> Generator[RegisterEntry]:
        """Every list, one after the other; closing it stops the walk."""
        for reader in self._channel.system.register_readers:
            yield from self._walk(reader)

    def _walk(self, reader: RegisterReader) -> Generator[RegisterEntry]:
        asked_at, trace = self._now(), Trace(now=self._now)
        name = LISTS[reader.kind]
        pages = self._channel.roster(trace, None, name)
        outcome, fault = "CANCELLED", None
        first = self.entries
        walk = ReadAhead(self._loop, pages)
        try:
            while (rows := walk.page()) is not None:
                before = self.entries
                for one in rows:
                    try:
                        entry = reader(one)
                    except Unreadable:
                        self.unreadable += 1
                    else:
                        self.entries += 1
                        yield entry
                if len(rows) >= FEW and self.entries == before:
                    raise self._channel.misfit(name, rows, "各行都读不懂")
            outcome = State.RETURNED.name
        except SystemFault as error:
            outcome, fault = error.state.name, type(error).__name__
            raise
        finally:
            walk.close()
            self._record(reader, trace, asked_at, outcome, fault, self.entries - first)

    def _record(
        self,
        reader: RegisterReader,
        trace: Trace,
        asked_at: datetime,
        outcome: str,
        fault: str | None,
        entries: int,
    ) -> None:
        system = self._channel.system
        log.info(
            "register walked",
            system=system.id,
            kind=reader.kind.value,
            entries=entries,
            unreadable=self.unreadable,
            outcome=outcome,
        )
        self._recorder.write(
            [
                row(
                    by_the_platform("register"),
                    system,
                    ABOUT[reader.kind],
                    trace,
                    asked_at=asked_at,
                    delivered_at=self._now(),
                    outcome=outcome,
                    fault=fault,
                )
            ]
        )
