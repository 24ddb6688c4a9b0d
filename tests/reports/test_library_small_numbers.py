"""No difference of library tables tells a small number, whatever one post puts side by side.

Every library template about hardship, disability or children is built for every place that a post
may see (as its .zip holds them), its lines place by place as well. All that is shown exactly is
read as equations over what was counted, together with what is known of measures that share persons
(urban and rural families are all families, whose allowance runs and whose is suspended are all who
have one). Nothing from one to four may follow by adding and subtracting.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from auth.principal import Principal
from portal import plugs
from portal.connectors.registry import load_registry
from portal.functions.reports import Reports, Shown, library, plain
from portal.functions.reports import plan as planning
from portal.functions.reports.dressing import OTHERS, REST
from portal.functions.reports.model import SMALL_LIMIT, Report, Row
from portal.store import clock, formulas, measures
from portal.store.citypack import ReportTemplate, read_pack
from portal.store.clock import FrozenClock
from portal.store.measure_words import Cell, Snapshot, Topic
from portal.store.scope import scoped
from tests import people
from tests.reports.test_own import holds
from tests.reports.test_small_numbers import EAST, LEAVES, LOOSE, MONTHS, NEW, PLACES, STREET

PRIME = 2_147_483_647
WILLOW = "990102001001"
CITY_PACK = Path(__file__).parents[2] / "city" / "xining"
SIZE = len(PLACES)
CHILDREN = ("000-006", "007-014")
BUILT = (EAST, STREET, NEW[2], WILLOW, "990102002001")  # of each street one community
Vector = NDArray[np.int64]

Atom = tuple[str, str]

# What is known of measures that share persons: a family of them, and what tells its persons apart.
AGES = ("年长", "未成年", "其他年龄")
APART: dict[str, tuple[tuple[str, ...], ...]] = {
    "subsistence_households": (("城市", "农村"),),
    "subsistence_persons": (("城市低保", "农村低保"), AGES),
    "disability_subsidy": (("正常发放", "暂停发放"), AGES, ("生活", "护理", "两项")),
}
# A measure of such a family counts those that have one of these words.
SOME: dict[str, tuple[str, tuple[str, ...]]] = {
    "subsistence_households_urban": ("subsistence_households", ("城市",)),
    "subsistence_households_rural": ("subsistence_households", ("农村",)),
    "subsistence_elderly": ("subsistence_persons", ("年长",)),
    "subsistence_minors": ("subsistence_persons", ("未成年",)),
    "disability_subsidy_paid": ("disability_subsidy", ("正常发放",)),
    "disability_elderly": ("disability_subsidy", ("年长",)),
    "disability_minors": ("disability_subsidy", ("未成年",)),
    "disability_living": ("disability_subsidy", ("生活", "两项")),
    "disability_care": ("disability_subsidy", ("护理", "两项")),
}


def _family(measure: str) -> str:
    """Measures that an equation may name together."""
    return SOME[measure][0] if measure in SOME else measure


@dataclass
class World:
    """The library of the real city over a small city's places."""

    reports: Reports
    templates: tuple[ReportTemplate, ...]
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)  # measure -> its slices

    def families(self) -> list[str]:
        return sorted({_family(one) for one in self.parts})

    def atoms(self, family: str) -> list[Atom]:
        """What is counted apart in a family of measures."""
        if family in APART:
            return [(family, "|".join(words)) for words in product(*APART[family])]
        return [(family, part) for part in self.parts[family]]

    def having(self, family: str, words: Iterable[str]) -> set[Atom]:
        """The atoms that have one of some words."""
        return {one for one in self.atoms(family) if set(one[1].split("|")) & set(words)}

    def slices(self, measure: str) -> list[tuple[str, set[Atom]]]:
        """A measure's slices as they are stored, each with the atoms in it."""
        if measure in SOME:
            return [("", self.having(*SOME[measure]))]
        if measure not in APART:
            return [(part, {(measure, part)}) for part in self.parts[measure]]
        if self.parts[measure] == ("",):
            return [("", set(self.atoms(measure)))]
        return [(part, self.having(measure, [part])) for part in self.parts[measure]]

    def hidden(self, family: str) -> dict[str, set[Atom]]:
        """The numbers of a family that must not be told while they are small."""
        atoms = set(self.atoms(family))
        if family == "residents":
            bands = {low: {one for one in atoms if one[1].endswith(low)} for low in CHILDREN}
            return bands | {one[1]: {one} for low in CHILDREN for one in bands[low]}
        found = {family: atoms}
        for measure in (one for one in self.parts if _family(one) == family):
            for part, those in self.slices(measure):
                found |= {
                    f"{measure} {part}": those,
                    f"{family} without {measure} {part}": atoms - those,
                }
        for words in APART.get(family, ()):
            found |= {word: self.having(family, [word]) for word in words if word != "两项"}
        return found


