"""实有人口·实有房屋: what we hold of a home is confirmed or not, and nothing else comes back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.connectors.contract import Answer, State, Subject
from portal.connectors.registry import read_manifests
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import Ground, city_prefixes, get

SYSTEM = "population_housing"
DISTRICT = city_prefixes()[0]


@pytest.fixture
def desk(configured: Path, sandbox: Ground) -> Iterator[Desk]:
    with desk_on(sandbox) as made:
        yield made


@pytest.fixture
def residents(sandbox: Ground) -> list[dict[str, Any]]:
    """Some whom the system knows, with where they truly live."""
    people = get(f"{sandbox.http_url}/_control/people?limit=200&region={DISTRICT}")["people"]
    known = [one for one in people if SYSTEM in one["systems"]]
    assert len(known) > 20
    return known[:20]


def subject(one: dict[str, Any], place: str) -> Subject:
    number = one["id_number"]
    return Subject(id=number, id_number=number, name=one["name"], region_code=place)


def told(answer: Answer) -> dict[str, str | None]:
    assert answer.state is State.RETURNED, answer.message
    return {one.name: one.value for one in answer.records[0].fields}


def test_a_stated_home_is_confirmed_by_community_street_and_district(
    desk: Desk, residents: list[dict[str, Any]]
) -> None:
    confirmed = [
        told(desk.ask_one(SYSTEM, subject(one, one["region"])))["lives_here"] for one in residents
    ]
    assert confirmed.count("是") >= 0.8 * len(residents)  # some moved and were not told of
    one = residents[confirmed.index("是")]
    for place in (one["region"][:9], f"{one['region'][:9]}000", f"{one['region'][:6]}000000"):
        assert told(desk.ask_one(SYSTEM, subject(one, place)))["lives_here"] == "是"


def test_another_place_is_not_confirmed_and_the_true_one_is_not_told(
    desk: Desk, residents: list[dict[str, Any]]
) -> None:
    elsewhere = city_prefixes()[1] + "001001"
    for one in residents:
        answer = desk.ask_one(SYSTEM, subject(one, elsewhere))
        assert told(answer)["lives_here"] == "否"
        said = str([field.value for field in answer.records[0].fields])
        assert one["address"] not in said and one["region"] not in said


def test_no_place_is_no_question_about_one(desk: Desk, residents: list[dict[str, Any]]) -> None:
    found = told(desk.ask_one(SYSTEM, subject(residents[0], "")))
    assert found["lives_here"] is None
    assert found["name_matches"] == "是"


def test_a_name_that_is_not_theirs_is_told_and_not_corrected(
    desk: Desk, residents: list[dict[str, Any]]
) -> None:
    one = residents[0]
    asked = replace(subject(one, one["region"]), name="无名")
    found = told(desk.ask_one(SYSTEM, asked))
    assert found["name_matches"] == "否"
    assert one["name"] not in str(found)


def test_who_may_ask_and_for_what_is_written_down() -> None:
    readers = read_manifests()[SYSTEM].readers
    assert set(readers) == {"desk"}
    assert "help" not in readers["desk"].purposes
    assert {rule.readers for rule in read_manifests()[SYSTEM].fields.values()} == {"desk"}
