"""Watching the systems: what had no call is probed, what was down for too long becomes an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.gateway import Gateway
from portal.connectors.registry import LIVE_MODES, System
from portal.functions.systems.rules import PERMISSION
from portal.functions.systems.watching import Event, Watch, follow, heard
from portal.store import alarms, calls, claims, clock
from portal.store.citypack import SystemSite, pack
from portal.store.scope import scoped
from portal.store.switches import SERVICE

log = structlog.get_logger(__name__)

_QUIET = timedelta(seconds=60)  # a system that nobody asked for so long is asked by us
_LOOK_BACK = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm as it is shown."""

    number: int
    system_id: str
    name: str
    kind: str
    since: datetime
    at: datetime
    fault: str
    seen_by: str
    seen_at: datetime | None


def limit_of(site: SystemSite) -> timedelta:
    """For how long a system may fail before somebody is told."""
    return timedelta(minutes=site.down_minutes or pack().down_minutes)


def watch(gateway: Gateway) -> int:
    """One look at every system that people are given; gives how many alarms came of it.

    One process at a time looks; the alarms are unique in the database besides.
    """
    with claims.alone("systems.watch") as mine:
        if not mine:
            return 0
        live = [one for one in gateway.registry.systems.values() if _watched(one)]
        _ask_the_quiet(gateway, live)
        return sum(_look(system) for system in live)


def _watched(system: System) -> bool:
    return system.reachable and system.mode in LIVE_MODES


def _ask_the_quiet(gateway: Gateway, live: list[System]) -> None:
    now = clock.now()
    with scoped(SERVICE) as connection:
        quiet = [one.id for one in live if not _asked_lately(connection, one, now - _QUIET)]
    if quiet:
        gateway.probe_all(quiet)
        gateway.settle()


def _asked_lately(connection: Connection, system: System, since: datetime) -> bool:
    rows = calls.since(connection, system.id, 0, since)
    return any(heard(row.outcome, row.fault, row.at, cached=row.cached) for row in rows)


def _look(system: System) -> int:
    with scoped(SERVICE) as connection:
        row = alarms.watches(connection).get(system.id)
        before = _remembered(row)
        rows = calls.since(connection, system.id, row.seen if row else 0, clock.now() - _LOOK_BACK)
        found = [
            one
            for r in rows
            if (one := heard(r.outcome, r.fault, r.at, cached=r.cached)) is not None
        ]
        after, events = follow(before, found, limit_of(system.site))
        good = [one.at for one in found if not one.fault]
        alarms.remember(
            connection,
            system_id=system.id,
            region_code=pack().region_code,
            seen=max((r.id for r in rows), default=row.seen if row else 0),
            failing_since=after.failing_since,
            alarmed=after.alarmed,
            heard_at=max(good, default=row.heard_at if row else None),
        )
        for event in events:
            _write(connection, system, event)
    return len(events)


def _remembered(row: Row[Any] | None) -> Watch:
    if row is None:
        return Watch()
    return Watch(failing_since=row.failing_since, alarmed=bool(row.alarmed))


def _write(connection: Connection, system: System, event: Event) -> None:
    log.warning("system alarm", system=system.id, kind=event.kind, fault=event.fault)
    alarms.put(
        connection,
        system_id=system.id,
        region_code=pack().region_code,
        kind=event.kind,
        since=event.since,
        at=event.at,
        fault=event.fault,
    )


def forget(connection: Connection, system_id: str) -> None:
    """A system that is switched begins anew: what it was asked before counts no more."""
    alarms.remember(
        connection,
        system_id=system_id,
        region_code=pack().region_code,
        seen=calls.newest(connection),
        failing_since=None,
        alarmed=False,
        heard_at=None,
    )


def unseen(principal: Principal) -> tuple[Alarm, ...]:
    """What nobody has acknowledged yet."""
    permissions.check(principal, PERMISSION)
    with scoped(principal.reach) as connection:
        return tuple(map(shown, alarms.unseen(connection)))


def acknowledge(principal: Principal, system_id: str, until: int) -> int:
    """The alarms of a system up to the one that was shown are known to somebody."""
    permissions.check(principal, PERMISSION)
    with scoped(principal.reach) as connection:
        count = alarms.acknowledge(connection, system_id, until, principal.name)
    if count:
        audit.append(
            action="systems.alarm",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            detail={"system": system_id, "rows": count},
        )
    return count


def shown(row: Row[Any]) -> Alarm:
    """An alarm with the system's name."""
    name = next((one.name for one in pack().systems if one.id == row.system_id), row.system_id)
    return Alarm(
        number=row.id,
        system_id=row.system_id,
        name=name,
        kind=row.kind,
        since=row.since,
        at=row.at,
        fault=row.fault,
        seen_by=row.seen_by or "",
        seen_at=row.seen_at,
    )
