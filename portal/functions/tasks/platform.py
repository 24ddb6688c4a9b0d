"""The seam through which the platform's own affairs put tasks into the one inbox.

An affair writes its tasks with ``portal.store.platform_tasks`` and offers an object of this shape;
wiring hands it to ``Tasks``. Acting goes to the affair itself, at once: there is no outbox to it.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Row

from auth.principal import Principal
from portal.connectors.contract import TaskAction, TurnedDown
from portal.functions.tasks.rules import TakenError, TaskError
from portal.store import platform_tasks


class PlatformTasks(Protocol):
    """An affair with tasks."""

    @property
    def id(self) -> str:
        """``platform:<affair>``, as its tasks are stored under."""

    @property
    def name(self) -> str:
        """What the inbox shows as 来源."""

    @property
    def task_kinds(self) -> tuple[str, ...]:
        """The kinds of tasks there may be."""

    @property
    def permission(self) -> str:
        """Who without it sees none of them."""

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to an open task now."""

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task when it is opened."""

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Do it, or raise ``TurnedDown`` with the reason for the person."""


@runtime_checkable
class WithFiles(Protocol):
    """An affair whose tasks may bring files; most bring none."""

    def files(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """Their names and where they are fetched."""


@runtime_checkable
class OnPage(Protocol):
    """An affair whose tasks are done on a page of its own."""

    def page(self, principal: Principal, key: str) -> tuple[str, str, str]:
        """What the button says, the page, and the thing that is opened there."""


@runtime_checkable
class Batched(Protocol):
    """An affair whose actions may be taken for several tasks at once.

    Its ``actions`` must ask nothing of the database: a list asks them row by row.
    """

    @property
    def batched(self) -> bool: ...


Platform = Mapping[str, PlatformTasks]


def together(source: PlatformTasks, principal: Principal, row: Row[Any]) -> tuple[TaskAction, ...]:
    """What may be done to a task of ours in a batch."""
    if not isinstance(source, Batched) or not source.batched:
        return ()
    return tuple(one for one in actions(source, principal, row) if one.batch)


def files(
    source: PlatformTasks, principal: Principal, row: Row[Any]
) -> tuple[tuple[str, str], ...]:
    """What goes with a task of ours."""
    return source.files(principal, row.foreign_id) if isinstance(source, WithFiles) else ()


def page(source: PlatformTasks, principal: Principal, row: Row[Any]) -> tuple[str, str, str] | None:
    """Where a task of ours is done, when it is not done from the inbox."""
    return source.page(principal, row.foreign_id) if isinstance(source, OnPage) else None


def actions(source: PlatformTasks, principal: Principal, row: Row[Any]) -> tuple[TaskAction, ...]:
    """What may be done to a task: nothing once it is done."""
    if row.state == platform_tasks.DONE:
        return ()
    return source.actions(principal, row.foreign_id, row.kind)


def act(
    source: PlatformTasks, principal: Principal, row: Row[Any], action: str, form: Mapping[str, str]
) -> None:
    """Let the affair act; what it says no to becomes the inbox's own error."""
    try:
        source.act(principal, row.foreign_id, action, form)
    except TurnedDown as no:
        kind = TakenError if no.finished else TaskError
        raise kind(no.reason) from no
