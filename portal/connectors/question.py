"""One question about one person to several systems: each asked on its own, answered in its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from portal.connectors.cache import AnswerCache, Held, keys_of
from portal.connectors.channel import Channel
from portal.connectors.children import (
    NO_CONCLUSION,
    is_child,
    of_a_child,
    of_a_childs_record,
)
from portal.connectors.contract import (
    ABOUT,
    Answer,
    Asker,
    NotFound,
    OurMistake,
    Record,
    Resting,
    SignInAgain,
    State,
    Subject,
    SubjectKind,
    SystemFault,
)
from portal.connectors.recorder import Row, attribution, row
from portal.connectors.registry import System
from portal.connectors.transport import Trace
from portal.store.clock import local

log = structlog.get_logger(__name__)

NOT_AUTHORISED = "需本人及家庭成员授权；平台没有在案的授权，未向该系统查询。"
NO_PERMISSION = "您现在的岗位不能为此目的查看该系统的信息。"


@dataclass(kw_only=True)
class Asked:
    """How the asking of one system went; the answer is `None` until there is one."""

    channel: Channel
    key: str
    asked_at: datetime
    started: float
    trace: Trace
    answer: Answer | None = None
    fault: SystemFault | None = None
    cached: bool = False
    keep: Held | None = None
    delivered_at: datetime | None = None


@dataclass(kw_only=True)
class Question:
    """The whole fan-out: who asks about whom, what is held already, and what came of it."""

    asker: Asker
    subject: Subject
    channels: Sequence[Channel]
    fresh_for: timedelta
    now: Callable[[], datetime]
    held: Mapping[str, Held] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    trace_id: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.today = local(self.now()).date()
        person = self.subject.kind is SubjectKind.PERSON
        self.child = person and is_child(self.subject.id_number, self.today)
        if self.child:
            systems = [one.system for one in self.channels]
            readable = of_a_child(systems, self.asker.readable)
            self.asker = replace(self.asker, readable=readable)
        self.keys = keys_of(self.asker, self.subject, [one.system for one in self.channels])

    async def ask(self, until: float, deliver: Callable[[Answer], None]) -> None:
        """Ask all at once and hand over each answer the moment it is there.

        Each system's own task delivers: answers that arrive together are not kept waiting until
        the last of them is read. Being cancelled cancels whatever is still under way.
        """
        async with asyncio.TaskGroup() as group:
            for one in self.channels:
                group.create_task(self._ask(one, until, deliver))

    async def _ask(self, channel: Channel, until: float, deliver: Callable[[Answer], None]) -> None:
        asked = Asked(
            channel=channel,
            key=self.keys[channel.system.id],
            asked_at=self.now(),
            started=asyncio.get_running_loop().time(),
            trace=Trace(now=self.now),
        )
        self.asked.append(asked)
        held = self.held.get(asked.key)
        if not may_ask(self.asker, channel.system):
            asked.answer = self._answer(asked, State.NO_PERMISSION, message=NOT_AUTHORISED)
        elif not self._readable(channel):
            asked.answer = self._answer(asked, State.NO_PERMISSION, message=self._refusal(channel))
        elif held and self.now() - held.fetched_at < self.fresh_for:
            asked.cached = True
            records = self._visible(channel, held.records)
            asked.answer = self._shown(asked, records, held.as_of)
        else:
            await self._ask_system(asked, held, until)
        if asked.answer is not None:
            asked.delivered_at = self.now()
            deliver(asked.answer)

    async def _ask_system(self, asked: Asked, held: Held | None, until: float) -> None:
        try:
            found = await asked.channel.about(self.subject, asked.trace, until)
        except SystemFault as fault:
            asked.fault = fault
            asked.answer = self._failed(asked, fault, held)
        except Exception as error:  # one system must never take the others with it
            log.error(
                "an answer was lost", system=asked.channel.system.id, fault=type(error).__name__
            )
            asked.fault = OurMistake(detail=type(error).__name__)
            asked.answer = self._failed(asked, asked.fault, held)
        else:
            moment = self.now()
            asked.keep = Held(
                records=self._visible(asked.channel, found.records),
                fetched_at=moment,
                as_of=found.as_of or moment,
            )
            asked.answer = self._shown(asked, asked.keep.records, asked.keep.as_of)

    def _shown(self, asked: Asked, visible: tuple[Record, ...], as_of: datetime) -> Answer:
        if not visible:
            return self._answer(asked, State.NO_PERMISSION, message=NO_PERMISSION)
        return self._answer(asked, State.RETURNED, records=visible, as_of=as_of)

    def _failed(self, asked: Asked, fault: SystemFault, held: Held | None) -> Answer:
        """A fault; or an earlier success with its time, while that may still stand in for it."""
        if not isinstance(fault, Resting):  # not asked at all; why it rests was said before
            log.info(
                "system did not answer",
                trace_id=self.trace_id,
                system=asked.channel.system.id,
                fault=type(fault).__name__,
                detail=fault.detail,
            )
        limit = timedelta(minutes=asked.channel.system.manifest.limits.stale_minutes)
        may_stand_in = held is not None and self.now() - held.fetched_at <= limit
        if held is None or not may_stand_in or isinstance(fault, NotFound | SignInAgain):
            return self._answer(asked, fault.state, message=fault.message)
        asked.cached = True
        when = local(held.fetched_at)
        text = f"{fault.message}以下为{when:%m月%d日 %H:%M}取得的旧数据，仅供参考。"
        records = self._visible(asked.channel, held.records)
        return self._answer(asked, State.STALE, records=records, as_of=held.as_of, message=text)

    def _answer(
        self,
        asked: Asked,
        state: State,
        *,
        records: tuple[Record, ...] = (),
        as_of: datetime | None = None,
        message: str = "",
    ) -> Answer:
        system = asked.channel.system
        elapsed = asyncio.get_running_loop().time() - asked.started
        return Answer(
            system_id=system.id,
            system_name=system.name,
            simulated=system.site.simulated,
            state=state,
            records=records,
            as_of=as_of,
            asked_at=asked.asked_at,
            elapsed_ms=round(elapsed * 1000),
            message=message,
            trace_id=self.trace_id,
        )

    def _refusal(self, channel: Channel) -> str:
        nothing_to_tell = self.child and not channel.system.conclusions
        return NO_CONCLUSION if nothing_to_tell else NO_PERMISSION

    def _readable(self, channel: Channel) -> frozenset[str]:
        return self.asker.readable.get(channel.system.id, frozenset())

    def _visible(self, channel: Channel, records: Sequence[Record]) -> tuple[Record, ...]:
        """Only the fields this person may read for this purpose, whoever asked for more."""
        readable = self._readable(channel)
        if self.subject.kind is not SubjectKind.PERSON:
            told = channel.system.conclusions
            records = [of_a_childs_record(one, told, self.today) for one in records]
        narrowed = (_narrow(one, readable) for one in records)
        return tuple(one for one in narrowed if one.fields)

    async def remember(self, cache: AnswerCache) -> None:
        """Keep the successes, and forget the people a system no longer knows."""
        await cache.put(
            {
                one.key: (one.keep, self._seconds(one.channel))
                for one in self.asked
                if one.keep is not None and one.keep.records
            }
        )
        await cache.drop([one.key for one in self.asked if isinstance(one.fault, NotFound)])

    def _seconds(self, channel: Channel) -> float:
        stale = timedelta(minutes=channel.system.manifest.limits.stale_minutes)
        return max(self.fresh_for, stale).total_seconds()

    def rows(self) -> list[Row]:
        """The call records of everything that was asked, also of what nobody waited for."""
        who = attribution(self.asker, self.subject, self.trace_id)
        return [
            row(
                who,
                one.channel.system,
                ABOUT[self.subject.kind],
                one.trace,
                asked_at=one.asked_at,
                delivered_at=one.delivered_at,
                outcome=one.answer.state.name if one.answer else "CANCELLED",
                fault=type(one.fault).__name__ if one.fault else None,
                cached=one.cached,
            )
            for one in self.asked
        ]


def may_ask(asker: Asker, system: System) -> bool:
    """Whether what a system wants to have on file before it is asked, is on file."""
    return not system.manifest.requires_authorisation or system.id in asker.authorised


def _narrow(record: Record, readable: frozenset[str]) -> Record:
    """The record with its readable fields only."""
    fields = tuple([one for one in record.fields if one.name in readable])
    return record if len(fields) == len(record.fields) else replace(record, fields=fields)
