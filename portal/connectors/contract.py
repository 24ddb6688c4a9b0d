"""The words the portal and a connected system share.

Whatever a system speaks, it is turned into these words once, at the edge. A failure is turned into
one of the errors below; their class says what to do next, their message is fit for a clerk:

    SystemFault                the root: one system could not answer
    ├── RetryLater             nothing is wrong with the question, ask again later
    │   ├── TimedOut           no answer within its time
    │   ├── Unreachable        no connection could be made, or it broke
    │   ├── RateLimited        the system asked us to slow down
    │   └── Resting            not asked at all: it failed repeatedly and is left in peace
    ├── SignInAgain            our credentials were not accepted
    ├── NotConnected           not connected, or switched off: not asked
    ├── OurMistake             the manifest or the request is wrong
    ├── TheirFault             it answered with an error or with something unreadable
    │   └── Misfit             it answered well, but not in the shape that the manifest describes
    ├── NotFound               it answered properly and knows no such person
    └── TurnedDown             it understood a command and will not carry it out
        └── UnknownReceiver    it cannot reach this number, now or later: another channel may

`cause` and `detail` are for the log only; they never reach a page and never hold personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple
from uuid import UUID


class Sensitivity(StrEnum):
    """How carefully a value is handled."""

    OPEN = "open"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Mask(StrEnum):
    """The kinds of masking; the masking itself is done by the unified functions."""

    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ADDRESS = "address"
    ACCOUNT = "account"
    TEXT = "text"
    NONE = "none"


class Capability(StrEnum):
    """What a system serves: the five functions, and the roster that feeds the subject index.

    ``records`` are about persons; what a system can say about a household, a house or an enterprise
    is a capability of its own. Work orders are walked as tasks are and go to the orders' own desk.
    """

    IDENTITY = "identity"
    ENTRY = "entry"
    RECORDS = "records"
    REPORTS = "reports"
    TASKS = "tasks"
    ORDERS = "orders"
    ROSTER = "roster"
    HOUSEHOLDS = "households"
    HOUSES = "houses"
    ENTERPRISES = "enterprises"


class SubjectKind(StrEnum):
    """What a look-up may be about."""

    PERSON = "person"
    HOUSEHOLD = "household"
    HOUSE = "house"
    ENTERPRISE = "enterprise"


ABOUT: Mapping[SubjectKind, Capability] = {
    SubjectKind.PERSON: Capability.RECORDS,
    SubjectKind.HOUSEHOLD: Capability.HOUSEHOLDS,
    SubjectKind.HOUSE: Capability.HOUSES,
    SubjectKind.ENTERPRISE: Capability.ENTERPRISES,
}
# The field by which an answer says which household, house or enterprise it is about.
KEY_FIELDS: Mapping[SubjectKind, str] = {
    SubjectKind.PERSON: "id_number",
    SubjectKind.HOUSEHOLD: "household_no",
    SubjectKind.HOUSE: "house_no",
    SubjectKind.ENTERPRISE: "credit_code",
}


class State(StrEnum):
    """How one system answered; the value is the word a clerk reads."""

    RETURNED = "已返回"
    STALE = "数据时间(旧)"
    TIMEOUT = "超时"
    REFUSED = "拒绝"
    NO_PERMISSION = "无权限"
    FAULT = "故障"
    NOT_FOUND = "无此人记录"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Who or what is asked about; ``numbers`` are each system's own for it, from its lists."""

    id: str
    kind: SubjectKind = SubjectKind.PERSON
    id_number: str = ""
    name: str
    phone: str | None = None
    region_code: str
    address: str = ""
    credit_code: str = ""
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Show the key only: a subject must be safe to log by accident."""
        return f"Subject(id={self.id!r}, kind={self.kind.value!r})"


class Field(NamedTuple):
    """One value of a record, with what a page must know to show it.

    A tuple, because a dossier makes hundreds of them between two answers, and a frozen dataclass
    of this size takes five times as long to make.
    """

    name: str
    label: str
    value: str | None
    sensitivity: Sensitivity
    mask: Mask
    note: str | None = None

    def __repr__(self) -> str:
        """Leave the value out: a field must be safe to log by accident."""
        return f"Field(name={self.name!r}, label={self.label!r}, note={self.note!r})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of one system, in the portal's words."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one system said, or why it said nothing."""

    system_id: str
    system_name: str
    simulated: bool
    state: State
    records: tuple[Record, ...] = ()
    as_of: datetime | None = None
    asked_at: datetime
    elapsed_ms: int
    message: str = ""
    trace_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterRelation:
    """How a person of a roster belongs to a place."""

    kind: str
    region_code: str
    address: str | None = field(default=None, repr=False)
    since: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterEntry:
    """One person a system knows; enough to build the subject index and nothing more."""

    foreign_id: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    relations: tuple[RosterRelation, ...] = ()
    household_no: str | None = None
    head: bool = False  # of the household


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterEntry:
    """One house or enterprise a system knows; enough for the subject index and nothing more."""

    kind: SubjectKind
    foreign_id: str
    region_code: str
    name: str = ""
    address: str = ""
    credit_code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks, for what, and what may come back.

    `readable` maps a system to the names of the fields this person may read for this purpose. A
    system that is not a key is not asked; a key with no names is answered 无权限 without a call.
    `authorised` are the systems for which the family's authorisation is on file.
    """

    actor: str
    unit: str
    prefixes: tuple[str, ...]
    permission_digest: str
    purpose: str
    case_id: str | None = None
    readable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    authorised: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A system that will be asked: one of the M in 已返回 N / 共 M."""

    system_id: str
    name: str
    simulated: bool
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What a live check of one system found."""

    system_id: str
    state: State
    message: str
    checked_at: datetime
    elapsed_ms: int


# --- tasks -------------------------------------------------------------------------------------


class TaskState(StrEnum):
    """How far a task is, in its own system."""

    OPEN = "待办"
    UNREAD = "待阅"
    DONE = "已办"


@dataclass(frozen=True, kw_only=True, slots=True)
class FormField:
    """One field that a person fills in to act on a task."""

    name: str
    label: str
    kind: str
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    most: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskAction:
    """What may be done to a task now."""

    id: str
    label: str
    form: tuple[FormField, ...] = ()
    batch: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignOrder:
    """What a task that is a work order says besides; ``state`` is a word of the orders' flow."""

    source: str
    state: str
    demand: str
    content: str = field(repr=False)
    received_at: datetime
    category: str | None = None
    place: str | None = field(default=None, repr=False)
    lng: float | None = None
    lat: float | None = None
    urgency: int | None = None
    due_at: datetime | None = None
    confidential: bool = False
    against_unit: str | None = None
    unit: str | None = None
    caller_name: str | None = field(default=None, repr=False)
    caller_phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignTask:
    """One task of one system, in the portal's words."""

    foreign_id: str
    kind: str
    title: str = field(repr=False)
    region_code: str
    state: TaskState
    changed_at: datetime
    due_on: date | None = None
    person: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    handler: str | None = None
    result: str | None = None
    order: ForeignOrder | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What a person decided about a task; ``key`` stays the same however often it is sent."""

    key: str
    foreign_id: str
    action: str
    form: Mapping[str, str] = field(repr=False)
    actor: str
    actor_name: str
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A command about an order that a sender has taken out of the outbox, for a while."""

    id: UUID
    order_id: UUID
    attempts: int
    since: datetime
    command: Command


