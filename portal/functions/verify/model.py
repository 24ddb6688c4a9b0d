"""What 查询核验 gives to pages."""

from dataclasses import dataclass
from datetime import datetime

from portal.functions.verify.rules import Person, Problem


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A system with what it can verify for this post."""

    system_id: str
    system_name: str
    simulated: bool
    fields: tuple[tuple[str, str], ...]  # name, label


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A file that was read: who is in it, or what is wrong with it."""

    persons: tuple[Person, ...]
    problems: tuple[Problem, ...]
    needs_release: bool


@dataclass(frozen=True, kw_only=True)
class Job:
    """A batch in a list: no person in it."""

    id: str
    number: str
    state: str
    persons: int
    done: int
    reason: str
    wanted: tuple[str, ...]
    unit_name: str
    actor_name: str
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    released_by: str
    note: str
    mine: bool
    may_release: bool
    why_not: str
