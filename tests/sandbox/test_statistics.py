"""The monthly numbers of the simulated systems agree with what they say of one, and only grow."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from portal.functions.reports.protect import Group, Table, close
from portal.settings import ROOT
from sandbox.distort import Register
from sandbox.grid.numbers import NUMBERS as GRID
from sandbox.kit.statistics import MONTHS, Statistics
from sandbox.pension.numbers import numbers as pension_numbers
from sandbox.pension.records import Records as Pension
from sandbox.population import World, build
from sandbox.region import load_region
from sandbox.subsistence.numbers import NUMBERS as SUBSISTENCE
from sandbox.subsistence.records import Records as Subsistence
from sandbox.systems.service import disabled_persons, elderly_care, social_assistance
from tests.sandbox.support import NOON

DAY = date(2026, 11, 17)
DECLARED: Mapping[str, Statistics] = {
    one.system: one
    for one in (disabled_persons.NUMBERS, elderly_care.NUMBERS, social_assistance.NUMBERS)
}


def newest(made: Statistics, register: Register, name: str, day: date = DAY) -> dict[str, int]:
    rows = made.rows(register, day)
    return {one[made.number][:12]: int(one[name]) for one in rows if one["_end"] == day}


def members(made: Statistics, world: World) -> Register:
    assert made.people is not None
    return Register(world, made.system, misses=made.people.misses, holds=made.people.holds)


@pytest.mark.parametrize(
    ("system_id", "column", "holds"),
    [
        ("disabled_persons", "HOLDERS", lambda row: row["VALID"] == "1"),
        ("social_assistance", "dblsqs", lambda row: row["slzt"] in "12"),
    ],
)
def test_what_there_is_adds_up_from_what_is_said_of_each(
    system_id: str, column: str, holds: Callable[[Mapping[str, str]], bool], world: World
) -> None:
    made = DECLARED[system_id]
    register = members(made, world)
    assert made.people is not None
    said = [made.people.full(register, one) for one in register.members]
    numbers = newest(made, register, column)
    assert sum(numbers.values()) == sum(map(holds, said)) > 0


def test_pensions_drawn_are_those_of_the_persons(world: World) -> None:
    records = Pension(world)
    made = pension_numbers(records)
    drawing = newest(made, records.register, "BTJ011")
    waiting = newest(made, records.register, "BTJ012")
    rows = [
        (person, records.full(person))
        for person in records.register.members
        if made.where(records.register, person) in world.region.divisions
    ]
    assert sum(drawing.values()) == sum(row["AAC084"] == "1" for _, row in rows) > 0
    assert all(waiting[place] <= drawing[place] for place in drawing)


def test_kinds_of_disability_add_up_to_the_holders(world: World) -> None:
    made = DECLARED["disabled_persons"]
    for row in made(world, lambda: NOON):
        if row["NEWEST"] != "true":
            assert row["HOLDERS"] is None  # what there was is not told of an earlier month
            continue
        kinds = ("SIGHT", "HEARING", "SPEECH", "LIMB", "INTELLECT", "MENTAL", "SEVERAL")
        assert sum(int(row[one]) for one in kinds) == int(row["HOLDERS"])
        assert int(row["ATWORK"]) <= int(row["WORKINGAGE"]) <= int(row["HOLDERS"])


def test_a_month_only_grows_and_a_part_is_never_more_than_the_whole(world: World) -> None:
    register = Register(world, "grid", misses=0.05, holds=lambda _: True)
    first, middle, last = date(2026, 11, 1), DAY, date(2026, 11, 30)
    said = {day: list(GRID.rows(register, day)) for day in (first, middle, last)}
    assert said[middle] == list(GRID.rows(register, middle))  # the same on every start
    for early, late in ((first, middle), (middle, last)):
        for before, after in zip(said[early], said[late], strict=True):
            assert before["TJBH"] == after["TJBH"]
            assert all(int(before[name]) <= int(after[name]) for name in GRID.flows)
    for row in said[last]:
        assert int(row["ZXCZ"]) + int(row["ZBSJ"]) == int(row["SBSJ"]) >= int(row["BJSJ"])
        assert int(row["TJCG"]) <= int(row["JFPC"])
        if row["ZXBZ"] == "1":
            assert int(row["ZHWGS"]) + int(row["ZSWGS"]) == int(row["WGS"])
            assert int(row["ZZWGY"]) + int(row["WGYQE"]) == int(row["ZHWGS"])
    assert sum(int(row["SBSJ"]) for row in said[last]) > 0
    # A closed month is told the same way later on.
    later = {one["TJBH"]: one for one in GRID.rows(register, last + timedelta(days=20))}
    closed = [one for one in said[last] if one["_end"] == last]
    assert closed and len(said[last]) == MONTHS * len(closed)
    for row in closed:
        assert [later[row["TJBH"]][name] for name in GRID.flows] == [
            row[name] for name in GRID.flows
        ]


def test_the_demonstration_holds_enough_hardship_for_a_city_to_be_shown_some() -> None:
    """The rule for small numbers is the same everywhere; of a small world it may leave nothing."""
    city = build(load_region(ROOT / "city" / "xining"))
    register = Subsistence(city).register
    counted: dict[str, Counter[str]] = {}
    for home in city.households:
        there = counted.setdefault(home.region[:6], Counter())
        there["residents"] += len(home.members)
        if home.allowance:
            there[f"kind{home.allowance}"] += 1
            there["persons"] += len(home.members) * (home.allowance != "3")
    helped = social_assistance.NUMBERS
    for made, of, names in (
        (SUBSISTENCE, register, ("byjths", "xzhs", "tchs", "rhhchs", "bfhhs")),
        (helped, members(helped, city), ("lsjzrc",)),
    ):
        for row in made.rows(of, DAY):
            if row["_end"] == DAY:
                for name in names:
                    counted[row[made.number][:6]][name] += int(row[name])
    columns = sorted({name for there in counted.values() for name in there} - {"residents"})
    rows = [(*(there[name] for name in columns), there["residents"])
            for _, there in sorted(counted.items())]  # fmt: skip
    group = Group(protected=tuple(range(len(columns))), residents=len(columns))
    total = [sum(row[at] for row in rows) for at in range(len(columns) + 1)]
    closed = close(Table(total=total, rows=rows), group)
    assert not closed.everything and len(closed.rows) <= len(rows) // 2
