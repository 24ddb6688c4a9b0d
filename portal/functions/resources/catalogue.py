"""The catalogue of shared data: what, from whom, on which basis, from when, for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from auth import permissions
from auth.principal import Principal
from portal.connectors.registry import Registry, System
from portal.functions import trailwords
from portal.functions.entry.wall import matches
from portal.functions.reports import Reports
from portal.store import calls, clock, landing
from portal.store.citypack import CityPack, ReportColumn, ReportTemplate, pack
from portal.store.resource_texts import Library, Resource, ResourceTexts
from portal.store.scope import scoped

PERMISSION = "systems.view"
NUMBERS = "reports.view"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource as the catalogue shows it."""

    id: str
    name: str
    system_id: str
    system: str
    owner: str
    sharing: str
    contents: tuple[str, ...]  # the names of fields, numbers and tasks
    basis: str
    users: tuple[str, ...]  # the names of the roles that may be given it
    purposes: tuple[str, ...]  # for what; empty: for every purpose
    libraries: tuple[str, ...]
    mode: str
    simulated: bool
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic library: its resources, and how many numbers it counts."""

    id: str
    name: str
    about: str
    resources: tuple[str, ...]
    systems: int
    numbers: int


@dataclass(frozen=True, kw_only=True)
class TopicNumber:
    """One number of a library in the viewer's own region, as it may be shown."""

    head: str
    unit: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Resources:
    """The function of one process."""

    registry: Registry
    reports: Reports

    def entries(
        self, principal: Principal, typed: str = "", library: str = ""
    ) -> tuple[Entry, ...]:
        """The catalogue, or what of it fits a search by name, pinyin, system or content."""
        permissions.check(principal, PERMISSION)
        texts = pack().resources
        chosen = next((one for one in texts.library if one.id == library), None)
        with scoped(principal.reach) as connection:
            good = calls.last_good(connection, [one.id for one in pack().systems])
            good |= {
                system_id: arrival.received_at
                for system_id, (arrival, _) in landing.latest(connection).items()
            }
        found = [
            self._entry(one, good)
            for one in texts.resource
            if chosen is None or one.id in chosen.resources
        ]
        words = typed.strip()
        return tuple(one for one in found if not words or _fits(one, words))

    def topics(self, principal: Principal) -> tuple[Topic, ...]:
        """All topic libraries."""
        permissions.check(principal, PERMISSION)
        return tuple(map(self._topic, pack().resources.library))

    def numbers(self, principal: Principal, library: str) -> tuple[TopicNumber, ...]:
        """What a library counts in the viewer's own region; small numbers are protected."""
        permissions.check(principal, PERMISSION)
        region = principal.unit.region_code
        chosen = next((one for one in pack().resources.library if one.id == library), None)
        if chosen is None or not permissions.allowed(principal, NUMBERS, region):
            return ()
        template, units = self._template(chosen)
        if template is None:
            return ()
        month = f"{clock.local(clock.now()):%Y-%m}"
        report = self.reports.of_template(principal, template, region, month)
        return tuple(
            TopicNumber(head=column.head, unit=unit, text=cell.text)
            for column, unit, cell in zip(template.columns, units, report.total.cells, strict=True)
        )

    def _topic(self, library: Library) -> Topic:
        held = _of(library, pack().resources)
        return Topic(
            id=library.id,
            name=library.name,
            about=library.about,
            resources=tuple(one.name for one in held),
            systems=len({one.system for one in held}),
            numbers=sum(len(one.measures) for one in held),
        )

    def _template(self, library: Library) -> tuple[ReportTemplate | None, tuple[str, ...]]:
        columns, units = [], []
        for one in _of(library, pack().resources):
            system = self.registry.systems.get(one.system)
            known = {rule.id: rule for rule in system.manifest.measures} if system else {}
            for name in one.measures:
                if name in known:
                    columns.append(
                        ReportColumn(head=known[name].name, measure=name, system=one.system)
                    )
                    units.append(known[name].unit)
        if not columns:
            return None, ()
        return ReportTemplate(id="library", name=library.name, columns=tuple(columns)), tuple(units)

    def _entry(self, one: Resource, good: dict[str, datetime]) -> Entry:
        city = pack()
        site = next(place for place in city.systems if place.id == one.system)
        system = self.registry.systems.get(one.system)
        roles, purposes = _users(one, system, city)
        return Entry(
            id=one.id,
            name=one.name,
            system_id=one.system,
            system=site.name,
            owner=site.owner,
            sharing=one.sharing,
            contents=_contents(one, system),
            basis=site.legal_basis or "尚未取得",
            users=roles,
            purposes=purposes,
            libraries=tuple(lib.name for lib in city.resources.library if one.id in lib.resources),
            mode=system.mode if system else site.mode,
            simulated=site.simulated,
            as_of=good.get(one.system),
        )


def _of(library: Library, texts: ResourceTexts) -> list[Resource]:
    by_id = {one.id: one for one in texts.resource}
    return [by_id[one] for one in library.resources]


def _contents(one: Resource, system: System | None) -> tuple[str, ...]:
    if system is None:
        return ()
    manifest = system.manifest
    counted = {rule.id: rule.name for rule in manifest.measures}
    return (
        *(manifest.fields[name].label for name in one.fields),
        *(f"{counted[name]}（统计）" for name in one.measures),
        *(("任务",) if one.tasks else ()),
    )


def _users(
    one: Resource, system: System | None, city: CityPack
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may be given it: roles by name, and the purposes that the manifest asks for."""
    needed = "records.open" if one.fields else "tasks.view" if one.tasks else NUMBERS
    roles: list[str] = []
    purposes: dict[str, None] = {}  # in the order of the roles, each once
    for role in city.roles:
        may = needed in role.permissions and (
            not one.fields or "*" in role.systems or one.system in role.systems
        )
        if not may:
            continue
        if not one.fields or system is None:
            roles.append(role.name)
            continue
        readable = [
            purpose
            for purpose in role.purposes
            if set(one.fields) & system.readable((role.id,), purpose)
        ]
        if readable:
            roles.append(role.name)
            purposes |= dict.fromkeys(map(trailwords.purpose, readable))
    return tuple(roles), tuple(purposes)


def _fits(one: Entry, words: str) -> bool:
    return any(matches(name, words) for name in (one.name, one.system, *one.contents))


def problems(texts: ResourceTexts, registry: Registry, known: Sequence[str]) -> Iterator[str]:
    """What a catalogue names that no system of this city has."""
    for one in texts.resource:
        if one.system not in known:
            yield f"“{one.name}”：本市没有业务系统“{one.system}”"
            continue
        system = registry.systems.get(one.system)
        if system is None:  # left out at the start: said there, with file and line
            continue
        manifest = system.manifest
        counted = {rule.id for rule in manifest.measures}
        yield from (
            f"“{one.name}”：{one.system} 没有字段“{name}”"
            for name in one.fields
            if name not in manifest.fields
        )
        yield from (
            f"“{one.name}”：{one.system} 没有统计指标“{name}”"
            for name in one.measures
            if name not in counted
        )
        if one.tasks and manifest.tasks is None:
            yield f"“{one.name}”：{one.system} 没有任务"


def load(registry: Registry, texts: ResourceTexts, known: Sequence[str]) -> None:
    """Refuse a catalogue that promises what nobody shares; every line names the resource."""
    wrong = list(problems(texts, registry, known))
    if wrong:
        raise ValueError("resources.toml：" + "\n".join(wrong))
