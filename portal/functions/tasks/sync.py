"""Mirroring what changed in the systems: each for itself, as one named service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Row, select

from portal.connectors.contract import Capability, ForeignTask, SystemFault
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions.records import mask
from portal.functions.reports.collect import place_of
from portal.functions.tasks import rules, vanished
from portal.functions.tasks.rules import Mirror
from portal.settings import settings
from portal.store import clock, crypto, tasks
from portal.store.scope import scoped
from portal.store.search import INDEXER
from portal.store.subjects import subject

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What one walk brought."""

    system_id: str
    name: str
    added: int = 0
    changed: int = 0
    gone: int = 0
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A task with what we may keep about it."""

    task: ForeignTask
    title: str
    region_code: str
    subject_hash: str | None

    @property
    def values(self) -> dict[str, Any]:
        one = self.task
        return {
            "kind": one.kind,
            "title": self.title,
            "person": mask.name(one.person) if one.person else None,
            "region_code": self.region_code,
            "due_on": one.due_on,
            "state": one.state.value,
            "handler": one.handler,
            "result": one.result,
            "subject_hash": self.subject_hash,
            "source_changed_at": one.changed_at,
            "gone_at": None,
        }


def _seen(one: ForeignTask) -> _Seen:
    return _Seen(
        task=one,
        title=rules.masked_title(one.title, one.person),
        region_code=place_of(one.region_code, clock.local(clock.now()).date()) or one.region_code,
        subject_hash=crypto.keyed_hash(one.id_number) if one.id_number else None,
    )


def _subjects(wanted: set[str | None]) -> dict[str, UUID]:
    hashes = {one for one in wanted if one}
    if not hashes:
        return {}
    with scoped(INDEXER) as connection:
        query = select(subject.c.id_hash, subject.c.id).where(subject.c.id_hash.in_(hashes))
        return {row.id_hash: row.id for row in connection.execute(query)}


def _mirror(row: Row[Any]) -> Mirror:
    return Mirror(
        state=row.state,
        kind=row.kind,
        title=row.title,
        due=str(row.due_on or ""),
        region_code=row.region_code,
        changed_at=row.source_changed_at,
        gone=row.gone_at is not None,
        entry=row.entry,
        sent_at=row.sent_at,
    )


def apply(
    connection: Connection,
    system: System,
    found: Sequence[ForeignTask],
    now: datetime,
    *,
    whole: bool = False,
) -> tuple[int, int]:
    """Write one page of a walk; gives how many tasks were new and how many changed.

    A whole walk is the truth of this moment: there, nothing counts as a page that came late.
    """
    seen = [_seen(one) for one in found]
    known = tasks.known(connection, system.id, [one.task.foreign_id for one in seen])
    found_already = {row.subject_hash: row.subject_id for row in known.values() if row.subject_id}
    subjects = found_already | _subjects({one.subject_hash for one in seen} - set(found_already))
    fresh, same, changed = [], [], 0
    for one in seen:
        values = one.values | {"subject_id": subjects.get(one.subject_hash or ""), "synced_at": now}
        row = known.get(one.task.foreign_id)
        if row is None:
            mark = system.mark
            own = {"id": uuid4(), "system_id": system.id, "foreign_id": one.task.foreign_id}
            fresh.append({**own, **values, "simulated": mark})
            continue
        held = _mirror(row)
        if whole and one.task.changed_at < held.changed_at:
            held = replace(held, changed_at=one.task.changed_at - timedelta(seconds=1))
        change = rules.merged(held, one.task, one.title, one.region_code)
        if change is None:
            same.append(row.id)
            continue
        changed += 1
        tasks.change(connection, row.id, **values, **({"waiting": None} if change.release else {}))
        if change.said:
            at, who = one.task.changed_at, one.task.handler
            tasks.note(connection, row, change.said, at=at, source=tasks.THEIRS, actor=who)
    tasks.add(connection, fresh)
    tasks.touch(connection, same, now)
    return len(fresh), changed


def sync(gateway: Gateway, system: System, *, whole: bool = False) -> Synced:
    """Pull what changed since the last walk; a fault is remembered and stops nobody else."""
    now = clock.now()
    walk = gateway.tasks(system.id)
    with scoped(tasks.SERVICE) as connection:
        source = tasks.source(connection, system.id)
    whole = whole or _whole_is_due(source, now)
    newest = source.newest_at if source and not whole else None
    since = newest - timedelta(minutes=walk.section.overlap_minutes) if newest else None
    added = changed = 0
    try:
        for page in walk.changed(since):
            with scoped(tasks.SERVICE) as connection:
                some, other = apply(connection, system, page, now, whole=whole)
            added, changed = added + some, changed + other
            newest = max(
                [one.changed_at for one in page] + ([newest] if newest else []), default=now
            )
    except SystemFault as fault:
        problem = rules.words(fault)
        with scoped(tasks.SERVICE) as connection:
            tasks.walked(connection, system.id, problem=problem)
        return Synced(
            system_id=system.id, name=system.name, added=added, changed=changed, problem=problem
        )
    gone = vanished.close(walk, system, now, apply) if whole and not walk.unreadable else 0
    with scoped(tasks.SERVICE) as connection:
        tasks.walked(
            connection,
            system.id,
            **({"whole_at": now} if whole else {}),
            newest_at=min(newest, now) if newest else None,
            as_of=walk.as_of or now,
            walked_at=now,
            unreadable=walk.unreadable,
            problem=None,
        )
    return Synced(system_id=system.id, name=system.name, added=added, changed=changed, gone=gone)


def _whole_is_due(source: Row[Any] | None, now: datetime) -> bool:
    """Now and then everything is walked: what was taken back is in no list of changes."""
    if source is None or source.newest_at is None or source.whole_at is None:
        return True
    return bool(now - source.whole_at >= timedelta(seconds=settings().task_whole_seconds))


def sync_all(gateway: Gateway, *, whole: bool = False) -> list[Synced]:
    """Every system that has tasks, one after the other."""
    done = []
    for system in gateway.registry.serving(Capability.TASKS):
        one = sync(gateway, system, whole=whole)
        log.info("tasks synchronised", system=one.system_id, added=one.added, changed=one.changed)
        done.append(one)
    return done
