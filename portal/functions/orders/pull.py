"""Bringing in the orders of a system that hands them over: what changed since the last walk.

The walk and its memory are those of the tasks; what is found goes to the orders' own desk, which
makes one order of it however often it comes. The first walk goes back some days only: what was
finished before is the other system's history, and its numbers come by the measures.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Row

from portal.connectors.contract import (
    Capability,
    ForeignTask,
    NotFound,
    SystemFault,
    TaskAction,
)
from portal.connectors.gateway import Gateway
from portal.connectors.registry import Registry, System
from portal.connectors.tasking import Tasking
from portal.connectors.taskmap import action_of
from portal.functions.tasks import rules
from portal.settings import settings
from portal.store import clock, tasks
from portal.store.scope import scoped

log = structlog.get_logger(__name__)

MOST_ASKED = 200  # one by one after a whole walk; the others wait for the next


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The system that orders come from, as far as the orders' desk needs to know it."""

    system_id: str
    name: str
    master: str  # 对方为主 | 本平台为主
    simulated: str | None


class Take(Protocol):
    """The orders' desk: takes orders in, or what has become of them; gives new and changed."""

    def __call__(self, origin: Origin, found: Sequence[ForeignTask]) -> tuple[int, int]: ...


class Gone(Protocol):
    """The orders' desk again: which of its open orders a whole list left out, and their end."""

    def unseen(self, origin: Origin, seen: Collection[str], most: int) -> Sequence[str]: ...

    def there(self, origin: Origin, number: str) -> None: ...

    def close(self, origin: Origin, number: str) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What one walk brought."""

    system_id: str
    added: int = 0
    changed: int = 0
    gone: int = 0
    unreadable: int = 0
    problem: str = ""


def origin(system: System) -> Origin:
    """A system as the orders' desk knows it."""
    return Origin(
        system_id=system.id, name=system.name, master=system.site.master, simulated=system.mark
    )


def pull(
    gateway: Gateway, system: System, take: Take, gone: Gone | None = None, *, whole: bool = False
) -> Pulled:
    """Bring in what changed; a fault is remembered and stops nobody else."""
    now = clock.now()
    walk = gateway.tasks(system.id)
    with scoped(tasks.SERVICE) as connection:
        source = tasks.source(connection, system.id)
    whole = whole or _whole_is_due(source, now)
    newest = source.newest_at if source and not whole else None
    since = (
        newest - timedelta(minutes=walk.section.overlap_minutes)
        if newest
        else now - timedelta(days=settings().order_back_days)
    )
    added = changed = 0
    seen: set[str] = set()
    try:
        for page in walk.changed(since):
            seen |= {one.foreign_id for one in page} if whole else set()
            some, other = take(origin(system), page)
            added, changed = added + some, changed + other
            newest = max([*(one.changed_at for one in page), *([newest] if newest else [])],
                         default=now)  # fmt: skip
    except SystemFault as fault:
        problem = rules.words(fault)
        _remember(system.id, problem=problem)
        return Pulled(system_id=system.id, added=added, changed=changed, problem=problem)
    # A list that could not be read in full proves nothing.
    ask = gone if whole and not walk.unreadable else None
    closed = _ask_after(walk, origin(system), seen, take, ask) if ask is not None else 0
    _remember(
        system.id,
        **({"whole_at": now} if whole else {}),
        newest_at=min(newest, now) if newest else None,
        as_of=walk.as_of or now,
        walked_at=now,
        unreadable=walk.unreadable,
        problem=None,
    )
    return Pulled(system_id=system.id, added=added, changed=changed, gone=closed,
                  unreadable=walk.unreadable)  # fmt: skip


def _ask_after(walk: Tasking, origin: Origin, seen: set[str], take: Take, gone: Gone) -> int:
    """Ask for every open order that the list left out; gives how many were taken back."""
    closed = 0
    for number in gone.unseen(origin, seen, MOST_ASKED):
        try:
            found = walk.one(number)
        except NotFound:
            found = None
        except SystemFault as fault:
            log.info("a missing order could not be asked for", fault=type(fault).__name__)
            break
        if found is None:
            closed += gone.close(origin, number)
        else:
            take(origin, [found])
            gone.there(origin, number)
    return closed


def _remember(system_id: str, **values: Any) -> None:
    with scoped(tasks.SERVICE) as connection:
        tasks.walked(connection, system_id, **values)


def _whole_is_due(source: Row[Any] | None, now: datetime) -> bool:
    """Now and then everything is walked: a list of changes may have left something out."""
    if source is None or source.newest_at is None or source.whole_at is None:
        return True
    return bool(now - source.whole_at >= timedelta(seconds=settings().order_whole_seconds))


def pull_all(
    gateway: Gateway, take: Take, gone: Gone | None = None, *, whole: bool = False
) -> list[Pulled]:
    """Every system that hands orders over, one after the other."""
    done = []
    for system in gateway.registry.serving(Capability.ORDERS):
        one = pull(gateway, system, take, gone, whole=whole)
        log.info("orders pulled", system=one.system_id, added=one.added, changed=one.changed)
        done.append(one)
    return done


def offers(registry: Registry, system_id: str) -> dict[str, TaskAction]:
    """By the move of our own flow, the command that a system has for it, with its form."""
    system = registry.systems.get(system_id)
    section = system.manifest.tasks if system else None
    if section is None or section.order is None:
        return {}
    return {one.move: action_of(one) for one in section.actions if one.move}
