"""The API gives what the functions give to the same post: no more, no less, and masked."""

import json
from collections.abc import Iterator
from itertools import product

import pytest

from auth import clients
from auth.principal import Principal
from portal.functions.records import Purpose, find_people
from portal.store.divisions import find as place
from tests import people
from tests.connectors.support import ID_NUMBER
from tests.doorway import LOTUS, WILLOW, Browser, Doorway, audit, wish

COUNTER = Purpose(id="counter", name="本人到场")
STREET, DISTRICT, CITY, STONE = "990102001", "990102", "9901", "990103100001"
UNITS = {
    WILLOW: f"com-{WILLOW}",
    LOTUS: f"com-{LOTUS}",
    STONE: f"com-{STONE}",
    STREET: f"gov-{STREET}",
    DISTRICT: f"gov-{DISTRICT}",
    CITY: f"gov-{CITY}",
}
SCOPES = [(WILLOW,), (LOTUS,), (STONE,), (STREET,), (DISTRICT,), (CITY,)]
ROLES = ["community_clerk", "city_officer"]


@pytest.fixture
def town(doorway: Doorway) -> Iterator[Doorway]:
    """Six people of one name, each somewhere else."""
    homes = [WILLOW, LOTUS, STONE, "990103100200"]
    for number, home in enumerate([*homes, WILLOW, LOTUS]):
        people.add_person(f"63010219530412{number:03d}2", name="张三", places=[("居住", home)])
    people.add_person(ID_NUMBER, name="才让卓玛", pinyin="cairangzhuoma", places=[("居住", WILLOW)])
    yield doorway


def _both(scope: tuple[str, ...], role: str) -> tuple[str, Principal]:
    allowed = {
        "community_clerk": tuple(one for one in clients.OFFERED if "orders." not in one),
        "city_officer": ("records.open", "reports.view", "entry.jump", "tasks.view"),
    }
    token = clients.issue(
        wish(
            client=f"{role}·{scope[0]}",
            unit_id=UNITS[scope[0]],
            role=role,
            prefixes=scope,
            permissions=allowed[role],
            purposes=("case",) if role == "city_officer" else ("counter", "case"),
        )
    )[1]
    found = place(scope[0])
    assert found is not None
    who = people.principal(
        roles=(role,), prefixes=scope, unit_id=UNITS[scope[0]], region_code=scope[0]
    )
    return token, who


@pytest.mark.parametrize(("scope", "role"), list(product(SCOPES, ROLES)))
@pytest.mark.parametrize("text", ["张三", "zhangsan"])
def test_a_search_finds_the_same_people(
    town: Doorway, scope: tuple[str, ...], role: str, text: str
) -> None:
    token, who = _both(scope, role)
    answer = Browser(town.app(), token=token).post(
        "/api/v1/records/search", json={"text": text, "purpose": "counter"}
    )
    if role == "city_officer":  # a post without free search has none over the API either
        assert answer.status_code == 403
        return
    same = find_people(who, text, COUNTER)
    got = answer.json()
    assert {one["subject_id"] for one in got["hits"]} == {one.subject_id for one in same.hits}
    assert len(same.hits) == {WILLOW: 2, LOTUS: 2, STONE: 1}.get(
        scope[0], {STREET: 4, DISTRICT: 4, CITY: 6}.get(scope[0])
    )
    assert (got["more"], got["note"]) == (same.more, same.note)
    assert all("*" in one["id_number"] and "*" in one["name"] for one in got["hits"])


@pytest.mark.parametrize(("scope", "role"), list(product(SCOPES, ROLES)))
def test_the_doors_and_the_reports_are_the_same(
    town: Doorway, scope: tuple[str, ...], role: str
) -> None:
    token, who = _both(scope, role)
    browser = Browser(town.app(), token=token)
    got = [one["system_id"] for one in browser.get("/api/v1/doors").json()["doors"]]
    assert got == [one.system_id for one in town.entry.wall(who)]
    for region in (*UNITS, "", "9902"):
        asked = {"region": region, "period": "2026-11"}
        answer = browser.get("/api/v1/reports/population", params=asked)
        if not region.startswith(scope[0]):
            assert answer.status_code == 403
            continue
        report = town.reports.build(who, "population", region, "2026-11")
        told = answer.json()
        assert [one["name"] for one in told["rows"]] == [one.name for one in report.rows]
        assert [cell["text"] for cell in told["total"]["cells"]] == [
            cell.text for cell in report.total.cells
        ]
        assert told["protected"] == report.protected


def _dossier(town: Doorway, **headers: str) -> tuple[str, str, str]:
    token, _ = _both((WILLOW,), "community_clerk")
    asked = {"text": "才让卓玛", "purpose": "counter"}
    browser = Browser(town.app(), token=token)
    found = browser.post("/api/v1/records/search", json=asked).json()["hits"]
    body = {"subject_id": found[0]["subject_id"], "purpose": "counter"}
    answer = browser.post("/api/v1/records/dossier", json=body, headers=headers)
    assert answer.status_code == 200
    assert ID_NUMBER not in answer.text
    return answer.text, answer.headers["content-type"], found[0]["subject_id"]


def test_a_dossier_comes_whole_and_masked(town: Doorway) -> None:
    text, kind, subject = _dossier(town)
    assert kind == "application/json"
    told = json.loads(text)
    who = people.principal()
    same = {one.system_id: one for one in town.records.stream(who, subject, COUNTER)}
    assert {one["system_id"]: one["state"] for one in told["answers"]} == {
        key: one.state.value for key, one in same.items()
    }
    assert (told["returned"], told["of"]) == (3, 4)
    fields = {one["name"]: one for one in told["answers"][0]["records"][0]["fields"]}
    assert fields["id_number"]["masked"]
    actions = [row.action for row in audit() if row.actor.startswith("program:")]
    assert actions[-2:] == ["records.open", "records.view"]


def test_a_dossier_comes_line_by_line(town: Doorway) -> None:
    text, kind, _ = _dossier(town, Accept="application/x-ndjson")
    assert kind.startswith("application/x-ndjson")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [one["kind"] for one in lines] == ["head", *["answer"] * 4, "end"]
    assert {key: lines[-1][key] for key in ("returned", "of")} == {"returned": 3, "of": 4}


def test_a_person_elsewhere_is_refused(town: Doorway) -> None:
    person = people.add_person("630102196001010011", name="李四", places=[("居住", STONE)])
    token, _ = _both((WILLOW,), "community_clerk")
    body = {"subject_id": str(person), "purpose": "counter"}
    answer = Browser(town.app(), token=token).post("/api/v1/records/dossier", json=body)
    assert answer.status_code == 403
    assert audit()[-1].outcome == "refused"


def test_a_case_gives_the_purpose_only_to_who_has_it(town: Doorway) -> None:
    token, _ = _both((CITY,), "city_officer")
    person = people.add_person("630102196001010012", name="王五", places=[("居住", WILLOW)])
    body = {"subject_id": str(person), "case_id": str(person)}
    answer = Browser(town.app(), token=token).post("/api/v1/records/dossier", json=body)
    assert answer.status_code == 403
