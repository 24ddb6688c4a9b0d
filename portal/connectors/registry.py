"""The connected systems: manifests read and checked, each joined with the city's half of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import structlog

from portal.connectors.contract import ABOUT, Capability, SubjectKind
from portal.connectors.converters import Context
from portal.connectors.lines import in_pack
from portal.connectors.manifests import (
    SYSTEMS,
    ManifestError,
    Refusal,
    read_manifest,
    read_manifests,
    survey,
)
from portal.connectors.sites import (
    BY_TICKET,
    LINK_SECRET,
    TICKET_SECRET,
    lacks_to_be_called,
    lacks_to_be_entered,
    lacks_to_be_shared,
)
from portal.connectors.system import LIVE_MODES, OFF, REACHABLE_MODES, System
from portal.settings import secrets
from portal.store.citypack import SystemSite, UnreadSite
from portal.store.crypto import keyed_hash
from portal.store.switches import Switches

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

    def readable(
        self, roles: Collection[str], purpose: str, kind: SubjectKind = SubjectKind.PERSON
    ) -> dict[str, frozenset[str]]:
        """System by system, the fields these roles may read; a system without any is left out."""
        found = {one.id: one.readable(roles, purpose, kind) for one in self.serving(ABOUT[kind])}
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
    unread: Sequence[UnreadSite] = (),
    share: float = 1.0,
) -> Registry:
    """Join the manifests with the city's sites.

    What does not fit is left out and said in `Registry.refused`; the other systems start.
    """
    manifests, refused = survey(folder)
    spoilt = {one.system_id for one in refused}
    refused += [_unread(one, pack_folder) for one in unread]
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
                share=share,
            )
        )
    for one in refused:
        log.error("system refused at start", system=one.system_id, why=str(one))
    return Registry(systems, refused, switches)


def _refusal(site: SystemSite, key: str, reason: str, pack_folder: Path | None) -> Refusal:
    file, line = in_pack(pack_folder, site.id, key)
    return Refusal(system_id=site.id, file=file, line=line, key=f"{site.id}.{key}", reason=reason)


def _unread(one: UnreadSite, pack_folder: Path | None) -> Refusal:
    file, line = in_pack(pack_folder, one.id, one.key)
    return Refusal(
        system_id=one.id, file=file, line=line, key=f"{one.id}.{one.key}", reason=one.reason
    )
