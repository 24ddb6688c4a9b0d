"""Which measures there are: what each counts, in what unit, who says it, how it is divided.

A measure is declared by the manifest of the system that counts it, or by the platform for what
happens here. A template may name no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from portal.connectors.counting import BLANK, UNREAD
from portal.connectors.manifest import MeasureMap
from portal.connectors.registry import Registry, System
from portal.functions.reports.model import Meaning
from portal.store.measure_words import Definition, Kind, Topic

_LEVELS = "社区（村）"
_IN_RECORDS = "有档案权限的岗位在“统一数据”中按人、按户调取"
_ELSEWHERE = "明细在来源系统，本平台只接收数量"


class _Counts(Protocol):
    @property
    def measure(self) -> str: ...
    @property
    def system(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Own:
    """A measure that the platform counts itself; ``slices`` none: it may have any."""

    definition: Definition
    system_id: str
    source: str
    owner: str = ""
    basis: str = ""
    about: str = ""
    cases: str = ""  # where one sees what was counted, one by one
    slices: tuple[str, ...] | None = ()
    divides: bool = True  # its slices add up to the whole
    fraction: bool = False  # it counts how many, and how many of them


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """Who counts a measure, under which legal basis."""

    system_id: str
    name: str
    owner: str = ""
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """One measure."""

    definition: Definition
    suppliers: tuple[Supplier, ...]
    about: str = ""
    cases: str = ""
    own: bool = False
    level: str = _LEVELS
    slices: tuple[str, ...] | None = ()
    bands: tuple[tuple[int, int | None], ...] = ()
    by_sex: bool = False
    part_of: str = ""
    ages: tuple[int, int | None] = (0, None)  # of whom it counts, the first and the last
    divides: bool = True
    fraction: bool = False

    @property
    def series(self) -> int:
        """How many lines of numbers it is: the whole, and its parts."""
        parts = max(1, len(self.bands)) * (2 if self.by_sex else 1)
        return 1 + len(self.slices or ()) + (parts if parts > 1 else 0)


def _bands(ages: Sequence[int]) -> tuple[tuple[int, int | None], ...]:
    ends: list[int | None] = [after - 1 for _, after in pairwise(ages)]
    return tuple(zip(ages, [*ends, None], strict=True)) if ages else ()


def _slices(system: System, one: MeasureMap) -> tuple[str, ...] | None:
    """The parts of a number as far as its code table names them."""
    if one.by is None:
        return ()
    tables = [step.partition(":")[2] for step in one.by.convert if step.startswith("code:")]
    if not tables:
        return None
    words = system.manifest.tables.get(tables[-1], {}).values()
    return (*dict.fromkeys(words), BLANK, UNREAD)


def _supplier(system: System) -> Supplier:
    site = system.site
    basis = "，".join(filter(None, (site.legal_basis, site.approval_no)))
    return Supplier(system_id=system.id, name=site.name, owner=site.owner, basis=basis)


def _declared(system: System, one: MeasureMap) -> Known:
    return Known(
        definition=Definition(
            id=one.id, kind=Kind(one.kind), name=one.name, unit=one.unit, topic=one.topic
        ),
        suppliers=(_supplier(system),),
        about=one.about,
        cases=_ELSEWHERE if one.tallied else _IN_RECORDS,
        slices=_slices(system, one),
        bands=_bands(one.ages),
        by_sex=one.by_sex,
        part_of=one.part_of,
        ages=(one.from_age, one.to_age),
    )


def _apart(one: tuple[int, int | None], other: tuple[int, int | None]) -> bool:
    """Whether nobody has both ages."""
    (first, last), (begin, end) = one, other
    return (last is not None and last < begin) or (end is not None and end < first)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All measures of one process, by id."""

    measures: Mapping[str, Known] = field(default_factory=dict)

    def find(self, measure: str) -> Known | None:
        """The measure of that id."""
        return self.measures.get(measure)

    def supplier(self, measure: str, system: str = "") -> str | None:
        """The system that counts it: the one that is named, else the first that can."""
        known = self.measures.get(measure)
        able = [one.system_id for one in known.suppliers] if known else []
        if system:
            return system if system in able else None
        return able[0] if able else None

    def of_topic(self, topic: Topic) -> tuple[Known, ...]:
        """Every measure about a topic."""
        return tuple(one for one in self.measures.values() if one.definition.topic is topic)

    def beside(self, part: Known) -> tuple[tuple[str, ...], ...]:
        """What may be taken from a measure's whole, so that a number remains: the part itself, and
        the part with another of the same whole that counts nobody of the same age."""
        others = [
            one.definition.id
            for one in self.measures.values()
            if one.part_of == part.part_of and _apart(one.ages, part.ages)
        ]
        return ((), *((one,) for one in others))

    @property
    def residents(self) -> Known | None:
        """The measure that says how many live somewhere: it bounds what is about some of them."""
        return next(
            (
                one
                for one in self.measures.values()
                if one.bands and one.definition.topic is Topic.NONE and one.definition.unit == "人"
            ),
            None,
        )


def _may_be_reported(one: MeasureMap) -> bool:
    """Nothing says how sums that a system gives add up to one another, nor may a quarter be told
    beside its months: a small one would show as a difference. 一表通 leaves out such columns."""
    return not one.tallied or one.topic is Topic.NONE


def catalogue(registry: Registry, own: Iterable[Own] = ()) -> Catalogue:
    """Read every manifest, and what the platform counts itself."""
    found: dict[str, Known] = {}
    for system in registry.systems.values():
        for one in filter(_may_be_reported, system.manifest.measures):
            known = _declared(system, one)
            before = found.get(one.id)
            if before is None:
                found[one.id] = known
            else:
                suppliers = (*before.suppliers, *known.suppliers)
                found[one.id] = Known(**{**vars(before), "suppliers": suppliers})
    for mine in own:
        found[mine.definition.id] = Known(
            definition=mine.definition,
            suppliers=(
                Supplier(
                    system_id=mine.system_id, name=mine.source, owner=mine.owner, basis=mine.basis
                ),
            ),
            about=mine.about,
            cases=mine.cases,
            own=True,
            slices=mine.slices,
            divides=mine.divides,
            fraction=mine.fraction,
        )
    return Catalogue(measures=found)


_KINDS = {Kind.FLOW: "发生数", Kind.STOCK: "期末数", Kind.DISTINCT: "不重复数"}


def meanings(catalogue: Catalogue, bases: Iterable[_Counts]) -> tuple[Meaning, ...]:
    """What the measures of a report count."""
    found = []
    for measure, system in dict.fromkeys((one.measure, one.system) for one in bases):
        known = catalogue.find(measure)
        if known is None:
            continue
        by = next((one for one in known.suppliers if one.system_id == system), known.suppliers[0])
        found.append(
            Meaning(
                name=known.definition.name,
                about=known.about,
                unit=known.definition.unit,
                kind=_KINDS[known.definition.kind],
                source=by.name,
                owner=by.owner,
                basis=by.basis,
                level=known.level,
                cases=known.cases,
            )
        )
    return tuple(found)
