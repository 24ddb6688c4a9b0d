"""What 统一办理 gives to pages and to the API."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from portal.connectors.contract import TaskAction

Box = Literal["待办", "待阅", "已办", "我发起"]
BOXES: tuple[Box, ...] = ("待办", "待阅", "已办", "我发起")
Due = Literal["", "逾期", "今天到期", "七天内到期"]
PAGE = 14


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list is narrowed to."""

    system_id: str = ""
    kind: str = ""
    due: Due = ""
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A task in a list: the person masked, the place in words."""

    id: str
    system_id: str
    system_name: str
    simulated: bool
    kind: str
    title: str
    person: str
    region_code: str
    region_name: str
    due_on: date | None
    overdue: bool
    state: str  # 待办, 待阅, 已办, or how far the command is
    handler: str
    changed_at: datetime
    version: int
    batch: tuple[TaskAction, ...] = ()  # what may be done to it together with others


@dataclass(frozen=True, kw_only=True)
class FirstTask:
    """A task as a home names it."""

    id: str
    title: str
    system_name: str
    due_on: date | None
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits in the inbox: how many, how many of them late, and those due first."""

    total: int = 0
    late: int = 0
    unread: int = 0
    unread_late: int = 0  # of those with a receipt to be given by a day
    first: tuple[FirstTask, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A system behind the inbox: from when its tasks are, or why there is nothing new."""

    system_id: str
    name: str
    as_of: datetime | None
    problem: str


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A command of one's own that was refused or is stuck."""

    entry_id: str
    task_id: str
    title: str
    system_name: str
    state: str
    reason: str
    stuck: bool


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """One page of one box, with everything that must be said beside it."""

    box: Box
    rows: tuple[TaskRow, ...]
    page: int
    pages: int
    counts: dict[Box, int]
    overdue: int
    kinds: tuple[str, ...]
    sources: tuple[Source, ...]
    troubles: tuple[Trouble, ...]

    @property
    def missing(self) -> str:
        """缺 N 家系统, named with the reason; empty when every system has answered."""
        gone = [one for one in self.sources if one.problem]
        if not gone:
            return ""
        return f"缺 {len(gone)} 家系统：" + "；".join(
            f"{one.name}（{one.problem}）" for one in gone
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one task of a batch."""

    task_id: str
    title: str
    entry_id: str = ""  # of the command; empty when nothing was sent
    state: str = "未提交"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a task's history."""

    at: datetime
    source: str
    actor: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The newest command about a task."""

    id: str
    state: str
    label: str
    actor_name: str
    created_at: datetime
    attempts: int
    next_at: datetime
    reason: str
    may_change: bool


@dataclass(frozen=True, kw_only=True)
class OpenedTask:
    """One task with what may be done to it now."""

    row: TaskRow
    result: str
    actions: tuple[TaskAction, ...]
    history: tuple[Event, ...]
    entry: Entry | None
    has_subject: bool
    details: tuple[tuple[str, str], ...] = ()  # of a task of our own: what it is about
    page: tuple[str, str, str] | None = None  # where it is done: words, page, thing
    files: tuple[tuple[str, str], ...] = ()  # and what goes with it: name and address
