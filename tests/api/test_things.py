"""Households, houses and enterprises over the API: the functions' answers, masked, within scope."""

import json

import pytest

from auth import clients
from portal.functions.records import find_all
from tests import people
from tests.doorway import LOTUS, WILLOW, Browser, Doorway, wish
from tests.functions.test_reach import COUNTER
from tests.functions.test_things import CODE, settle_here


@pytest.fixture
def town(doorway: Doorway) -> Doorway:
    settle_here()
    return doorway


def program(town: Doorway, place: str = WILLOW) -> Browser:
    token = clients.issue(
        wish(
            client=place,
            unit_id=f"com-{place}",
            role="community_clerk",
            prefixes=(place,),
            permissions=("records.open", "records.search"),
            purposes=("counter",),
        )
    )[1]
    return Browser(town.app(), token=token)


def test_a_search_gives_things_only_when_asked(town: Doorway) -> None:
    asked = {"text": "柳岸小区", "purpose": "counter"}
    browser = program(town)
    assert browser.post("/api/v1/records/search", json=asked).json()["things"] == []
    got = browser.post("/api/v1/records/search", json={**asked, "things": True}).json()
    same = find_all(people.principal(), "柳岸小区", COUNTER)
    assert [one["thing_id"] for one in got["things"]] == [one.thing_id for one in same.things]
    assert {one["thing_kind"] for one in got["things"]} == {"household", "house", "enterprise"}
    away = program(town, LOTUS).post("/api/v1/records/search", json={**asked, "things": True})
    assert away.json()["things"] == []


def test_a_thing_s_dossier_comes_whole_and_line_by_line(town: Doorway) -> None:
    browser = program(town)
    (one,) = find_all(people.principal(), CODE, COUNTER).things
    body = {"thing_id": one.thing_id, "purpose": "counter"}
    got = browser.post("/api/v1/records/things/dossier", json=body).json()
    assert (got["head"]["code"], got["head"]["kind_name"]) == (CODE, "一企一档")
    assert got["of"] == len(got["head"]["planned"]) == len(got["answers"])
    lines = browser.post(
        "/api/v1/records/things/dossier", json=body, headers={"Accept": "application/x-ndjson"}
    )
    kinds = [json.loads(line)["kind"] for line in lines.text.splitlines()]
    assert (kinds[0], kinds[-1]) == ("head", "end")


@pytest.mark.parametrize("thing_id", [None, "0b7f2a52-4c0e-4f0e-9f2b-6d2f5a1c7e11"])
def test_what_is_not_in_scope_is_refused(town: Doorway, thing_id: str | None) -> None:
    (one,) = find_all(people.principal(), CODE, COUNTER).things
    body = {"thing_id": thing_id or one.thing_id, "purpose": "counter"}
    answer = program(town, LOTUS).post("/api/v1/records/things/dossier", json=body)
    assert answer.status_code == 403
