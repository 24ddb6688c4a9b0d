"""The nightly walk: who each system knows, into the index, and its numbers, into the measures.

A roster is walked once for both. A system that fails keeps what it said before and is asked again
with the next turn of the same night.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from portal.connectors.contract import Capability, SystemFault
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import FilesManifest
from portal.connectors.recorder import walked_since
from portal.connectors.registry import System
from portal.functions import night
from portal.functions.records import index, registers
from portal.functions.records.index import Indexed
from portal.functions.records.registers import Listed
from portal.functions.reports import collect
from portal.functions.reports.collect import Measured
from portal.store import claims, clock

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What one system gave; ``problem`` says in Chinese why it gave nothing."""

    system: System
    indexed: Indexed | None = None
    listed: Listed | None = None
    measured: Measured | None = None
    problem: str = ""


def asked(gateway: Gateway) -> Iterator[System]:
    """The systems to be walked: those that answer questions, not those that put out files."""
    for system in gateway.registry.systems.values():
        known = system.serves(Capability.ROSTER) or system.serves(Capability.REPORTS)
        known = known or (system.live and bool(system.manifest.registers))
        if known and not isinstance(system.manifest, FilesManifest):
            yield system


def walk(gateway: Gateway, system: System) -> Walked:
    """Ask one system for everybody and everything it lists, and for its numbers; never raises
    its faults."""
    listed, problem = _lists(gateway, system)
    done = _people(gateway, system)
    return replace(done, listed=listed, problem=done.problem or problem)


def _lists(gateway: Gateway, system: System) -> tuple[Listed | None, str]:
    """The houses and enterprises; what was known stays when the walk breaks."""
    if not (system.live and system.manifest.registers):
        return None, ""
    try:
        register = gateway.register(system.id)
        return registers.refresh(register, system.id, simulated=system.mark), ""
    except SystemFault as fault:
        return None, fault.message


def _people(gateway: Gateway, system: System) -> Walked:
    counts = system.serves(Capability.REPORTS)
    if not system.serves(Capability.ROSTER):
        if not counts:
            return Walked(system=system)
        measured = collect.refresh(gateway, system)
        return Walked(system=system, measured=measured, problem=measured.problem)
    roster = gateway.roster(system.id)
    described = system.manifest.roster
    households = described is not None and described.households
    try:
        indexed = index.refresh(roster, system.id, simulated=system.mark, households=households)
    except SystemFault as fault:
        failed = collect.note_failure(system, fault, tallied=False) if counts else None
        also = _rows(gateway, system, failed) if counts else None
        return Walked(system=system, measured=also, problem=fault.message)
    if not counts:
        return Walked(system=system, indexed=indexed)
    both = _rows(gateway, system, collect.keep(system, roster))
    problem = both.problem if both else ""
    return Walked(system=system, indexed=indexed, measured=both, problem=problem)


def _rows(gateway: Gateway, system: System, walked: Measured | None) -> Measured | None:
    """What the walk has counted, with the numbers that a system gives beside its roster."""
    told = collect.rows_of(gateway, system) if collect.gives_rows(system) else None
    return collect.together(walked, told)


def at_night(gateway: Gateway) -> int:
    """Each system once a night, whichever process comes first; gives how many were asked."""
    start = night.began(clock.now())
    if start is None:
        return 0
    return sum(_turn(gateway, system, start) for system in asked(gateway))


def _turn(gateway: Gateway, system: System, start: datetime) -> bool:
    with claims.alone(f"rounds|{system.id}") as mine:
        if not mine or walked_since(system.id, start):
            return False
        try:
            walk(gateway, system)
        except Exception as error:  # of our own making: the other systems are walked all the same
            _log.error("system not walked", system=system.id, error=type(error).__name__)
    return True
