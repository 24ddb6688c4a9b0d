"""Each system has its own truth: gaps, spellings, codes and old values."""

import json
import re

import pytest

from sandbox.distort import dotted, in_capitals, question_marks
from sandbox.grid.records import Records as Grid
from sandbox.medical_insurance.records import Records as Medical
from sandbox.pension.records import Records as Pension
from sandbox.people import Tie
from sandbox.population import World
from sandbox.subsistence.records import Records as Subsistence
from tests.sandbox.conftest import RENAMED, RETIRED
from tests.sandbox.support import FIXTURES

GRID_COLUMNS = tuple(
    json.loads((FIXTURES / "grid" / "person_found.json").read_text(encoding="utf-8"))[0]
)


@pytest.fixture(scope="module")
def grid(world: World) -> list[dict[str, object]]:
    return [dict(zip(GRID_COLUMNS, row, strict=True)) for row in Grid(world).persons()]


@pytest.fixture(scope="module")
def medical(world: World) -> list[dict[str, object]]:
    records = Medical(world)
    return [records.full(person) for person in records.register.members]


@pytest.fixture(scope="module")
def pension(world: World) -> list[dict[str, str | None]]:
    records = Pension(world)
    return [records.full(person) for person in records.register.members]


@pytest.fixture(scope="module")
def subsistence(world: World) -> list[dict[str, object]]:
    records = Subsistence(world)
    return [records.full(person) for person in records.register.members]


def test_the_grid_knows_most_people_yet_misses_some_that_others_have(world: World) -> None:
    known = {person.no for person in Grid(world).register.members}
    others = {
        person.no
        for records in (Medical(world), Pension(world), Subsistence(world))
        for person in records.register.members
    }
    assert 0.9 < len(known) / len(world.persons) < 0.98
    assert len(known) > len({p.no for p in Medical(world).register.members})
    assert len(others - known) > 100


def test_every_system_misses_somebody_whom_it_should_know(world: World) -> None:
    insured = [p for p in world.persons if p.insurance]
    assert 0.02 < 1 - len(Medical(world).register.members) / len(insured) < 0.06
    joined = [p for p in world.persons if p.pension_since]
    assert 0.015 < 1 - len(Pension(world).register.members) / len(joined) < 0.05


def test_sexes_are_coded_in_four_ways(
    grid: list[dict[str, object]],
    medical: list[dict[str, object]],
    pension: list[dict[str, str | None]],
    subsistence: list[dict[str, object]],
) -> None:
    assert {row["XB"] for row in grid} == {"0", "1"}
    assert {row["gender"] for row in medical} == {"男性", "女性"}
    assert {row["AAC004"] for row in pension} == {"1", "2", "9"}
    assert {row["xb"] for row in subsistence} == {"1", "2"}


def test_the_renamed_district_is_under_its_old_code_where_it_should_be(
    grid: list[dict[str, object]],
    medical: list[dict[str, object]],
    pension: list[dict[str, str | None]],
    subsistence: list[dict[str, object]],
) -> None:
    codes = [str(row[c]) for row in grid for c in ("HJ_QHDM", "XZ_QHDM", "WGDM", "FWBH", "HH")]
    assert any(code.startswith(RETIRED) for code in codes)
    assert not any(code.startswith(RENAMED) for code in codes)
    regions = [str(row["AAB301"]) for row in pension]
    assert any(code.startswith(RETIRED) for code in regions)
    assert not any(code.startswith(RENAMED) for code in regions)
    mixed = [str(row["hjqh"]) for row in subsistence]
    assert any(code.startswith(RETIRED) for code in mixed)
    assert any(code.startswith(RENAMED) for code in mixed)
    current = [str(row["registeredResidence"]) for row in medical]
    assert any(RENAMED in text for text in current)
    assert not any(f"'{RETIRED}" in text for text in current)


