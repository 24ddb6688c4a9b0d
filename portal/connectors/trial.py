"""Trying one connected system out: every rule its capabilities ask for, against the real endpoint.

Nothing is written over there, no name is printed, no value leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from portal.connectors import conformance as rules
from portal.connectors.contract import (
    ABOUT,
    Asker,
    Capability,
    State,
    Subject,
    SubjectKind,
    SystemFault,
)
from portal.connectors.gateway import Gateway
from portal.connectors.intake import Reading, Refused, rows_of
from portal.connectors.manifest import FilesManifest
from portal.connectors.registry import Registry, System
from portal.connectors.tally import Tally
from portal.store.clock import local
from portal.store.landing import Landed

_MOST_ROSTER = 2000  # of a real list, enough to see how it speaks


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One rule: kept when nothing falls short; ``skipped`` says why it could not be tried."""

    rule: str
    short: tuple[str, ...] = ()
    skipped: str = ""


def alone(system: System) -> Registry:
    """A registry in which this system may be asked everything, whatever its mode is."""
    site = system.site.model_copy(update={"mode": "试运行"})
    return Registry([replace(system, site=site, switches=None, lacking_live=system.lacking)])


def everything(registry: Registry) -> Asker:
    """The platform itself, checking: every field of every system."""
    return Asker(
        actor="platform",
        unit="platform",
        prefixes=("",),
        permission_digest="conformance",
        purpose="conformance",
        readable={
            one.id: frozenset(one.manifest.fields)
            for able in ABOUT.values()
            for one in registry.serving(able)
        },
    )


def conform(
    gateway: Gateway,
    system: System,
    *,
    now: datetime,
    person: Subject | None = None,
    nobody: Subject | None = None,
    retired: tuple[str, ...] = (),
) -> Iterator[Outcome]:
    """Every rule that this system's capabilities ask for, one after the other.

    ``gateway`` stands on :func:`alone`. Nothing is written over there and no name is printed.
    """
    health = gateway.probe(system.id)
    yield Outcome(rule="实时探测", short=tuple(rules.probe(health)))
    if health.state is not State.RETURNED:
        yield Outcome(rule="其余各项", skipped="探测没有通过")
        return
    able = system.manifest.capabilities
    if Capability.RECORDS in able:
        yield from _people(gateway, system, now, person, nobody)
    if Capability.ROSTER in able:
        yield _tried("名册完整、无重、可读", lambda: _roster(gateway, system, now, retired))
    if system.manifest.registers:
        yield _tried("房屋、企业名单可读", lambda: _lists(gateway, system, retired))
    if isinstance(system.manifest, FilesManifest):
        yield _tried("文件可读、各行有所在地", lambda: _file(gateway, system, retired))
    elif "counts" in system.manifest.calls:
        yield _tried("按地按日计数", lambda: _counts(gateway, system, now, retired))
    if "tasks" in system.manifest.calls:
        yield _tried("任务清单可读", lambda: _tasks(gateway, system))


def _people(
    gateway: Gateway, system: System, now: datetime, person: Subject | None, nobody: Subject | None
) -> Iterator[Outcome]:
    asker = everything(gateway.registry)
    if nobody is not None:
        answer = next(iter(gateway.stream(asker, nobody)))
        yield Outcome(rule="查无此人说得清", short=tuple(rules.unknown_person(answer)))
    if person is None:
        yield Outcome(rule="查有此人", skipped="没有给样本人员（--person 或按提示输入）")
        return
    answer = next(iter(gateway.stream(asker, person)))
    yield Outcome(rule="查有此人，内容齐整", short=tuple(rules.known_person(answer, person, now)))
    yield Outcome(
        rule="日期、代码、金额样式一致", short=tuple(rules.styles(answer, system.manifest))
    )


def _tried(rule: str, work: Callable[[], Iterable[str]]) -> Outcome:
    try:
        return Outcome(rule=rule, short=tuple(dict.fromkeys(work())))
    except SystemFault as fault:
        return Outcome(rule=rule, short=(fault.message,))


def _roster(
    gateway: Gateway, system: System, now: datetime, retired: tuple[str, ...]
) -> Iterator[str]:
    walk = gateway.roster(system.id)
    entries = list(islice(walk, _MOST_ROSTER))
    walk.close()
    relations = system.manifest.roster.relations if system.manifest.roster else ()
    yield from rules.roster(
        entries, walk.unreadable, today=local(now).date(), retired=retired, placed=bool(relations)
    )


def _lists(gateway: Gateway, system: System, retired: tuple[str, ...]) -> Iterator[str]:
    """The lists of things, and the first of each kind asked for."""
    register = gateway.register(system.id)
    with closing(register.walk()) as walk:
        entries = list(islice(walk, _MOST_ROSTER))
    yield from rules.listed(entries, register.unreadable, retired)
    for kind in (SubjectKind.HOUSE, SubjectKind.ENTERPRISE):
        first = next((one for one in entries if one.kind is kind), None)
        if first is None or ABOUT[kind] not in system.manifest.capabilities:
            continue
        subject = Subject(
            id=first.foreign_id,
            kind=kind,
            name=first.name,
            address=first.address,
            credit_code=first.credit_code,
            region_code=first.region_code,
            numbers={system.id: (first.foreign_id,)},
        )
        answer = next(iter(gateway.stream(everything(gateway.registry), subject)))
        if answer.state is not State.RETURNED:
            yield f"名单上的第一处查不到：{answer.state.value}：{answer.message}"
        yield from rules.styles(answer, system.manifest)


def _counts(
    gateway: Gateway, system: System, now: datetime, retired: tuple[str, ...]
) -> Iterator[str]:
    today = local(now).date()
    yield from rules.counted(gateway.tally(system.id, today - timedelta(days=20), today), retired)


def read_file(gateway: Gateway, system: System) -> tuple[list[Landed], Tally]:
    """The newest file that lies in the folder, read and counted as if it were taken in."""
    manifest = system.manifest
    assert isinstance(manifest, FilesManifest) and manifest.tally is not None  # noqa: S101
    tally, drop = Tally(manifest.measures, manifest.tally, system.context), manifest.drop
    with gateway.folder(system.id) as folder:
        lying = [one for one in folder.look(drop.folder) if re.fullmatch(drop.name, one.name)]
        if not lying:
            return [], tally
        newest = max(lying, key=lambda one: one.name).name
        with closing(folder.read(drop.folder, newest)) as pieces:
            return list(Reading(drop, tally)(rows_of(pieces, drop, newest))), tally


def _file(gateway: Gateway, system: System, retired: tuple[str, ...]) -> Iterator[str]:
    try:
        rows, tally = read_file(gateway, system)
    except Refused as problem:
        yield str(problem)
        return
    yield from rules.landed(rows, retired)
    for one in tally.results():
        if not sum(number.number for number in one.counts):
            yield f"“{one.measure.name}”合计为零"


def _tasks(gateway: Gateway, system: System) -> Iterator[str]:
    walk = gateway.tasks(system.id)
    if not list(islice(walk.changed(None), 1)):
        yield "任务清单是空的"
