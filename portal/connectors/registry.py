"""The connected systems: manifests read and checked, each joined with the city's half of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog

from portal.connectors.checks import Finding
from portal.connectors.contract import Capability
from portal.connectors.converters import Context
from portal.connectors.expressions import finder
from portal.connectors.lines import in_pack
from portal.connectors.manifest import Call, Everyone, Manifest, Readers
from portal.connectors.manifests import (
    SYSTEMS,
    ManifestError,
    Refusal,
    read_manifest,
    read_manifests,
    survey,
)
from portal.connectors.mapping import Judge, RecordReader, RosterReader
from portal.connectors.sites import (
    BY_TICKET,
    LINK_SECRET,
    TICKET_SECRET,
    lacks_to_be_called,
    lacks_to_be_entered,
    lacks_to_be_shared,
)
from portal.connectors.taskmap import TaskReader
from portal.settings import secrets
from portal.store.citypack import SystemSite
from portal.store.crypto import keyed_hash
from portal.store.switches import Decision, Switches

__all__ = [
    "BY_TICKET",
    "LINK_SECRET",
    "LIVE_MODES",
    "OFF",
    "REACHABLE_MODES",
    "SYSTEMS",
    "TICKET_SECRET",
    "ManifestError",
    "Refusal",
    "Registry",
    "System",
    "load_registry",
    "read_manifest",
    "read_manifests",
]

log = structlog.get_logger(__name__)

LIVE_MODES = frozenset({"试运行", "正式"})
OFF = "停用"
REACHABLE_MODES = LIVE_MODES | {"联调"}


@dataclass(frozen=True, kw_only=True)
class System:
    """One connected system: what it speaks (manifest) and where it is (site)."""

    manifest: Manifest
    site: SystemSite
    context: Context
    secret: Callable[[str], str]
    lacking: tuple[Finding, ...] = ()  # what hinders every call
    lacking_live: tuple[Finding, ...] = ()  # what hinders giving it to people
    switches: Switches | None = None

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def name(self) -> str:
        return self.site.name

    @property
    def decision(self) -> Decision | None:
        """What the operator decided about it; without any, the pack's word stands."""
        return self.switches.of(self.site.id) if self.switches else None

    @property
    def mode(self) -> str:
        """How far it is connected now: the operator's decision, else the city pack."""
        decided = self.decision
        return decided.mode if decided else self.site.mode

    @property
    def reachable(self) -> bool:
        """Whether there is anything to call: tested, trial or in service."""
        return self.mode in REACHABLE_MODES and bool(self.site.endpoint) and not self.lacking

    def serves(self, capability: Capability) -> bool:
        """Whether people may be given this now: in trial or in service, and able to."""
        able = capability in self.manifest.capabilities and not self.lacking_live
        return able and self.mode in LIVE_MODES and bool(self.site.endpoint)

    @property
    def mark(self) -> str | None:
        """What marks the rows a simulated system gave; ``None`` for a real one."""
        return "sandbox" if self.site.simulated else None

    def credential(self, name: str) -> str:
        """A credential by the name the manifest gives it; the site says which secret it is."""
        return self.secret(self.site.credentials[name])

    def readable(self, roles: Collection[str], purpose: str) -> frozenset[str]:
        """The fields that these roles may read for this purpose."""
        groups = {
            name
            for name, group in self.manifest.readers.items()
            if _allows(group, roles=roles, purpose=purpose)
        }
        return frozenset(
            name
            for name, rule in self.manifest.fields.items()
            if rule.readers is None or rule.readers in groups
        )

    @cached_property
    def conclusions(self) -> frozenset[str]:
        """The fields that say that something is so, and nothing of how or why."""
        return frozenset(name for name, rule in self.manifest.fields.items() if rule.conclusion)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.manifest.envelope, self.context, self.manifest.tasks)

    @cached_property
    def readers(self) -> tuple[RecordReader, ...]:
        manifest = self.manifest
        return tuple(RecordReader(one, manifest.fields, self.context) for one in manifest.records)

    @cached_property
    def roster_reader(self) -> RosterReader:
        if self.manifest.roster is None:
            raise KeyError(f"系统“{self.name}”没有名册")
        return RosterReader(self.manifest.roster, self.context)

    @cached_property
    def task_reader(self) -> TaskReader:
        if self.manifest.tasks is None:
            raise KeyError(f"系统“{self.name}”没有任务")
        return TaskReader(self.manifest.tasks.map, self.context, self.manifest.tasks.order)

    @cached_property
    def task_kinds(self) -> tuple[str, ...]:
        """The kinds of tasks there may be, where the manifest has a code table for them."""
        tasks = self.manifest.tasks
        names = [one.partition(":")[2] for one in tasks.map.kind.convert] if tasks else []
        tables = self.manifest.tables
        return tuple(dict.fromkeys(word for one in names for word in tables.get(one, {}).values()))

    @cached_property
    def items(self) -> Mapping[str, Any]:
        """The compiled expression that finds the rows of each call's answer."""
        calls: Mapping[str, Call] = self.manifest.calls  # type: ignore[assignment]
        return {name: finder(call.items) for name, call in calls.items()}


