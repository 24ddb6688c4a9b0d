"""The connected systems: manifests read and checked, each joined with the city's half of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from portal.connectors.checks import Finding, findings
from portal.connectors.contract import Capability
from portal.connectors.converters import Context
from portal.connectors.endpoint import EndpointRefused, check_endpoint
from portal.connectors.expressions import finder
from portal.connectors.manifest import Call, Everyone, Manifest, Readers
from portal.connectors.mapping import Judge, RecordReader, RosterReader
from portal.connectors.schemes import HmacAuth, SftpAuth, UsernameAuth
from portal.connectors.taskmap import TaskReader
from portal.settings import secrets
from portal.store.citypack import SystemSite
from portal.store.crypto import keyed_hash

SYSTEMS = Path(__file__).parent / "systems"
LIVE_MODES = frozenset({"试运行", "正式"})
REACHABLE_MODES = LIVE_MODES | {"联调"}
BY_TICKET = "平台票据"
TICKET_SECRET = "ticket"  # noqa: S105 - the name of a credential
LINK_SECRET = "link"  # noqa: S105 - the same: proofs of accounts over there are made under it

_adapter: TypeAdapter[Manifest] = TypeAdapter(Manifest)


class ManifestError(ValueError):
    """A manifest cannot be used; every line names the file and the key."""

    def __init__(self, file: Path | str, problems: Sequence[Finding]) -> None:
        self.problems = tuple(problems)
        name = file.name if isinstance(file, Path) else file
        super().__init__("\n".join(f"{name}：{key}：{text}" for key, text in problems))


@dataclass(frozen=True, kw_only=True)
class System:
    """One connected system: what it speaks (manifest) and where it is (site)."""

    manifest: Manifest
    site: SystemSite
    context: Context
    secret: Callable[[str], str]

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def name(self) -> str:
        return self.site.name

    @property
    def reachable(self) -> bool:
        """Whether there is anything to call: tested, trial or in service."""
        return self.site.mode in REACHABLE_MODES and bool(self.site.endpoint)

    def serves(self, capability: Capability) -> bool:
        """Whether people may be given this now: in trial or in service, and able to."""
        able = capability in self.manifest.capabilities
        return able and self.site.mode in LIVE_MODES and bool(self.site.endpoint)

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
        return TaskReader(self.manifest.tasks.map, self.context)

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

    def __init__(self, systems: Iterable[System]) -> None:
        self.systems: Mapping[str, System] = {system.id: system for system in systems}

    def system(self, system_id: str) -> System:
        """The system of that id."""
        try:
            return self.systems[system_id]
        except KeyError:
            raise KeyError(f"没有接入名为“{system_id}”的系统") from None

    def serving(self, capability: Capability) -> tuple[System, ...]:
        """The systems that serve this now."""
        return tuple(one for one in self.systems.values() if one.serves(capability))

    def label(self, system_id: str, field: str) -> str:
        """The Chinese name of a field of a system; of an unknown one, nothing."""
        system = self.systems.get(system_id)
        rule = system.manifest.fields.get(field) if system else None
        return rule.label if rule else ""

    def readable(self, roles: Collection[str], purpose: str) -> dict[str, frozenset[str]]:
        """System by system, the fields these roles may read; a system without any is left out."""
        found = {one.id: one.readable(roles, purpose) for one in self.serving(Capability.RECORDS)}
        return {system_id: names for system_id, names in found.items() if names}


def read_manifest(file: Path) -> Manifest:
    """Read and check one manifest."""
    try:
        manifest = _adapter.validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(file, [("TOML", f"文件读不懂：{error}")]) from error
    except ValidationError as error:
        problems = [(_key(one["loc"]), _in_chinese(one)) for one in error.errors()]
        raise ManifestError(file, problems) from None
    problems = list(findings(manifest))
    if manifest.id != file.stem:
        problems.append(("id", f"“{manifest.id}”与文件名不一致"))
    if manifest.field != file.parent.name:
        problems.append(("field", f"“{manifest.field}”与所在文件夹不一致"))
    if problems:
        raise ManifestError(file, problems)
    return manifest


def read_manifests(folder: Path = SYSTEMS) -> dict[str, Manifest]:
    """Read every manifest below a folder."""
    found: dict[str, Manifest] = {}
    for file in sorted(folder.glob("*/*.toml")):
        manifest = read_manifest(file)
        if manifest.id in found:
            raise ManifestError(file, [("id", f"“{manifest.id}”已被另一个清单使用")])
        found[manifest.id] = manifest
    return found


def load_registry(
    sites: Iterable[SystemSite],
    *,
    folder: Path = SYSTEMS,
    retired_codes: Mapping[str, str] = MappingProxyType({}),
    place_name: Callable[[str], str | None] = lambda _code: None,
    allow: Sequence[str] = (),
    secret: Callable[[str], str] | None = None,
) -> Registry:
    """Join the manifests with the city's sites; refuse what does not fit together."""
    manifests = read_manifests(folder)
    systems = []
    for site in sites:
        manifest = manifests.get(site.id)
        if manifest is None:
            if site.mode in REACHABLE_MODES:
                raise ManifestError("systems.toml", [(site.id, "已启用的系统没有清单")])
            continue
        _check_site(site, manifest, allow)
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
            )
        )
    return Registry(systems)


