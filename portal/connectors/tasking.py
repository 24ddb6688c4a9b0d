"""Walking a system's tasks, reading one of them, and sending it a command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from portal.connectors.channel import FEW, Channel
from portal.connectors.contract import (
    Capability,
    Command,
    ForeignTask,
    State,
    SystemFault,
)
from portal.connectors.converters import Unreadable
from portal.connectors.errands import TaskSection
from portal.connectors.loop import UpstreamLoop
from portal.connectors.moments import moment_writer
from portal.connectors.recorder import Attribution, CallRecorder, Row, row
from portal.connectors.taskmap import command_values
from portal.connectors.transport import Trace
from portal.store.crypto import keyed_hash

SYNC = "service:tasks"


class Tasking:
    """The tasks of one system; every question and every command leaves a call record."""

    def __init__(
        self,
        channel: Channel,
        loop: UpstreamLoop,
        recorder: CallRecorder,
        now: Callable[[], datetime],
        *,
        together: bool = False,
    ) -> None:
        section = channel.system.manifest.tasks
        if section is None:
            raise KeyError(f"系统“{channel.system.name}”没有任务")
        self.section: TaskSection = section
        self.unreadable = 0
        self.as_of: datetime | None = None
        self._channel = channel
        self._loop = loop
        self._recorder = recorder
        self._now = now
        self._together = together
        self._rows: list[Row] = []

    def flush(self) -> None:
        """Write the call records that were held to be written together."""
        rows, self._rows = self._rows, []
        if rows:
            self._recorder.write(rows)

    def changed(self, since: datetime | None) -> Iterator[list[ForeignTask]]:
        """What changed since a moment, page by page; a walk that breaks raises."""
        values = {"since": moment_writer(self.section.since)(since) if since else None}
        trace, asked_at = Trace(now=self._now), self._now()
        pages = self._channel.tasks(values, trace, self._hear)
        who = _service()
        fault: SystemFault | None = None
        try:
            while (rows := self._loop.submit(_next(pages)).result()) is not None:
                yield self._read(rows)
        except SystemFault as error:
            fault = error
            raise
        finally:
            self._record(who, trace, asked_at, fault)

    def one(self, foreign_id: str) -> ForeignTask | None:
        """One task as it is over there now; nothing when the system does not know it."""
        trace, asked_at = Trace(now=self._now), self._now()
        fault: SystemFault | None = None
        try:
            values = {"task_id": foreign_id}
            rows = self._loop.submit(self._channel.task(values, trace)).result()
        except SystemFault as error:
            fault = error
            raise
        finally:
            self._record(_service(), trace, asked_at, fault)
        found = self._read(rows)
        if rows and not found:
            raise self._channel.misfit("task", rows, "任务读不懂")
        return next(iter(found), None)

    def act(self, command: Command, subject_hash: str | None = None) -> None:
        """Send a command; ``TurnedDown`` says that the system will not, any other fault that
        nobody knows."""
        trace, asked_at = Trace(now=self._now), self._now()
        who = Attribution(
            trace_id=uuid4().hex,
            actor=command.actor,
            unit=command.unit,
            purpose="task",
            case_id=keyed_hash(command.foreign_id)[:32],
            subject_hash=subject_hash,
        )
        fault: SystemFault | None = None
        try:
            self._loop.submit(self._channel.act(command_values(command), trace)).result()
        except SystemFault as error:
            fault = error
            raise
        finally:
            self._record(who, trace, asked_at, fault)

    def _hear(self, as_of: datetime | None) -> None:
        if as_of is not None:
            self.as_of = min(as_of, self.as_of or as_of)

    def _read(self, rows: list[Any]) -> list[ForeignTask]:
        tasks = []
        for one in rows:
            try:
                tasks.append(self._channel.system.task_reader(one))
            except Unreadable:
                self.unreadable += 1
        if len(rows) >= FEW and not tasks:
            raise self._channel.misfit("tasks", rows, "各行都读不懂")
        return tasks

    def _record(
        self, who: Attribution, trace: Trace, asked_at: datetime, fault: SystemFault | None
    ) -> None:
        made = row(
            who,
            self._channel.system,
            Capability.ORDERS if self.section.order else Capability.TASKS,
            trace,
            asked_at=asked_at,
            delivered_at=self._now(),
            outcome=(fault.state if fault else State.RETURNED).name,
            fault=type(fault).__name__ if fault else None,
        )
        self._rows.append(made)
        if not self._together:
            self.flush()


def _service() -> Attribution:
    return Attribution(trace_id=uuid4().hex, actor=SYNC, unit="platform", purpose="tasks")


async def _next(pages: AsyncIterator[list[Any]]) -> list[Any] | None:
    return await anext(pages, None)