def _allows(group: Readers, *, roles: Collection[str], purpose: str) -> bool:
    by_role = group.roles == Everyone or not set(group.roles).isdisjoint(roles)
    return by_role and (group.purposes == Everyone or purpose in group.purposes)


class Registry:
    """All systems of this city that have a manifest."""

    def __init__(
        self,
        systems: Iterable[System],
        refused: Sequence[Refusal] = (),
        switches: Switches | None = None,
    ) -> None:
        self.systems: Mapping[str, System] = {system.id: system for system in systems}
        self.refused = tuple(refused)
        self._switches = switches

    def refresh(self) -> None:
        """Read anew what was decided about the systems' modes."""
        if self._switches is not None:
            self._switches.refresh()

    def system(self, system_id: str) -> System:
        """The system of that id."""
        try:
            return self.systems[system_id]
        except KeyError:
            raise KeyError(f"没有接入名为“{system_id}”的系统") from None

    def serving(self, capability: Capability) -> tuple[System, ...]:
        """The systems that serve this now."""
        return tuple(one for one in self.systems.values() if one.serves(capability))

    def switched_off(self, capability: Capability) -> tuple[System, ...]:
        """The systems that could serve this and that somebody has switched off."""
        return tuple(
            one
            for one in self.systems.values()
            if one.mode == OFF and capability in one.manifest.capabilities
        )

    def label(self, system_id: str, field: str) -> str:
        """The Chinese name of a field of a system; of an unknown one, nothing."""
        system = self.systems.get(system_id)
        rule = system.manifest.fields.get(field) if system else None
        return rule.label if rule else ""

    def readable(self, roles: Collection[str], purpose: str) -> dict[str, frozenset[str]]:
        """System by system, the fields these roles may read; a system without any is left out."""
        found = {one.id: one.readable(roles, purpose) for one in self.serving(Capability.RECORDS)}
        return {system_id: names for system_id, names in found.items() if names}


def load_registry(
    sites: Iterable[SystemSite],
    *,
    folder: Path = SYSTEMS,
    pack_folder: Path | None = None,
    retired_codes: Mapping[str, str] = MappingProxyType({}),
    place_name: Callable[[str], str | None] = lambda _code: None,
    allow: Sequence[str] = (),
    secret: Callable[[str], str] | None = None,
    switches: Switches | None = None,
) -> Registry:
    """Join the manifests with the city's sites.

    What does not fit is left out and said in `Registry.refused`; the other systems start.
    """
    manifests, refused = survey(folder)
    spoilt = {one.system_id for one in refused}
    systems = []
    for site in sites:
        manifest = manifests.get(site.id)
        if manifest is None:
            if site.mode in REACHABLE_MODES and site.id not in spoilt:
                refused.append(_refusal(site, "id", "已启用的系统没有清单", pack_folder))
            continue
        to_call = tuple(lacks_to_be_called(site, manifest, allow))
        to_share = tuple(lacks_to_be_shared(site))
        hinders = list(lacks_to_be_entered(site, manifest, allow))
        hinders += to_call if site.mode in REACHABLE_MODES else ()
        hinders += to_share if site.mode in LIVE_MODES else ()
        if hinders:
            refused += [_refusal(site, key, reason, pack_folder) for key, reason in hinders]
            continue
        context = Context(
            tables=manifest.tables,
            retired_codes=retired_codes,
            place_name=place_name,
            seal=keyed_hash,
        )
        systems.append(
            System(
                manifest=manifest,
                site=site,
                context=context,
                secret=secret or (lambda name: secrets().system(name)),
                lacking=to_call,
                lacking_live=(*to_call, *to_share),
                switches=switches,
            )
        )
    for one in refused:
        log.error("system refused at start", system=one.system_id, why=str(one))
    return Registry(systems, refused, switches)


def _refusal(site: SystemSite, key: str, reason: str, pack_folder: Path | None) -> Refusal:
    file, line = in_pack(pack_folder, site.id, key)
    return Refusal(system_id=site.id, file=file, line=line, key=f"{site.id}.{key}", reason=reason)