def _check_site(site: SystemSite, manifest: Manifest, allow: Sequence[str]) -> None:
    _check_entry(site, manifest, allow)
    if site.mode not in REACHABLE_MODES or not site.endpoint:
        return
    try:
        check_endpoint(site.endpoint, manifest.transport, allow)
    except EndpointRefused as error:
        raise ManifestError("systems.toml", [(f"{site.id}.endpoint", str(error))]) from error
    for name in _credential_names(manifest):
        if name not in site.credentials:
            text = f"清单需要凭据“{name}”，城市包没有给出引用"
            raise ManifestError("systems.toml", [(f"{site.id}.credentials", text)])


def _check_entry(site: SystemSite, manifest: Manifest, allow: Sequence[str]) -> None:
    """People are sent only where the pack says, and a ticket only to who can redeem it."""
    if not site.entry:
        return
    try:
        check_endpoint(site.entry, "rest", allow)
    except EndpointRefused as error:
        raise ManifestError("systems.toml", [(f"{site.id}.entry", str(error))]) from error
    if manifest.entry is None:
        raise ManifestError("systems.toml", [(f"{site.id}.entry", "清单没有写明 [entry]")])
    if manifest.login == BY_TICKET and TICKET_SECRET not in site.credentials:
        text = f"以平台票据登录的系统需要凭据“{TICKET_SECRET}”，城市包没有给出引用"
        raise ManifestError("systems.toml", [(f"{site.id}.credentials", text)])


def _credential_names(manifest: Manifest) -> tuple[str, ...]:
    auth = manifest.auth
    if auth.kind == "header":
        return (auth.secret,)
    if auth.kind == "oauth2":
        return (auth.client_id, auth.client_secret)
    if isinstance(auth, HmacAuth):
        return (auth.app_id, auth.secret)
    if isinstance(auth, SftpAuth):
        return (auth.username, auth.password, auth.host_key)
    if isinstance(auth, UsernameAuth):
        return (auth.password,) if auth.user else (auth.username, auth.password)
    return ()


def _key(location: tuple[int | str, ...]) -> str:
    """The key as it stands in the file; the first part is the transport pydantic chose by."""
    kinds = {"rest", "soap", "database", "files", "jump"}
    parts = location[1:] if location and location[0] in kinds else location
    return ".".join(str(part) for part in parts) or "transport"


def _in_chinese(error: Any) -> str:
    known = {"extra_forbidden": "不认识的键", "missing": "缺少这个键"}
    return known.get(error["type"]) or f"值不合要求（{error['msg']}）"
