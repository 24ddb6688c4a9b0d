"""What holds for every simulated person, and for all of them together."""

import dataclasses
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from sandbox.identity import IdentityNumbers, NumbersExhausted, Phones, check_digit, old_style
from sandbox.people import Household, Marital, Person, Role, Tie
from sandbox.population import World, build
from sandbox.region import Region
from tests.sandbox.conftest import RENAMED, RETIRED


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_digit_is_the_one_that_others_calculate(stem: str) -> None:
    assert check_digit(stem) == ric.calc_check_digit(stem + "0")


@given(st.dates(date(1920, 1, 1), date(2026, 6, 30)), st.booleans())
def test_numbers_of_one_day_are_all_different(born: date, male: bool) -> None:
    numbers = IdentityNumbers()
    issued = {numbers.issue("990102", born, male=male) for _ in range(500)}
    assert len(issued) == 500
    with pytest.raises(NumbersExhausted):
        numbers.issue("990102", born, male=male)


def test_an_old_number_is_the_new_one_without_century_and_check_digit() -> None:
    assert old_style("630102195304129822") == "630102530412982"


def test_phones_are_well_formed_and_all_different() -> None:
    phones = Phones(["130", "139"])
    issued = [phones.issue() for _ in range(5000)]
    assert len(set(issued)) == 5000
    assert all(len(phone) == 11 and phone.isdecimal() for phone in issued)


def test_every_number_is_valid_and_says_birth_and_sex(world: World) -> None:
    for person in world.persons:
        number = person.id_number
        assert len(number) == 18
        assert number[17] == ric.calc_check_digit(number)
        assert number[6:14] == f"{person.born:%Y%m%d}"
        assert int(number[16]) % 2 == person.male
    assert len({person.id_number for person in world.persons}) == len(world.persons)


def test_numbers_were_issued_here_under_a_retired_code_and_elsewhere(world: World) -> None:
    here = {district.code for district in world.region.districts}
    issued = Counter(person.id_number[:6] for person in world.persons)
    assert issued[RETIRED] > 100
    assert issued[RENAMED] > 10
    elsewhere = sum(count for code, count in issued.items() if code not in here | {RETIRED})
    assert 0.05 < elsewhere / len(world.persons) < 0.25


def share(world: World, holds: Counter[bool]) -> float:
    return holds[True] / len(world.persons)


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [(0.13, 0.21, 0, 14), (0.62, 0.72, 15, 59), (0.14, 0.20, 60, 120), (0.015, 0.05, 80, 120)],
    ids=["children", "of working age", "elders", "the very old"],
)
def test_ages_are_those_of_a_city(
    world: World, low: float, high: float, first: int, last: int
) -> None:
    ages = Counter(first <= person.age(world.today) <= last for person in world.persons)
    assert low < share(world, ages) < high


def test_rates_are_plausible(world: World) -> None:
    count = len(world.persons)
    allowance = sum(bool(world.household_of(p).allowance) for p in world.persons)
    assert 0.015 < allowance / count < 0.05
    assert 0.03 < sum(p.disability is not None for p in world.persons) / count < 0.07
    assert 0.92 < sum(p.insurance is not None for p in world.persons) / count < 0.98
    assert 0.3 < sum(p.pension_since is not None for p in world.persons) / count < 0.5
    assert 0.47 < sum(p.male for p in world.persons) / count < 0.54
    assert 0.01 < sum(world.lives_alone(p) for p in world.persons) / count < 0.06


def test_names_have_every_length_with_and_without_a_dot(world: World) -> None:
    lengths = Counter(len(person.name) for person in world.persons)
    assert all(lengths[length] > 0 for length in range(2, 12))
    assert lengths[2] + lengths[3] > 0.75 * len(world.persons)
    dotted = [person.name for person in world.persons if "·" in person.name]
    assert 0.01 < len(dotted) / len(world.persons) < 0.06
    assert all(not name.startswith("·") and not name.endswith("·") for name in dotted)
    assert any(len(name) == 4 and "·" not in name for name in (p.name for p in world.persons))


def test_some_names_cannot_be_written_in_gbk(world: World) -> None:
    lost = [p.name for p in world.persons if p.name.encode("gbk", "replace").count(b"?")]
    assert 0 < len(lost) < 0.02 * len(world.persons)


def test_a_household_has_one_head_and_no_two_of_a_name(world: World) -> None:
    for household in world.households:
        members = [world.persons[number] for number in household.members]
        assert [member.role for member in members].count(Role.HEAD) == 1
        assert members[0].role is Role.HEAD
        assert len({member.name for member in members}) == len(members)
        assert {member.home.address for member in members} == {household.dwelling}


def test_no_two_households_share_a_dwelling(world: World) -> None:
    dwellings = Counter((home.region, home.dwelling) for home in world.households)
    assert max(dwellings.values()) == 1


def test_parents_are_older_than_their_children(world: World) -> None:
    for household in world.households:
        members = [world.persons[number] for number in household.members]
        for child in members:
            if child.role in (Role.SON, Role.DAUGHTER):
                assert (child.born - members[0].born).days > 17 * 365


def test_children_are_not_married_and_do_not_work(world: World) -> None:
    for person in world.persons:
        if person.age(world.today) < 18:
            assert person.marital is Marital.SINGLE
            assert person.employer is None
            assert person.current(Tie.WORKING) is None


def test_everyone_lives_somewhere_and_is_registered_somewhere(world: World) -> None:
    for person in world.persons:
        assert person.current(Tie.REGISTERED) is not None
        assert person.home.region in world.region.divisions


def test_dates_of_relations_are_possible(world: World) -> None:
    for person in world.persons:
        for relation in person.relations:
            if relation.since is not None:
                assert relation.since <= world.today
                if relation.tie in (Tie.REGISTERED, Tie.LIVING):
                    assert relation.since >= person.born
            if relation.since is not None and relation.until is not None:
                assert relation.since <= relation.until <= world.today


def test_some_live_elsewhere_than_registered_and_some_have_moved(world: World) -> None:
    away = moved = outside = 0
    for person in world.persons:
        registered = person.current(Tie.REGISTERED)
        assert registered is not None
        away += registered.region != person.home.region
        outside += registered.region not in world.region.divisions
        moved += person.earlier(Tie.LIVING) is not None
    count = len(world.persons)
    assert 0.1 < away / count < 0.35
    assert 0.03 < outside / count < 0.15
    assert 0.05 < moved / count < 0.4


def test_nobody_has_anything_to_do_with_places_of_statistics(world: World) -> None:
    closed = [d.code for d in world.region.divisions.values() if d.statistics_only]
    used = {r.region for p in world.persons for r in p.relations}
    assert closed
    assert not used & set(closed)


def test_the_same_seed_gives_the_same_world(region: Region, world: World) -> None:
    again = build(region, seed=world.seed)
    assert list(again.persons) == list(world.persons)
    assert list(again.households) == list(world.households)


def test_another_seed_gives_another_world(region: Region, world: World) -> None:
    other = build(region, seed=world.seed + 1)
    same = {p.id_number for p in other.persons} & {p.id_number for p in world.persons}
    assert len(same) < len(world.persons) / 2


def test_ethnicity_and_religion_are_nowhere() -> None:
    forbidden = ("ethnic", "nation", "relig", "faith", "party", "habit")
    names = [f.name for kind in (Person, Household) for f in dataclasses.fields(kind)]
    assert not [name for name in names if any(word in name for word in forbidden)]