def test_some_old_numbers_of_elders_are_left_and_are_found_either_way(world: World) -> None:
    records = Pension(world)
    old = [p for p in records.register.members if len(records.full(p)["AAC002"] or "") == 15]
    assert 10 < len(old) < 0.1 * len(records.register.members)
    for person in old:
        short = records.full(person)["AAC002"]
        assert short is not None
        assert records.find(short) is person
        assert records.find(person.id_number) is person
        assert person.born.year < 1958


def test_numbers_are_typed_with_spaces_and_small_letters(grid: list[dict[str, object]]) -> None:
    typed = [str(row["ZJHM"]) for row in grid]
    assert any(number.endswith("  ") for number in typed)
    assert any("x" in number for number in typed)
    for row in grid:
        assert str(row["ZJHM"]).strip().upper() == row["ZJHM_CX"]


def test_middle_dots_are_typed_as_each_system_likes(
    grid: list[dict[str, object]],
    medical: list[dict[str, object]],
    pension: list[dict[str, str | None]],
    subsistence: list[dict[str, object]],
) -> None:
    assert {c for row in medical for c in str(row["psnName"]) if c in "·•．"} == {"·", "•"}
    assert {c for row in pension for c in str(row["AAC003"]) if c in "·•．"} == {"．"}
    assert not [row for row in subsistence if re.search("[·•．]", str(row["xm"]))]
    assert "·" in "".join(str(row["XM"]) for row in grid)


def test_rare_characters_are_kept_spelt_or_lost() -> None:
    assert in_capitals("王䶮") == "王YAN"
    assert question_marks("王䶮") == "王?"
    assert dotted("桑杰·才让", "．") == "桑杰．才让"


def test_rare_characters_arrive_as_question_marks_in_the_pension_system(
    pension: list[dict[str, str | None]], medical: list[dict[str, object]]
) -> None:
    assert any("?" in (row["AAC003"] or "") for row in pension)
    assert not any("?" in str(row["psnName"]) for row in medical)


def test_surnames_differ_between_systems(
    world: World, pension: list[dict[str, str | None]]
) -> None:
    truth = {person.id_number: person.name[0] for person in world.persons}
    other = [
        row
        for row in pension
        if row["AAC002"] in truth and (row["AAC003"] or "")[0] != truth[row["AAC002"] or ""]
    ]
    assert 0 < len(other) < 0.05 * len(pension)


def test_systems_disagree_where_people_moved(world: World) -> None:
    grid, pension = Grid(world).register, Pension(world).register
    moved = [p for p in world.persons if p.earlier(Tie.LIVING)]
    views = [(grid.home(p, 0.3).region, pension.home(p, 0.7).region) for p in moved]
    assert any(one != other for one, other in views)
    assert any(one == other for one, other in views)


def test_nothing_is_written_in_several_ways(
    grid: list[dict[str, object]], subsistence: list[dict[str, object]]
) -> None:
    assert {None, "", "无"} <= {row["LXDH"] for row in grid}
    assert {None, "", "无"} <= {row["bz"] for row in subsistence}


def test_a_person_always_looks_the_same_in_a_system(world: World) -> None:
    first, second = Medical(world), Medical(world)
    for person in first.register.members[:300]:
        assert first.full(person) == second.full(person)


def test_no_field_of_any_system_is_about_ethnicity_or_religion(
    medical: list[dict[str, object]],
    pension: list[dict[str, str | None]],
    subsistence: list[dict[str, object]],
) -> None:
    names = {
        *GRID_COLUMNS,
        *(name for row in (medical[0], pension[0], subsistence[0]) for name in row),
    }
    pinyin = {"MZ", "MZDM", "ZJXY", "ZJ", "ZZMM", "AAC005", "AAC024"}  # 民族 宗教 政治面貌
    assert not {name.upper() for name in names} & pinyin
    assert not [name for name in names if re.search("ethnic|nation|relig|party", name, re.I)]


def test_the_rent_of_a_flat_leads_to_another_owner(world: World) -> None:
    kinds = {row[4] for row in Grid(world).houses()}
    assert kinds == {"1", "2"}