# --- applications ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """An application for a resident; ``key`` stays the same however often it is sent."""

    key: str
    number: str
    matter: str
    form: Mapping[str, str] = field(repr=False)
    actor: str
    actor_name: str
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an application is in its own system, in that system's words."""

    state: str
    words: str | None = None
    finished: bool = False


class SystemFault(Exception):
    """One system could not answer."""

    state: ClassVar[State] = State.FAULT
    default: ClassVar[str] = "对方系统暂时无法应答，其他系统的结果不受影响，请稍后重试。"

    def __init__(self, message: str | None = None, *, detail: str = "") -> None:
        self.message = message or self.default
        self.detail = detail
        super().__init__(detail or type(self).__name__)


class RetryLater(SystemFault):
    """Nothing is wrong with the question; ask again later."""

    default = "对方系统正忙，其他系统的结果不受影响，请稍后重试。"

    def __init__(
        self, message: str | None = None, *, detail: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class TimedOut(RetryLater):
    """No answer within its time."""

    state = State.TIMEOUT
    default = "对方系统未在规定时间内应答，其他系统的结果不受影响，请稍后重试。"


class Unreachable(RetryLater):
    """No connection could be made, or it broke."""

    default = "暂时连接不上对方系统，其他系统的结果不受影响，请稍后重试；持续出现请联系运维。"


class RateLimited(RetryLater):
    """The system asked us to slow down."""

    state = State.REFUSED
    default = "对方系统限制了访问次数，本次未查询，请稍后重试。"


class Resting(RetryLater):
    """The system failed repeatedly and is left in peace for a while."""

    default = "对方系统连续故障，平台暂停向其查询，稍后会自动恢复。"


class SignInAgain(SystemFault):
    """Our credentials were not accepted."""

    state = State.REFUSED
    default = "对方系统未认可平台的接入凭据，本次未取得数据，已记录，请联系运维核对。"


class NotConnected(SystemFault):
    """Not connected, or switched off by the operator; it was not asked."""

    default = "该系统尚未接入或已停用，本次未查询。"


class OurMistake(SystemFault):
    """The manifest or the request is wrong."""

    default = "平台与该系统的接入配置有误，本次未取得数据，已记录，请联系运维处理。"


class TheirFault(SystemFault):
    """It answered with an error or with something unreadable."""

    default = "对方系统返回了错误或无法识别的内容，本次未采用，请稍后重试；持续出现请联系运维。"


class Misfit(TheirFault):
    """It answered, but not in the shape that its manifest describes; nothing of it is used."""

    default = "对方系统返回的内容与约定的格式不符，本次未采用，已记录，请联系运维核对。"


class NotFound(SystemFault):
    """It answered properly and knows no such person."""

    state = State.NOT_FOUND
    default = "该系统中没有此人的记录。"


class TurnedDown(SystemFault):
    """It understood a command and will not carry it out; ``reason`` is in its own words."""

    state = State.REFUSED
    default = "对方系统没有接受本次办理，所填内容已保留，请核对后重新办理。"

    def __init__(
        self,
        message: str | None = None,
        *,
        detail: str = "",
        reason: str = "",
        finished: bool = False,
    ) -> None:
        super().__init__(message, detail=detail)
        self.reason = reason
        self.finished = finished


class UnknownReceiver(TurnedDown):
    """A channel of messages cannot reach this number, now or later: another channel may."""

    default = "该渠道无法送达这个号码，消息已保留，可改用其他渠道或电话告知。"
