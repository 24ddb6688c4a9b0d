"""The rules of 统一办理: when to send again, when to give up, and what a fresh look changes.

The other system is the master. Pure functions: what they decide is written elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.connectors.contract import (
    ForeignTask,
    NotFound,
    OurMistake,
    RateLimited,
    Resting,
    RetryLater,
    SignInAgain,
    SystemFault,
    TaskAction,
    TaskState,
    TheirFault,
    TimedOut,
    TurnedDown,
    Unreachable,
)
from portal.functions.records import mask

EntryState = Literal["待发送", "发送中", "已送达", "被拒绝", "滞留", "已撤回"]
WAITING: EntryState = "待发送"
SENDING: EntryState = "发送中"
DELIVERED: EntryState = "已送达"
REFUSED: EntryState = "被拒绝"
STUCK: EntryState = "滞留"
WITHDRAWN: EntryState = "已撤回"
LIVE = (WAITING, SENDING, STUCK)

MOST_ATTEMPTS = 8
MOST_HOURS = 6
PAUSES = (5, 15, 45, 120, 300, 900, 1800)
GONE = "已由原系统收回或办结"
LEASE = timedelta(seconds=120)  # longer than one claim of entries may take to send

_NUMBER = re.compile(r"\d{17}[\dXx]|\d{15}")
_WORDS: tuple[tuple[type[SystemFault], str], ...] = (
    (TimedOut, "对方系统未在规定时间内应答"),
    (Unreachable, "暂时连接不上对方系统"),
    (RateLimited, "对方系统限制了访问次数"),
    (Resting, "对方系统连续故障，平台暂缓发送"),
    (RetryLater, "对方系统正忙"),
    (SignInAgain, "对方系统未认可平台的接入凭据"),
    (OurMistake, "平台与该系统的接入配置有误"),
    (NotFound, "对方系统中没有这项任务"),
    (TheirFault, "对方系统返回了错误或无法识别的内容"),
)


class TaskError(Exception):
    """Nothing was done; the message tells the person why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TakenError(TaskError):
    """Somebody else was faster, here or over there."""


def words(fault: SystemFault) -> str:
    """Why a sending failed, for the person who waits for it."""
    if isinstance(fault, TurnedDown):
        return fault.reason or "对方系统没有说明原因"
    return next((said for kind, said in _WORDS if isinstance(fault, kind)), "发送失败")


def pause(attempts: int, asked: float | None = None) -> timedelta:
    """How long to wait after so many attempts; never less than the other system asked for."""
    own = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return timedelta(seconds=max(own, asked or 0))


@dataclass(frozen=True, kw_only=True)
class Next:
    """What becomes of an entry after an attempt that failed."""

    state: EntryState
    at: datetime
    error: str


def after(fault: SystemFault, *, attempts: int, since: datetime, now: datetime) -> Next:
    """A refusal ends it; a fault is tried again, until it is stuck for somebody to look at."""
    error = words(fault)
    if isinstance(fault, TurnedDown | NotFound):
        return Next(state=REFUSED, at=now, error=error)
    hopeless = isinstance(fault, OurMistake)
    if hopeless or attempts >= MOST_ATTEMPTS or now - since >= timedelta(hours=MOST_HOURS):
        return Next(state=STUCK, at=now, error=error)
    asked = fault.retry_after if isinstance(fault, RetryLater) else None
    return Next(state=WAITING, at=now + pause(attempts, asked), error=error)


def masked_title(title: str, person: str | None) -> str:
    """A title without the name and without numbers that could be somebody's."""
    plain = title.replace(person, mask.name(person)) if person else title
    return _NUMBER.sub(lambda found: mask.id_number(found[0]), plain)


def checked_form(action: TaskAction, given: Mapping[str, str | None]) -> dict[str, str]:
    """What the person filled in, tidied; a wrong or missing field is named by its label."""
    unknown = set(given) - {one.name for one in action.form}
    if unknown:
        raise TaskError("表单与任务不符，请刷新后重新填写。")
    found: dict[str, str] = {}
    for one in action.form:
        value = " ".join((given.get(one.name) or "").split())
        if not value and one.required:
            raise TaskError(f"请填写“{one.label}”，其余已填内容已保留。")
        if value and one.choices and value not in one.choices:
            raise TaskError(f"“{one.label}”的选项无效，请重新选择。")
        if len(value) > one.most:
            raise TaskError(f"“{one.label}”最多 {one.most} 个字，现为 {len(value)} 个字。")
        found[one.name] = value
    return found


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """What we hold of a task, as far as a fresh look can change it."""

    state: str
    kind: str
    title: str
    due: str
    region_code: str
    changed_at: datetime
    gone: bool = False  # its system had stopped listing it
    entry: EntryState | None = None  # of the command that waits for confirmation
    sent_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a fresh look changes: the row is written, and perhaps no command waits any more."""

    release: bool = False
    said: str = ""


def merged(known: Mirror, seen: ForeignTask, title: str, region_code: str) -> Change | None:
    """What is new in a look at the other system; nothing when it is old news."""
    if seen.changed_at < known.changed_at:
        return None  # a page that came late
    same = (seen.kind, title, str(seen.due_on or ""), region_code) == (
        known.kind,
        known.title,
        known.due,
        known.region_code,
    )
    if seen.state is not TaskState.DONE:
        return _still_open(known, seen, same)
    if known.entry == DELIVERED:
        return Change(release=True, said="对方系统确认已办")
    if known.state == TaskState.DONE:
        return None if same and seen.changed_at == known.changed_at else Change()
    return Change(said=f"对方系统已由{seen.handler or '经办人'}办结")


def _still_open(known: Mirror, seen: ForeignTask, same: bool) -> Change | None:
    if known.gone:
        return Change(said="对方系统重新列出该任务")
    if known.state == TaskState.DONE:
        newer = seen.changed_at > known.changed_at
        return Change(said="对方系统退回重办") if newer else None
    if known.entry == DELIVERED and known.sent_at and seen.changed_at > known.sent_at:
        return Change(release=True, said="对方系统退回重办")
    unchanged = same and seen.state == known.state and seen.changed_at == known.changed_at
    return None if unchanged else Change()
