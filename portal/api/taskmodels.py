"""What the API takes and gives about tasks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

# Without control characters: what is filled in goes on to another system.
Filled = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]


class _Given(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Task(_Given):
    """A task in a list: the person masked."""

    id: UUID
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
    state: str
    handler: str
    changed_at: datetime
    version: int


class TaskSource(_Given):
    """A system behind the inbox, and from when its tasks are."""

    system_id: str
    name: str
    as_of: datetime | None
    problem: str


class Inbox(_Given):
    """One page of a box."""

    box: str
    rows: list[Task]
    page: int
    pages: int
    counts: dict[str, int]
    overdue: int
    kinds: list[str]
    sources: list[TaskSource]
    missing: str


class FormField(_Given):
    """Something to fill in; with choices, one of their keys."""

    name: str
    label: str
    kind: str
    required: bool
    choices: dict[str, str]


class TaskAction(_Given):
    """What may be done to a task now."""

    id: str
    label: str
    form: list[FormField]


class TaskEvent(_Given):
    """One line of a task's history."""

    at: datetime
    source: str
    actor: str
    words: str


class Command(_Given):
    """The newest command about a task, and how far it is."""

    id: UUID
    state: str
    label: str
    actor_name: str
    created_at: datetime
    attempts: int
    reason: str


class OpenedTask(_Given):
    """One task."""

    row: Task
    result: str
    actions: list[TaskAction]
    history: list[TaskEvent]
    entry: Command | None


class Action(BaseModel):
    """A decision: which action, what was filled in, and the version of the task one saw."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", max_length=64)
    form: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], Filled | None] = Field(
        default={}, max_length=40
    )
    version: int = Field(ge=0, le=2_147_483_647)


class Sent(BaseModel):
    """The command is on its way; the task says how far it came."""

    entry_id: UUID
    state: str
