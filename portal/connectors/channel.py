"""One channel per system: its transport, its limits, and the order in which they apply."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from jmespath.exceptions import JMESPathError

from portal.connectors.breaker import Breaker, Pace
from portal.connectors.calls import CallName
from portal.connectors.contract import (
    KEY_FIELDS,
    Misfit,
    NotFound,
    OurMistake,
    Record,
    RetryLater,
    Subject,
    SubjectKind,
    SystemFault,
    TheirFault,
    TimedOut,
)
from portal.connectors.manifest import Call
from portal.connectors.paging import Walk, rows_of
from portal.connectors.redact import shape
from portal.connectors.registry import System
from portal.connectors.template import Values, values_for
from portal.connectors.transport import Trace, Transport
from portal.store.samples import Sample

log = structlog.get_logger(__name__)

OTHER_PERSON = "对方系统返回的不是此人的记录，本次未采用，已记录，请联系运维核对。"
OTHER_THING = "对方系统返回的不是所查对象的记录，本次未采用，已记录，请联系运维核对。"
NOT_LISTED = "该系统最近一次的名册、名单中没有该对象，未向其查询。"
NOTHING = {
    SubjectKind.HOUSEHOLD: "该系统中没有这一户的记录。",
    SubjectKind.HOUSE: "该系统中没有这一房屋的记录。",
    SubjectKind.ENTERPRISE: "该系统中没有这一企业（单位）的记录。",
}
ROSTER_ATTEMPTS = 3
WALKED = frozenset({"roster", "counts", "tasks", "houses", "enterprises"})
FEW = 3  # from so many on, rows or values that all cannot be read are no accident
ROSTER_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a system knows about a person."""

    records: tuple[Record, ...]
    as_of: datetime | None


