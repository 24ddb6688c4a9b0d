"""The words of matters: what pages and tests get to see of a matter, a check, an application."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.functions.matters.rules import Known, Verdict
from portal.store.matter_texts import Matter


class MatterError(Exception):
    """Nothing was done; a Chinese sentence says why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class ConditionResult:
    """One condition, looked at: what it rests on, or what is missing."""

    words: str
    verdict: Verdict
    used: tuple[Known, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MatterResult:
    """All conditions of one matter for one person; ``pending`` while systems have yet to answer."""

    matter_id: str
    name: str
    group: str
    verdict: Verdict
    conditions: tuple[ConditionResult, ...]
    pending: bool


@dataclass(frozen=True, kw_only=True)
class MaterialState:
    """One material: who holds it already, so that it need not be brought."""

    name: str
    form: str
    held_by: tuple[str, ...] = ()  # names of systems
    confirmed: bool = False  # they have just said so for this person


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a prefilled application, as it may be shown."""

    name: str
    label: str
    shown: str
    source: str = ""
    as_of: datetime | None = None
    editable: bool = True
    required: bool = True
    masked: bool = False
    differs: tuple[str, ...] = ()  # other systems that say something else
    most: int = 100

    @property
    def missing(self) -> bool:
        """Whether nobody knew it."""
        return not self.shown


@dataclass(frozen=True, kw_only=True)
class Prefilled:
    """An application as far as the systems could fill it in."""

    matter: Matter
    resident: str = field(repr=False)
    id_number: str  # masked
    simulated: bool
    lines: tuple[Line, ...]
    materials: tuple[MaterialState, ...]
    result: MatterResult
    unanswered: tuple[str, ...]  # systems that did not answer, with the reason
    pending: bool


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a matter is handled: the system, and whether one may go there now."""

    system_id: str
    name: str
    open: bool
    closed_why: str
    takes: bool  # the system takes the application from here
    link: str  # the page that the manifest names; empty: the front
    numbered: bool  # that page is opened with the number of the case
    simulated: bool
    login: str = ""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A 一次性告知单: everything a resident has to know, on one paper."""

    number: str
    at: datetime
    unit: str
    matter: Matter
    materials: tuple[MaterialState, ...]
    resident: str = ""
    id_number: str = ""  # masked
    simulated: bool = False
    note: str = ""
