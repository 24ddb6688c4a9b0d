"""One connected system: what it speaks, where it is, and what of it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from portal.connectors.checks import Finding
from portal.connectors.contract import Capability, SubjectKind
from portal.connectors.converters import Context
from portal.connectors.expressions import finder
from portal.connectors.manifest import Call, Everyone, Manifest, Readers
from portal.connectors.mapping import Judge, RecordReader, RegisterReader, RosterReader
from portal.connectors.taskmap import TaskReader
from portal.connectors.template import placeholders
from portal.store.citypack import SystemSite
from portal.store.switches import Decision, Switches

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
    share: float = 1.0  # of its limits, what this process may use

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

    @property
    def live(self) -> bool:
        """Whether people are given anything of it now."""
        return self.mode in LIVE_MODES and bool(self.site.endpoint) and not self.lacking_live

    def serves(self, capability: Capability) -> bool:
        """Whether people may be given this now: in trial or in service, and able to."""
        return self.live and capability in self.manifest.capabilities

    @property
    def parallel(self) -> int:
        """How many calls this process may have under way at once."""
        return max(1, int(self.manifest.limits.parallel * self.share))

    @property
    def per_second(self) -> float:
        """How many calls this process may begin in a second."""
        return self.manifest.limits.per_second * self.share

    @property
    def mark(self) -> str | None:
        """What marks the rows a simulated system gave; ``None`` for a real one."""
        return "sandbox" if self.site.simulated else None

    def credential(self, name: str) -> str:
        """A credential by the name the manifest gives it; the site says which secret it is."""
        return self.secret(self.site.credentials[name])

    def readable(
        self, roles: Collection[str], purpose: str, kind: SubjectKind = SubjectKind.PERSON
    ) -> frozenset[str]:
        """The fields of records about such a subject that these roles may read for this purpose."""
        groups = {
            name
            for name, group in self.manifest.readers.items()
            if _allows(group, roles=roles, purpose=purpose)
        }
        return frozenset(
            name
            for name, rule in self.manifest.fields.items()
            if name in self.told[kind] and (rule.readers is None or rule.readers in groups)
        )

    @cached_property
    def told(self) -> Mapping[SubjectKind, frozenset[str]]:
        """By kind of subject, the fields that records about it have."""
        return {
            kind: frozenset(
                name for one in self.manifest.records if one.of is kind for name in one.map
            )
            for kind in SubjectKind
        }

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
    def register_readers(self) -> tuple[RegisterReader, ...]:
        """One for each list of houses or enterprises."""
        return tuple(
            RegisterReader(SubjectKind(kind), one, self.context)
            for kind, one in self.manifest.registers.items()
        )

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
    def _slots(self) -> Mapping[str, frozenset[str]]:
        calls: Mapping[str, Call] = self.manifest.calls  # type: ignore[assignment]
        return {
            name: frozenset(placeholders(call.model_dump(by_alias=True)))
            for name, call in calls.items()
        }

    def slots(self, call: str) -> frozenset[str]:
        """The placeholders of one of its requests."""
        return self._slots.get(call, frozenset())

    @cached_property
    def items(self) -> Mapping[str, Any]:
        """The compiled expression that finds the rows of each call's answer."""
        calls: Mapping[str, Call] = self.manifest.calls  # type: ignore[assignment]
        return {name: finder(call.items) for name, call in calls.items()}


def _allows(group: Readers, *, roles: Collection[str], purpose: str) -> bool:
    by_role = group.roles == Everyone or not set(group.roles).isdisjoint(roles)
    return by_role and (group.purposes == Everyone or purpose in group.purposes)
