"""The outbox's worker: claim, send, write down; safe to run in every process at once.

Between sending and writing down a process may die. The lease ends, another sends again with the
same key, and the other system answers as before without doing it twice.
"""

import json
from typing import Any

import structlog
from sqlalchemy import Row

from portal.connectors.contract import Command, ForeignTask, SystemFault, TurnedDown
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.connectors.tasking import Tasking
from portal.functions.tasks import rules, sync
from portal.store import clock, crypto, tasks
from portal.store.scope import scoped

log = structlog.get_logger(__name__)

AT_ONCE = 8  # as many as one sender can try within the lease, even when each takes its time


def deliver(gateway: Gateway, system: System, most: int = AT_ONCE) -> int:
    """Send what is due for one system; gives how many entries were tried."""
    with scoped(tasks.SERVICE) as connection:
        claimed = tasks.claim(connection, system.id, now=clock.now(), lease=rules.LEASE, most=most)
        about = tasks.about(connection, [one.task_id for one in claimed])
    walk = gateway.tasks(system.id, together=True)
    try:
        for entry in claimed:
            _send(walk, system, entry, about[entry.task_id])
    finally:
        walk.flush()
    return len(claimed)


def deliver_all(gateway: Gateway) -> int:
    """Send what is due for every system, until nothing is."""
    tried = 0
    with scoped(tasks.SERVICE) as connection:
        waiting = tasks.waiting_systems(connection)
    for system_id in waiting:
        system = gateway.registry.systems.get(system_id)
        tried += drain(gateway, system) if system and system.reachable else 0
    return tried


def drain(gateway: Gateway, system: System) -> int:
    """Send what is due for one system, until nothing is; what failed is due later again."""
    tried = 0
    while done := deliver(gateway, system):
        tried += done
    return tried


def _send(walk: Tasking, system: System, entry: Row[Any], row: Row[Any]) -> None:
    command = Command(
        key=str(entry.id),
        foreign_id=row.foreign_id,
        action=entry.action,
        form=json.loads(crypto.decrypt(entry.form)),
        actor=entry.actor,
        actor_name=entry.actor_name,
        unit=entry.unit_id,
    )
    try:
        walk.act(command, row.subject_hash)
    except SystemFault as fault:
        _failed(walk, system, entry, row.foreign_id, fault)
        return
    _delivered(system, entry, _look(walk, row.foreign_id))


def _look(walk: Tasking, foreign_id: str) -> ForeignTask | None:
    """How the task is over there now; if that cannot be asked, the next walk will tell."""
    try:
        return walk.one(foreign_id)
    except SystemFault as fault:
        log.info("a task could not be read after sending", fault=type(fault).__name__)
        return None


def _delivered(system: System, entry: Row[Any], seen: ForeignTask | None) -> None:
    now = clock.now()
    with scoped(tasks.SERVICE) as connection:
        tasks.task_of(connection, entry)
        if not tasks.settle(connection, entry, state=rules.DELIVERED, sent_at=now, error=None):
            return
        tasks.note(connection, entry, "已送达对方系统", at=now)
        if seen is not None:
            sync.apply(connection, system, [seen], now)


def _failed(
    walk: Tasking, system: System, entry: Row[Any], foreign_id: str, fault: SystemFault
) -> None:
    now = clock.now()
    then = rules.after(fault, attempts=entry.attempts, since=entry.since, now=now)
    refused = then.state == rules.REFUSED
    seen = _look(walk, foreign_id) if refused and isinstance(fault, TurnedDown) else None
    with scoped(tasks.SERVICE) as connection:
        row = tasks.task_of(connection, entry)
        if not tasks.settle(connection, entry, state=then.state, next_at=then.at, error=then.error):
            return
        if refused:
            tasks.change(connection, row.id, waiting=None)
            words = f"对方系统未接受本次办理：{then.error}"
            tasks.note(connection, entry, words, at=now, source=tasks.THEIRS)
        elif then.state == rules.STUCK:
            tasks.note(connection, entry, f"发送滞留：{then.error}", at=now)
        if seen is not None:
            sync.apply(connection, system, [seen], now)