def _parts(known: Any) -> tuple[str, ...]:
    if known.bands:
        bands = [f"{low:03d}-{'' if high is None else f'{high:03d}'}" for low, high in known.bands]
        return tuple(f"{sex}|{band}" for sex in ("男", "女") for band in bands)
    named = [one for one in known.slices or () if not one.startswith("未")]
    if known.definition.id == "subsistence_persons":
        named.remove("特困供养")  # told apart: it is no part of it
    return tuple(named) or ("",)


@pytest.fixture
def world(hailing: Any, frozen: FrozenClock) -> World:
    people.add_places(*((code, f"地{code}") for code in NEW))
    city = read_pack(CITY_PACK)
    registry = load_registry(
        city.systems, retired_codes=city.retired_codes, unread=city.unread_systems
    )
    reports = Reports(registry=registry, own=plugs.own_measures(city))
    catalogue = reports.catalogue
    found = library.of(city, registry, catalogue)
    chosen = tuple(one for one in found.templates if planning.make(one, catalogue).groups)
    sensitive = [
        one
        for one in catalogue.measures.values()
        if one.definition.topic is not Topic.NONE or one is catalogue.residents
    ]
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [one.definition for one in sensitive])
    return World(reports, chosen, {one.definition.id: _parts(one) for one in sensitive})


# -- what is true, and saying it -----------------------------------------------------------------

Truth = dict[Atom, Vector]  # atom -> a number for each month and place


def truth_of(world: World, seed: int) -> Truth:
    """Much that is small, some places where hardly anything is, and grown-ups in plenty."""
    dice = np.random.default_rng(seed)
    shape = (len(MONTHS), SIZE)
    large = dice.random() < 0.5
    found: Truth = {}
    for family in world.families():
        for atom in world.atoms(family):
            few = np.where(
                dice.random(shape) < 0.4, dice.integers(0, 7, shape), dice.integers(0, 40, shape)
            )
            if large:
                few = np.where(dice.random(shape) < 0.93, few + 20, few)
            if family == "residents" and int(atom[1].partition("|")[2][:3]) >= 15:
                few = dice.integers(20, 90, shape) + few
            few[1] = np.where(dice.random(SIZE) < 0.6, few[0], few[1])
            found[atom] = few.astype(np.int64)
    return found


def say(world: World, truth: Truth) -> None:
    """Let each system say its numbers for the ends of both months."""
    last = clock.local(clock.now()).date()
    days = (last.replace(month=10, day=31), last)
    catalogue = world.reports.catalogue
    with scoped(measures.WRITER) as connection:
        for measure in world.parts:
            system = catalogue.supplier(measure) or ""
            for month, day in enumerate(days):
                sums: dict[tuple[str, str], int] = {}
                for part, atoms in world.slices(measure):
                    for place, code in enumerate(PLACES):
                        sums[code, part] = sum(int(truth[one][month, place]) for one in atoms)
                cells = [Cell(region_code=code, slice=part, numerator=number)
                         for (code, part), number in sums.items() if number]  # fmt: skip
                picture = Snapshot(measure=measure, system_id=system, day=day,
                                   as_of=clock.now(), taken_at=clock.now())  # fmt: skip
                measures.restate(connection, picture, cells)
    measures.settle()


# -- what the tables tell ------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A number that a table shows, and what it counts: a family, and so much of each atom."""

    family: str
    counts: Vector
    value: int
    where: str


def vector(
    world: World, family: str, fits: set[Atom], region: str, month: int, *, alone: bool
) -> Vector:
    inside = [code == region if alone else code.startswith(region) for code in PLACES]
    when = np.array([n == month for n in range(len(MONTHS))], dtype=np.int64)
    atoms = np.array([one in fits for one in world.atoms(family)], dtype=np.int64)
    return np.kron(when, np.kron(np.array(inside, dtype=np.int64), atoms))


def flat(world: World, family: str, truth: Truth) -> Vector:
    table = np.stack([truth[one] for one in world.atoms(family)], axis=-1)
    return table.reshape(-1)


