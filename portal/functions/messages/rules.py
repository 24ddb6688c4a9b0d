"""The rules of outgoing messages: what they say, when they may leave, when the deputy is told.

Pure functions: what they decide is written elsewhere.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from portal.connectors.contract import SystemFault
from portal.connectors.messaging import UnknownReceiver
from portal.functions.tasks import rules as sending
from portal.store import clock
from portal.store.halfdays import half_day

State = Literal["待发送", "发送中", "已提交", "已送达", "未送达", "滞留", "已放弃", "不再需要"]
WAITING: State = "待发送"
SENDING: State = "发送中"
ACCEPTED: State = "已提交"  # the channel took it; whether it arrived is not known (yet)
DELIVERED: State = "已送达"
FAILED: State = "未送达"
STUCK: State = "滞留"
DROPPED: State = "已放弃"
NEEDLESS: State = "不再需要"
TO_BE_LOOKED_AT: tuple[State, ...] = (STUCK, FAILED)

URGENT, REMINDER = "紧急任务", "定时提醒"
HOLDER, DEPUTY = "承办人", "代理人"
LEASE = timedelta(seconds=120)
REPORT_PAUSES = (10, 30, 60, 300, 900, 3600)
REPORTS_FOR = timedelta(hours=24)
NO_REPORT = "通道未提供送达回执"
NO_PHONE = "该账号没有登记手机号"


def number(message_id: UUID) -> str:
    """What a message is called in its text: it tells two of them apart and says nothing else."""
    return message_id.hex[:8].upper()


def words(
    template: str, *, platform: str, system: str, kind: str, due: date | None, message_id: UUID
) -> str:
    """The text. The title and the person of the task cannot get into it: they are not given."""
    return template.format(
        platform=platform,
        system=system,
        kind=kind,
        due=f"{due:%m月%d日}" if due else "未设",
        number=number(message_id),
    )


def may_leave(now: datetime, begins: time, ends: time, at_night: bool) -> datetime:
    """The first moment from now at which a message may leave: not within the quiet hours."""
    if at_night or begins == ends:
        return now
    here = clock.local(now)
    at = here.time()
    quiet = begins <= at < ends if begins < ends else at >= begins or at < ends
    if not quiet:
        return now
    day = here.date() if at < ends else here.date() + timedelta(days=1)
    return datetime.combine(day, ends, tzinfo=clock.LOCAL).astimezone(now.tzinfo)


def deputy_is_due(
    state: str, *, created: datetime, sent: datetime | None, now: datetime, minutes: int
) -> bool:
    """Whether the holder has left it unanswered for long enough, or cannot be told at all.

    A message that waits for the end of the quiet hours is not unanswered.
    """
    if state == FAILED:
        return True
    since = sent or (created if state in (STUCK, DROPPED) else None)
    return since is not None and now - since >= timedelta(minutes=minutes)


@dataclass(frozen=True, kw_only=True)
class Next:
    """What becomes of a message after an attempt that failed."""

    state: State
    at: datetime
    error: str
    channel: str  # by which way it is tried then


def after(
    fault: SystemFault,
    *,
    attempts: int,
    since: datetime,
    now: datetime,
    channel: str,
    others: tuple[str, ...],
) -> Next:
    """A number that one way does not reach goes on to the next; a fault is tried again."""
    error = _error(fault)
    if isinstance(fault, UnknownReceiver):
        if others:
            return Next(state=WAITING, at=now, error=error, channel=others[0])
        return Next(state=FAILED, at=now, error=error, channel=channel)
    then = sending.after(fault, attempts=attempts, since=since, now=now)
    state: State = FAILED if then.state == sending.REFUSED else WAITING
    if then.state == sending.STUCK:
        state = STUCK
    return Next(state=state, at=then.at, error=error, channel=channel)


def _error(fault: SystemFault) -> str:
    return sending.words(fault).replace("对方系统", "消息通道")


def is_over(kind: str, step: str, now: datetime) -> bool:
    """A reminder that did not leave in its own half day is not sent: the next one says more."""
    return kind == REMINDER and step != half_day(now)


def ask_again(sent: datetime, now: datetime, asked: int) -> datetime | None:
    """When to ask a channel again what became of a message; nothing after a day."""
    if now - sent >= REPORTS_FOR:
        return None
    return now + timedelta(seconds=REPORT_PAUSES[min(asked, len(REPORT_PAUSES) - 1)])
