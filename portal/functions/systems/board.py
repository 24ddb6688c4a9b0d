"""What the operator sees of the systems: figures of a window, state, alarms, grade; no person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from auth import permissions
from auth.principal import Principal
from portal.connectors import quality
from portal.connectors.contract import Capability
from portal.connectors.gateway import Gateway
from portal.connectors.quality import Checked, Facts, Running
from portal.connectors.registry import LIVE_MODES, Refusal, System
from portal.functions.systems import alarms
from portal.functions.systems.alarms import Alarm
from portal.functions.systems.rules import PERMISSION, Step
from portal.functions.systems.switching import stored
from portal.store import alarms as alarm_rows
from portal.store import calls, clock, samples, steps
from portal.store.citypack import SystemSite, pack
from portal.store.scope import scoped

WINDOWS: Mapping[str, timedelta] = {
    "1 小时": timedelta(hours=1),
    "24 小时": timedelta(hours=24),
    "7 天": timedelta(days=7),
}
_LATELY = timedelta(minutes=5)

# The classes of faults of the contract, as an operator reads them.
FAULTS: Mapping[str, str] = {
    "TimedOut": "超时",
    "Unreachable": "连接不上",
    "RateLimited": "限流",
    "Resting": "暂停查询",
    "RetryLater": "对方正忙",
    "SignInAgain": "凭据被拒",
    "NotConnected": "未接入",
    "OurMistake": "配置有误",
    "TheirFault": "对方出错",
    "Misfit": "格式不符",
    "SystemFault": "其他故障",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One system in one window, from the call records."""

    calls: int = 0
    probes: int = 0
    cached: int = 0
    failed: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    faults: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """One system on the board."""

    system_id: str
    name: str
    owner: str
    field: str
    mode: str
    decided: bool
    simulated: bool
    state: str
    failing_since: datetime | None
    figures: Figures
    last_good: datetime | None
    resting_until: datetime | None
    rested_lately: int
    stale_minutes: int | None
    down_minutes: int
    level: str
    approval_over: bool
    refused: bool
    alarms: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """All systems of the city, and what was refused at start."""

    window: str
    at: datetime
    rows: tuple[BoardRow, ...]
    alarms: tuple[Alarm, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """An answer that did not fit: which call, what was wrong, its shape."""

    call: str
    why: str
    shape: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One system more closely."""

    row: BoardRow
    windows: Mapping[str, Figures]
    quality: tuple[Checked, ...]
    claimed: str
    alarms: tuple[Alarm, ...]
    samples: tuple[Sampled, ...]
    refused: tuple[Refusal, ...]
    endpoint: str
    legal_basis: str
    timeout_seconds: float | None


def board(principal: Principal, gateway: Gateway, window: str = "24 小时") -> Board:
    """Every system in one window of time."""
    permissions.check(principal, PERMISSION)
    now = clock.now()
    with scoped(principal.reach) as connection:
        reading = _Reading(connection, gateway, now)
        figures = reading.figures(WINDOWS.get(window, WINDOWS["24 小时"]))
        rows = tuple(reading.row(one, figures) for one in pack().systems)
        told = tuple(map(alarms.shown, alarm_rows.unseen(connection)))
    return Board(window=window, at=now, rows=rows, alarms=told, refused=gateway.registry.refused)


def detail(principal: Principal, gateway: Gateway, system_id: str) -> Detail | None:
    """One system in every window; ``None`` when the city has none of that name."""
    permissions.check(principal, PERMISSION)
    site = next((one for one in pack().systems if one.id == system_id), None)
    if site is None:
        return None
    system = gateway.registry.systems.get(system_id)
    with scoped(principal.reach) as connection:
        reading = _Reading(connection, gateway, clock.now())
        by_window = {name: reading.figures(span) for name, span in WINDOWS.items()}
        row = reading.row(site, by_window["24 小时"])
        told = tuple(map(alarms.shown, alarm_rows.of(connection, system_id, 20)))
        kept = tuple(
            Sampled(call=one.call, why=one.why, shape=one.shape, at=one.at)
            for one in samples.of(connection, system_id)
        )
        graded = reading.graded(system) if system else ()
    claimed = system.manifest.quality.level if system else 0
    return Detail(
        row=row,
        windows={name: found.get(system_id, Figures()) for name, found in by_window.items()},
        quality=graded,
        claimed=quality.name_of(claimed) if claimed else "未申报",
        alarms=told,
        samples=kept,
        refused=tuple(one for one in gateway.registry.refused if one.system_id == system_id),
        endpoint=site.endpoint,
        legal_basis=site.legal_basis,
        timeout_seconds=system.manifest.limits.timeout_seconds if system else None,
    )


class _Reading:
    """What all rows of a board share, read once."""

    def __init__(self, connection: Connection, gateway: Gateway, now: datetime) -> None:
        self._connection, self._gateway, self._now = connection, gateway, now
        self._today = clock.local(now).date()
        ids = [one.id for one in pack().systems]
        self._good = calls.last_good(connection, ids)
        self._watches = alarm_rows.watches(connection)
        self._resting = gateway.resting()
        self._rested = {
            row.system_id: row.number
            for row in calls.faults(connection, now - _LATELY)
            if row.fault == "Resting"
        }
        self._week = self.figures(WINDOWS["7 天"])
        self._steps: dict[str, dict[str, Step]] = {}
        rows = steps.current(connection)
        for system_id in {row.system_id for row in rows}:
            own = [row for row in rows if row.system_id == system_id]
            self._steps[system_id] = stored(own)
        self._unseen: dict[str, int] = {}
        for alarm in alarm_rows.unseen(connection):
            self._unseen[alarm.system_id] = self._unseen.get(alarm.system_id, 0) + 1

    def figures(self, span: timedelta) -> dict[str, Figures]:
        """Every system that was asked in that time."""
        since = self._now - span
        faults: dict[str, list[tuple[str, int]]] = {}
        for row in calls.faults(self._connection, since):
            faults.setdefault(row.system_id, []).append((row.fault, row.number))
        return {
            row.system_id: _figures(row, faults.get(row.system_id, ()))
            for row in calls.figures(self._connection, since)
        }

    def row(self, site: SystemSite, figures: Mapping[str, Figures]) -> BoardRow:
        """One system."""
        system = self._gateway.registry.systems.get(site.id)
        refused = any(one.system_id == site.id for one in self._gateway.registry.refused)
        watch = self._watches.get(site.id)
        mode = system.mode if system else "未接入"
        named = {one.id: one.name for one in pack().fields}
        checked = self.graded(system) if system else ()
        until = self._approved_until(site)
        records = system and Capability.RECORDS in system.manifest.capabilities
        return BoardRow(
            system_id=site.id,
            name=site.name,
            owner=site.owner,
            field=named.get(system.manifest.field, "") if system else "",
            mode=mode,
            decided=bool(system and system.decision),
            simulated=site.simulated,
            state=_state(mode, watch, refused=refused),
            failing_since=watch.failing_since if watch and mode in LIVE_MODES else None,
            figures=figures.get(site.id, Figures()),
            last_good=self._good.get(site.id),
            resting_until=self._resting.get(site.id),
            rested_lately=self._rested.get(site.id, 0),
            stale_minutes=system.manifest.limits.stale_minutes if system and records else None,
            down_minutes=round(alarms.limit_of(site).total_seconds() / 60),
            level=quality.name_of(quality.reached(checked)) if system else "—",
            approval_over=until is not None and until < self._today,
            refused=refused,
            alarms=self._unseen.get(site.id, 0),
        )

    def graded(self, system: System) -> tuple[Checked, ...]:
        """Every rule of 接入质量, checked against what is known now."""
        week, done = self._week.get(system.id), self._steps.get(system.id, {})
        stated = {
            name: f"{step.evidence}（{step.actor_name} {clock.local(step.at):%Y-%m-%d}）"
            for name, step in done.items()
            if step.evidence and step.manifest_version == system.manifest.version
        }
        running = Running(calls=week.calls + week.probes, failed=week.failed, p95_ms=week.p95_ms) \
            if week else None  # fmt: skip
        approval = done.get("approval")
        return quality.assess(
            Facts(
                manifest=system.manifest,
                site=system.site,
                today=self._today,
                recorded=quality.recorded(system.id),
                running=running,
                approval_until=approval.until if approval and approval.evidence else None,
                stated=stated,
            )
        )

    def _approved_until(self, site: SystemSite) -> date | None:
        approval = self._steps.get(site.id, {}).get("approval")
        if approval and approval.evidence:
            return approval.until
        return quality.day_of(site.approval_until)


def _figures(row: Row[Any], faults: Sequence[tuple[str, int]]) -> Figures:
    p50, p95 = row.took or (None, None)
    return Figures(
        calls=row.calls,
        probes=row.probes,
        cached=row.cached,
        failed=row.failed,
        p50_ms=None if p50 is None else round(p50),
        p95_ms=None if p95 is None else round(p95),
        faults=tuple((FAULTS.get(name, "其他故障"), number) for name, number in faults),
    )


def _state(mode: str, watch: Row[Any] | None, *, refused: bool) -> str:
    """In one word how a system is, for all processes alike."""
    if refused:
        return "清单未采用"
    if mode not in LIVE_MODES:
        return mode
    if watch is None or (watch.heard_at is None and watch.failing_since is None):
        return "未检测"
    return "故障" if watch.failing_since is not None else "已返回"