class Reading:
    """Reads one post's tables."""

    def __init__(self, world: World, who: Principal) -> None:
        self._world, self._who = world, who

    def all(self, regions: list[str]) -> Iterator[Told]:
        """The month's tables of every place; the month before stands beside it in many of them."""
        for template in self._world.templates:
            lined = range(len(template.lines))
            for made in (template, *(planning.unfolded(template, one) for one in lined)):
                for region in regions:
                    if made is template or len(region) < 12:  # else: the line's own numbers
                        yield from self._table(made, region, MONTHS[1])
            yield from self._table(template, regions[0], MONTHS[0])

    def _table(self, template: ReportTemplate, region: str, month: str) -> Iterator[Told]:
        reports = self._world.reports
        report = reports.of_template(self._who, template, region, month)
        plan = planning.make(template, reports.catalogue)
        for row in (*report.rows, *([report.total] if report.total_shown else [])):
            if row.name == OTHERS:
                continue
            for place, cell in enumerate(row.cells):
                if cell.shown is not Shown.EXACT or cell.value is None:
                    continue
                column = template.columns[place]
                if column.formula:
                    self._follows(template, report, row, place)
                    continue
                line = planning.WHOLE if row.line is None else row.line
                slot = plan.slots[line, place]
                told = self._told(plan.bases[slot], column.compare, row, region, month, template)
                if told is not None:
                    yield Told(told[0], told[1], int(cell.value), f"{template.name} {row.name}")

    def _follows(self, template: ReportTemplate, report: Report, row: Row, place: int) -> None:
        """What a formula shows follows from what is shown beside it."""
        heads = {one.id: n for n, one in enumerate(template.columns) if one.id}
        for name in formulas.read(template.columns[place].formula).names:
            beside = row.cells[heads[name]]
            assert beside.shown is Shown.EXACT, (template.name, report.region_code, row.name)

    def _told(
        self, base: Any, compare: str, row: Row, region: str, month: str, template: ReportTemplate
    ) -> tuple[str, Vector] | None:
        world = self._world
        if base.measure not in world.parts:
            return None  # what nobody counts here, or the census
        when = MONTHS.index(month)
        if template.rows == "months":
            number = row.name.partition("年")[2].removesuffix("月")
            named = f"2026-{int(number):02d}" if number else month
            if named not in MONTHS:
                return None
            when = MONTHS.index(named)
        if compare == "previous":
            when -= 1
        if compare == "last_year" or when < 0:
            return None
        fits = {
            one
            for part, atoms in world.slices(base.measure)
            if plain.fits(base, part)
            for one in atoms
        }
        code, alone = (region, True) if row.name == REST else (row.code or region, False)
        family = _family(base.measure)
        return family, vector(world, family, fits, code, when, alone=alone)


class Known:
    """What follows by adding and subtracting, for one family; exact by a large prime."""

    def __init__(self, given: list[Told], width: int) -> None:
        rows = {one.counts.tobytes(): one.counts for one in given}
        nought = np.zeros(width, dtype=bool)
        for one in given:  # nought of something is nought of each of its parts
            if not one.value:
                nought |= one.counts > 0
        self._free = ~nought
        table = np.array([row[self._free] for row in rows.values()] or
                         np.zeros((0, int(self._free.sum()))), dtype=np.int64)  # fmt: skip
        self._steps: list[tuple[int, Vector]] = []
        for row in table:
            left = self._left(row % PRIME)
            found = np.flatnonzero(left)
            if found.size:
                pivot = int(found[0])
                self._steps.append((pivot, left * pow(int(left[pivot]), -1, PRIME) % PRIME))

    def _left(self, left: Vector) -> Vector:
        for pivot, step in self._steps:
            if left[pivot]:
                left = (left - int(left[pivot]) * step) % PRIME
        return left

    def tells(self, counts: Vector) -> bool:
        return not self._left(counts[self._free] % PRIME).any()


def secrets(world: World, family: str, codes: list[str]) -> Iterator[tuple[str, Vector]]:
    """Every number that nobody without record rights may learn while it is small."""
    kinds = world.hidden(family)
    for month in range(len(MONTHS)):
        for name, fits in kinds.items():
            for code in codes:
                for alone in (False, True) if code in LOOSE else (False,):
                    words = f"{MONTHS[month]} {code} {name} {'未明确' * alone}"
                    yield words, vector(world, family, fits, code, month, alone=alone)


def check(world: World, truth: Truth, scope: str, role: str = "leader") -> tuple[int, int]:
    """All tables of a post of a place; gives how much was told and how much had to stay hidden."""
    codes = [one for one in (EAST, STREET, NEW[2], *LEAVES) if one.startswith(scope)]
    told = list(Reading(world, holds(scope, role)).all([one for one in codes if one in BUILT]))
    hidden = 0
    for family in world.families():
        real = flat(world, family, truth)
        given = [one for one in told if one.family == family]
        for one in given:  # the test itself reads the tables rightly
            assert int(one.counts @ real) == one.value, one.where
        known = Known(given, real.size)
        for words, counts in secrets(world, family, codes):
            if 0 < int(counts @ real) < SMALL_LIMIT:
                hidden += 1
                assert not known.tells(counts), words
    return len(told), hidden


def test_no_difference_of_library_tables_tells_a_small_number(world: World) -> None:
    assert len(world.templates) >= 20 and len(world.parts) >= 15
    met = {"told": 0, "hidden": 0}

    @given(seed=st.integers(0, 2**32), street=st.booleans())
    @settings(max_examples=1, deadline=None, phases=[Phase.reuse, Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def holds_for(seed: int, street: bool) -> None:
        truth = truth_of(world, seed)
        say(world, truth)
        for scope in (STREET if street else EAST, WILLOW):
            told, hidden = check(world, truth, scope)
            met["told"] += told
            met["hidden"] += hidden

    holds_for()
    assert met["told"] > 300 and met["hidden"] > 20, met
    # Who may see records is told all of it: the equations do find what a table tells.
    truth = truth_of(world, 1)
    truth["disabled", "一级"][1, PLACES.index(WILLOW)] = 2
    say(world, truth)
    with pytest.raises(AssertionError, match=WILLOW):
        check(world, truth, WILLOW, "community_clerk")
