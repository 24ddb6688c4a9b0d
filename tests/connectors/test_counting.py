"""Counting on a walk: numbers come out, persons do not, and nothing is invented."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.contract import RosterEntry, RosterRelation, TheirFault
from portal.connectors.counting import Counting, age_on, columns_of, sex_of
from portal.connectors.manifest import MeasureMap
from portal.connectors.registry import ManifestError
from tests.connectors.conftest import MakeWorld
from tests.connectors.desk import desk_on
from tests.connectors.grounds import Ground
from tests.connectors.support import ID_NUMBER, OTHER_ID_NUMBER, always, in_turn, load

TODAY = date(2026, 11, 23)
HERE, THERE = "990102001001", "990102001002"


def measure(**changes: Any) -> MeasureMap:
    return MeasureMap(**{"id": "m", "name": "数", **changes})


def entry(
    born: str = "19530412", place: str | None = HERE, household: str | None = None, sex: int = 2
) -> RosterEntry:
    relations = (RosterRelation(kind="居住", region_code=place),) if place else ()
    return RosterEntry(
        foreign_id="1",
        id_number=f"990102{born}98{sex}2",
        name="张三",
        relations=relations,
        household_no=household,
    )


def count(one: MeasureMap, *rows: tuple[dict[str, Any], RosterEntry]) -> Any:
    counting = Counting([one], TODAY)
    for row, of in rows:
        counting.take(row, of)
    (result,) = counting.results()
    return result


def numbers(result: Any) -> dict[tuple[str, str], int]:
    return {(one.region_code, one.slice): one.number for one in result.counts}


@pytest.mark.parametrize(
    ("born", "age"),
    [("20261123", 0), ("20191124", 6), ("20191123", 7), ("20000229", 26), ("19461122", 80)],
)
def test_an_age_is_in_full_years_on_the_day(born: str, age: int) -> None:
    assert age_on(f"990102{born}9822", TODAY) == age


def test_the_sex_is_in_the_identity_number() -> None:
    assert (sex_of(ID_NUMBER), sex_of(OTHER_ID_NUMBER)) == ("女", "男")


@given(ages=st.lists(st.integers(0, 110), max_size=30))
def test_every_person_is_in_exactly_one_band(ages: list[int]) -> None:
    one = measure(ages=(0, 7, 15, 60, 65, 80), by_sex=True)
    rows = [({}, entry(born=f"{2026 - age}0101", sex=age % 2)) for age in ages]
    result = numbers(count(one, *rows))
    assert sum(result.values()) == len(ages)
    children = sum(n for (_, part), n in result.items() if part.endswith(("000-006", "007-014")))
    assert children == sum(age < 15 for age in ages)
    assert sum(n for (_, part), n in result.items() if part.endswith("080-")) == sum(
        age >= 80 for age in ages
    )


def test_only_rows_that_fit_are_counted() -> None:
    one = measure(where="DJLR == '1'", from_age=60)
    rows = [
        ({"DJLR": "1"}, entry()),
        ({"DJLR": "0"}, entry()),
        ({"DJLR": None}, entry()),
        ({"DJLR": "1"}, entry(born="20000101")),
    ]
    assert numbers(count(one, *rows)) == {(HERE, ""): 1}


def test_a_column_that_no_row_has_is_named_and_not_taken_for_nought() -> None:
    result = count(measure(where="a.b == '1' && c[0] == '2'"), ({"c": []}, entry()))
    assert result.absent == ("a",)
    assert count(measure(where="c == '1'"), ({"c": None}, entry())).absent == ()


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("ztbz == '1' && (bzlx == '1' || bzlx == '2')", {"ztbz", "bzlx"}),
        ("person.status == '1'", {"person"}),
        ("contains(kinds[].code, '3')", {"kinds"}),
        (None, set()),
    ],
)
def test_the_columns_of_a_predicate_are_known(expression: str | None, columns: set[str]) -> None:
    assert columns_of(expression) == columns


def test_a_household_counts_once_where_most_of_it_lives() -> None:
    rows = [
        ({}, entry(household="A", place=HERE)),
        ({}, entry(household="A", place=THERE)),
        ({}, entry(household="A", place=THERE)),
        ({}, entry(household="B", place=THERE)),
        ({}, entry(household="C", place=HERE)),
        ({}, entry(household="C", place=HERE)),
        ({}, entry(household="C", place=HERE)),
        ({}, entry(household=None)),
    ]
    result = count(measure(count="households"), *rows)
    assert numbers(result) == {(THERE, ""): 2, (HERE, ""): 1}
    assert result.nowhere == 1


def test_who_lives_nowhere_known_is_counted_apart() -> None:
    result = count(measure(), ({}, entry(place=None)), ({}, entry()))
    assert (numbers(result), result.nowhere) == ({(HERE, ""): 1}, 1)


# -- on a walk ------------------------------------------------------------------------------------

MEASURED = """
household_no = "house"
[[roster.relations]]
kind = "居住"
region_code = "place"
[[measures]]
id = "people"
name = "人数"
[[measures]]
id = "first_grade"
name = "一等"
where = "grade == '1'"
"""


def with_measures(text: str) -> str:
    able = text.replace('"roster"]', '"reports", "roster"]').replace("size = 2", "size = 9")
    return able + MEASURED


def person(number: str, grade: str = "1") -> dict[str, str]:
    return {
        "no": number,
        "id": ID_NUMBER if number == "1" else OTHER_ID_NUMBER,
        "name": "才让卓玛",
        "place": HERE,
        "grade": grade,
    }


def test_one_walk_gives_persons_to_the_index_and_numbers_to_the_measures(
    make_world: MakeWorld,
) -> None:
    rows = [person("1"), person("2", "2"), {"no": "3"}]
    world = make_world({"a": always({"code": "0", "rows": rows})}, with_measures)
    roster = world.gateway.roster("a")
    assert len(list(roster)) == 2
    found = {one.measure.id: numbers(one) for one in roster.counted()}
    assert found == {"people": {(HERE, ""): 2}, "first_grade": {(HERE, ""): 1}}
    assert "才让" not in repr(roster.counted()) and ID_NUMBER not in repr(roster.counted())


def test_a_walk_that_broke_off_gives_no_number(make_world: MakeWorld) -> None:
    page = {"code": "0", "rows": [person("1"), person("2")]}
    world = make_world(
        {"a": in_turn(page, TheirFault())},
        lambda text: with_measures(text).replace("size = 9", "size = 2"),
    )
    roster = world.gateway.roster("a")
    with pytest.raises(TheirFault):
        list(roster)
    with pytest.raises(RuntimeError, match="part of a roster"):
        roster.counted()


@pytest.mark.parametrize("system_id", ["grid", "subsistence"])
def test_the_rosters_of_our_systems_carry_what_their_measures_read(
    system_id: str, configured: Path, sandbox: Ground
) -> None:
    with desk_on(sandbox) as desk:
        roster = desk.gateway.roster(system_id)
        entries = list(roster)
    counted = roster.counted()
    assert counted
    assert [one.absent for one in counted] == [()] * len(counted)
    assert roster.as_of is not None, "a report must be able to say from when its numbers are"
    whole = next((one for one in counted if one.measure.id == "residents"), None)
    if whole is not None:
        assert sum(one.number for one in whole.counts) + whole.nowhere == len(entries)


# -- what a manifest may not say ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.replace('"reports", ', ""), "reports 与 measures 须同时写明"),
        (lambda text: text.replace('"first_grade"', '"people"'), "写了两次"),
        (lambda text: text.replace("grade == '1'", "grade =="), "JMESPath"),
        (lambda text: text.replace("grade == '1'", "zzmm == '01'"), "平台不得读取"),
        (lambda text: text.replace('"人数"', '"信访人数"'), "平台不得统计"),
        (lambda text: text + 'count = "households"\nby_sex = true\n', "户数不能"),
        (lambda text: text + "ages = [7, 15]\n", "从 0 起"),
        (lambda text: text + 'relation = "产权"\n', "名册没有"),
        (lambda text: text + 'part_of = "first_grade"\n', "不是本系统同一主题"),
        (
            lambda text: text.replace('household_no = "house"', "") + 'count = "households"\n',
            "没有户号",
        ),
        (lambda text: text + 'topic = "religion"\n', "值不合要求"),
    ],
)
def test_a_measure_that_cannot_be_right_is_refused(
    change: Callable[[str], str], problem: str, tmp_path: Any
) -> None:
    with pytest.raises(ManifestError, match=problem):
        load(tmp_path, ["a"], lambda text: change(with_measures(text)))