class Channel:
    """Asks one system, never more or faster than its manifest allows."""

    def __init__(
        self,
        system: System,
        transport: Transport,
        now: Callable[[], datetime],
        misfits: Callable[[Sample], None] = lambda _sample: None,
    ) -> None:
        limits = system.manifest.limits
        self._now = now
        self._misfits = misfits
        self.system = system
        self.transport = transport
        self.breaker = Breaker(failures=limits.failures, rest_seconds=limits.rest_seconds, now=now)
        self._pace = Pace(system.per_second, burst=system.parallel)
        self._free = asyncio.Semaphore(system.parallel)

    async def about(self, subject: Subject, trace: Trace, until: float) -> Found:
        """Everything the system knows about a subject, or the fault that prevented it."""
        name: CallName = subject.kind.value
        asked = values_for(subject, self.system.id, self.system.slots(name))
        if not asked:
            raise NotFound(NOT_LISTED, detail="not on its list")
        try:
            pages = [
                page for values in asked for page in await self._whole(name, values, trace, until)
            ]
        except NotFound as error:  # in the system's words it was a person, whatever was asked
            raise NotFound(NOTHING.get(subject.kind), detail=error.detail) from error
        rows = [row for _, found in pages for row in found]
        if not rows:
            raise NotFound(NOTHING.get(subject.kind), detail="no rows")
        records = self._records(rows, subject)
        if not any(field.value for record in records for field in record.fields):
            raise self.misfit(name, pages[0][0], "没有一个字段能按清单取到")
        if any(_is_nonsense(record) for record in records):
            raise self.misfit(name, pages[0][0], "过半字段读不懂")
        return Found(records=records, as_of=self.system.judge.as_of(pages[0][0]))

    async def _whole(
        self, name: CallName, values: Values, trace: Trace, until: float | None
    ) -> list[tuple[Any, list[Any]]]:
        """All pages of a list; most are one, and that one needs no walk."""
        if self._call(name).paging is not None:
            return [page async for page in self._pages(name, values, trace, until)]
        answer = await self._guarded(name, values, trace, until)
        return [(answer, self._rows(name, answer))]

    async def probe(self, trace: Trace, until: float | None) -> datetime | None:
        """Ask the system whether it is well; a breaker does not stop a probe, it may end it.

        Gives from when its data is, for systems that say so here.
        """
        answer = await self._guarded("probe", {}, trace, until, ask_breaker=False)
        return self.system.judge.as_of(answer)

    async def roster(
        self,
        trace: Trace,
        hear: Callable[[datetime | None], None] | None = None,
        name: CallName = "roster",
        values: Values | None = None,
    ) -> AsyncIterator[list[Any]]:
        """The roster, or the rows of ``counts``, page by page, each with its own time limit.

        ``hear`` is told from when the data of each page is.
        """
        async for answer, rows in self._pages(name, values or {}, trace, None):
            if hear is not None:
                hear(self.system.judge.as_of(answer))
            yield rows

    async def tasks(
        self, values: Values, trace: Trace, hear: Callable[[datetime | None], None]
    ) -> AsyncIterator[list[Any]]:
        """The tasks that changed, page by page."""
        async for answer, rows in self._pages("tasks", values, trace, None):
            hear(self.system.judge.as_of(answer))
            yield rows

    async def task(self, values: Values, trace: Trace) -> list[Any]:
        """The rows about one task: one, or none."""
        return self._rows("task", await self._guarded("task", values, trace, None))

    async def act(self, values: Values, trace: Trace) -> None:
        """Send one command, once; whoever sends it decides whether to send it again."""
        await self._guarded("act", values, trace, None)

    async def apply(self, values: Values, trace: Trace) -> Any:
        """Hand in one application, once; gives the answer, in which its number stands."""
        return await self._guarded("apply", values, trace, None)

    async def progress(self, values: Values, trace: Trace) -> list[Any]:
        """The rows about one application: one, or none."""
        return self._rows("progress", await self._guarded("progress", values, trace, None))

    async def _pages(
        self, name: CallName, values: Values, trace: Trace, until: float | None
    ) -> AsyncIterator[tuple[Any, list[Any]]]:
        call = self._call(name)
        walk = Walk(call.paging)
        for _ in range(self.system.manifest.limits.max_pages):
            answer = await self._page(name, {**values, **walk.values}, trace, until)
            rows = self._rows(name, answer)
            walk.advance(answer, rows)
            yield answer, rows
            if walk.done:
                return
        raise TheirFault(detail="the list does not end")

    async def _page(self, name: CallName, values: Values, trace: Trace, until: float | None) -> Any:
        """One page. A walk over a whole roster is worth some patience, a question is not."""
        attempts = ROSTER_ATTEMPTS if name in WALKED else 1
        for attempt in range(1, attempts + 1):
            try:
                return await self._guarded(name, values, trace, until)
            except RetryLater as fault:
                if attempt == attempts:
                    raise
                await asyncio.sleep(fault.retry_after or ROSTER_PAUSE_SECONDS * 2**attempt)
        raise OurMistake(detail="no attempt was made")

    async def _guarded(
        self,
        name: CallName,
        values: Values,
        trace: Trace,
        until: float | None,
        *,
        ask_breaker: bool = True,
    ) -> Any:
        """Breaker, then a free place, then the pace, then the call: all within the time limit."""
        if ask_breaker:
            self.breaker.enter()
        admitted = False
        outcome: BaseException | None = None
        try:
            async with asyncio.timeout_at(self._end(until)), self._free:
                await self._pace.wait()
                admitted = True
                answer = await self.transport.exchange(self._call(name), values, trace)
                self.system.judge.check(answer)
                return answer
        except TimeoutError as error:
            outcome = TimedOut(detail="no answer in time")
            raise outcome from error
        except SystemFault as fault:
            outcome = fault
            raise
        except asyncio.CancelledError as cancelled:
            outcome = cancelled
            raise
        except Exception as error:
            outcome = OurMistake(detail=type(error).__name__)
            log.error("a transport failed unexpectedly", system=self.system.id, at=_place(error))
            raise outcome from error
        finally:
            # Who waited in our own queue only has learnt nothing about the system.
            self.breaker.leave(outcome if admitted else asyncio.CancelledError())

    def _end(self, until: float | None) -> float:
        own = asyncio.get_running_loop().time() + self.system.manifest.limits.timeout_seconds
        return own if until is None else min(own, until)

    def _call(self, name: CallName) -> Call:
        calls: Mapping[Any, Call] = self.system.manifest.calls
        try:
            return calls[name]
        except KeyError:
            raise OurMistake(detail=f"no call {name!r}") from None

    def _rows(self, name: CallName, answer: Any) -> list[Any]:
        try:
            found = self.system.items[name](answer)
            if found is None and self._call(name).empty != "null":
                raise TheirFault(detail="the rows are nowhere")
            return rows_of(found)
        except (JMESPathError, TheirFault) as error:
            raise self.misfit(name, answer, "按清单的 items 取不到各行") from error

    def misfit(self, name: str, answer: Any, why: str) -> Misfit:
        """The fault, once the shape of the answer is kept for whoever mends the mapping."""
        self._misfits(
            Sample(
                system_id=self.system.id, call=name, why=why, shape=shape(answer), at=self._now()
            )
        )
        return Misfit(detail=f"{name}: {why}")

    def _records(self, rows: list[Any], subject: Subject) -> tuple[Record, ...]:
        records: list[Record] = []
        for row in rows:
            for reader in self.system.readers:
                if reader.of is not subject.kind:
                    continue
                made = reader(row)
                if reader.about_subject:
                    for record in made:
                        _check_subject(record, subject, self.system.id)
                records.extend(made)
        return tuple(records)


def _check_subject(record: Record, subject: Subject, system_id: str) -> None:
    """A record that names another subject is never shown, whatever the system meant by it."""
    key = KEY_FIELDS[subject.kind]
    meant: tuple[str, ...] = {
        SubjectKind.PERSON: (subject.id_number,),
        SubjectKind.ENTERPRISE: (subject.credit_code,),
    }.get(subject.kind, subject.numbers.get(system_id, ()))
    for field in record.fields:
        if field.name == key and field.value and field.value not in meant:
            told = OTHER_PERSON if subject.kind is SubjectKind.PERSON else OTHER_THING
            raise TheirFault(told, detail="the record names another subject")


def _is_nonsense(record: Record) -> bool:
    """Whether so much of a record cannot be read that the rest is not to be trusted either."""
    noted = len([None for field in record.fields if field.note is not None])
    return noted >= FEW and noted * 2 >= len(record.fields)


def _place(error: BaseException) -> str:
    """Where an error arose; its text is left out, since it may quote a person's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} {frames[-1].name}:{frames[-1].lineno}" if frames else ""
