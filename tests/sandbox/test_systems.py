"""Paging, credentials and times of the HTTP systems, beyond what the fixtures show."""

import asyncio
import json

import pytest
import zeep
from lxml import etree
from zeep.wsse.username import UsernameToken

from sandbox.application import create_app
from sandbox.population import World
from tests.sandbox.support import (
    APP_KEY,
    CREDENTIALS,
    FIXTURES,
    NOON,
    PENSION,
    Caller,
    rows,
    soap,
    turn,
    values,
)

LIST = "/subsistence/api/dbdx/list"
ROSTER = "/medical_insurance/api/v1/insured-persons"
HEALTH = "/medical_insurance/api/v1/health"


def known(client: Caller, system: str) -> int:
    return int(client.get("/_control").json()["systems"][system]["persons"])


def test_pages_of_subsistence_are_everyone_once(client: Caller) -> None:
    numbers: list[str] = []
    page, total = 1, 1
    while len(numbers) < total:
        url = f"{LIST}?pageNumber={page}&pageSize=150"
        found = client.get(url, headers=APP_KEY).json()["result"]["pageData"]
        numbers += [record["sfzh"] for record in found["records"]]
        total, page = found["total"], page + 1
    assert len(set(numbers)) == len(numbers) == known(client, "subsistence")


def test_cursors_of_medical_insurance_lead_to_everyone_once(
    client: Caller, bearer: dict[str, str]
) -> None:
    numbers: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "500", **({"cursor": cursor} if cursor else {})}
        page = client.get(ROSTER, params=params, headers=bearer).json()
        numbers += [record["certNo"] for record in page["data"]]
        cursor = page["nextCursor"]
    assert len(set(numbers)) == len(numbers) == known(client, "medical_insurance")


def test_offsets_of_the_pension_system_lead_to_everyone_once(client: Caller) -> None:
    numbers: list[str | None] = []
    total = 1
    while len(numbers) < total:
        page = soap(client, "QueryRoster", STARTROW=len(numbers) + 1, ROWCOUNT=500)
        numbers += [row["AAC002"] for row in rows(page)]
        total = int(values(page)["TOTAL"])
    assert len(set(numbers)) == len(numbers) == known(client, "pension")


@pytest.mark.parametrize("query", ["pageSize=201", "pageSize=0", "pageNumber=0", "pageNumber=a"])
def test_pages_that_subsistence_does_not_have_are_refused(client: Caller, query: str) -> None:
    assert client.get(f"{LIST}?{query}", headers=APP_KEY).json()["code"] == "0001"


@pytest.mark.parametrize("query", ["limit=501", "limit=0", "limit=a", "cursor=!!!", "cursor=YWJj"])
def test_pages_that_medical_insurance_does_not_have_are_refused(
    client: Caller, bearer: dict[str, str], query: str
) -> None:
    assert client.get(f"{ROSTER}?{query}", headers=bearer).status_code == 400


def test_pages_that_the_pension_system_does_not_have_are_refused(client: Caller) -> None:
    for first, count in ((0, 10), (1, 0), (1, 501), ("a", 10)):
        page = soap(client, "QueryRoster", STARTROW=first, ROWCOUNT=count)
        assert values(page)["CODE"] == "-1"


def test_a_household_answers_with_its_members(client: Caller) -> None:
    first = client.get(LIST, headers=APP_KEY).json()["result"]["pageData"]["records"][0]
    url = "/subsistence/api/dbdx/query"
    answer = client.post(url, json={"jtbh": first["jtbh"]}, headers=APP_KEY).json()
    members = answer["result"]["pageData"]["records"]
    assert first["sfzh"] in [member["sfzh"] for member in members]
    assert {member["jtbh"] for member in members} == {first["jtbh"]}
    assert members[0]["bzrks"] == len(members) == len(members[0]["jtcy"])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", "\xff".encode("latin-1"), b'{"sfzh": null}'])
def test_nonsense_is_answered_in_the_systems_own_words(
    client: Caller, bearer: dict[str, str], body: bytes
) -> None:
    url = "/subsistence/api/dbdx/query"
    assert client.post(url, content=body, headers=APP_KEY).json()["code"] == "0001"
    answer = client.post(f"{ROSTER}/search", content=body, headers=bearer)
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "INVALID_PARAMETER"
    assert client.post(PENSION, content=body).status_code == 500


def test_an_external_entity_is_not_read(client: Caller) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
    answer = client.post(PENSION, content=bomb)
    assert b"soapenv:Client" in answer.content


def test_a_token_runs_out(world: World) -> None:
    now = [NOON]
    client = Caller(create_app(world, CREDENTIALS, clock=lambda: now[0]))
    known_client = (CREDENTIALS["medical_client_id"], CREDENTIALS["medical_client_secret"])
    form = {"grant_type": "client_credentials"}
    token = client.post("/medical_insurance/oauth2/token", data=form, auth=known_client).json()
    header = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.get(HEALTH, headers=header).status_code == 200
    now[0] = NOON.replace(minute=NOON.minute + 3)
    assert client.get(HEALTH, headers=header).json()["errorCode"] == "TOKEN_EXPIRED"


def test_without_a_token_the_challenge_names_no_error(client: Caller) -> None:
    answer = client.get(HEALTH)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="medical-insurance"'


def test_tokens_can_be_revoked_and_asked_for_again(client: Caller, bearer: dict[str, str]) -> None:
    turn(client, "medical_insurance", "normal", revoke_tokens=True)
    assert client.get(HEALTH, headers=bearer).json()["errorCode"] == "TOKEN_EXPIRED"


def test_when_tokens_expire_at_once_none_is_good(client: Caller, bearer: dict[str, str]) -> None:
    turn(client, "medical_insurance", "expire_token")
    assert client.get(HEALTH, headers=bearer).json()["errorCode"] == "TOKEN_EXPIRED"
    turn(client, "medical_insurance", "normal")
    assert client.get(HEALTH, headers=bearer).status_code == 200


def test_another_grant_is_not_given(client: Caller) -> None:
    known_client = (CREDENTIALS["medical_client_id"], CREDENTIALS["medical_client_secret"])
    url = "/medical_insurance/oauth2/token"
    answer = client.post(url, data={"grant_type": "password"}, auth=known_client)
    assert answer.json() == {"error": "unsupported_grant_type"}


def test_the_age_of_data_differs_between_systems(client: Caller, bearer: dict[str, str]) -> None:
    nightly = client.get(LIST, headers=APP_KEY).json()["result"]["sjsj"]
    recent = client.get(ROSTER, headers=bearer).json()["dataAsOf"]
    monthly = values(soap(client, "QueryRoster", STARTROW=1, ROWCOUNT=1))["SJSJ"]
    assert (nightly, recent, monthly) == (
        "20261123020000",
        "2026-11-23T19:25:00+08:00",
        "2026/10/31 23:59:59",
    )


def test_a_soap_library_can_talk_to_the_pension_system(client: Caller) -> None:
    """zeep writes the request and reads the answer; only the wire between is ours."""
    token = UsernameToken(CREDENTIALS["pension_username"], CREDENTIALS["pension_password"])
    service = zeep.Client(str(FIXTURES / "pension" / "service.wsdl"), wsse=token)
    binding = service.service._binding

    def ask(operation: str, **arguments: object) -> object:
        envelope = service.create_message(service.service, operation, **arguments)
        answer = client.post(PENSION, content=etree.tostring(envelope))
        answer.encoding = "GBK"
        return binding.process_reply(service, binding.get(operation), answer)

    page = ask("QueryRoster", STARTROW=1, ROWCOUNT=5)
    assert page.CODE == "1"  # type: ignore[attr-defined]
    number = page.ROW[0].AAC002  # type: ignore[attr-defined]
    person = ask("QueryPerson", AAC002=number)
    assert number == person.ROW[0].AAC002  # type: ignore[attr-defined]
    turn(client, "pension", "error200")
    assert ask("QueryPerson", AAC002=number).CODE == "-9"  # type: ignore[attr-defined]


def test_two_callers_at_once_do_not_disturb_each_other(client: Caller) -> None:
    async def both() -> list[int]:
        calls = [asyncio.to_thread(client.get, LIST, headers=APP_KEY) for _ in range(4)]
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert asyncio.run(both()) == [200] * 4


def test_the_description_of_people_names_the_systems_that_know_them(client: Caller) -> None:
    people = client.get("/_control/people?region=990103&limit=50").json()["people"]
    assert len(people) == 50
    for person in people:
        assert person["region"].startswith("990103")
        found = client.post(
            "/subsistence/api/dbdx/query", json={"sfzh": person["id_number"]}, headers=APP_KEY
        ).json()
        assert bool(found["result"]["pageData"]["total"]) == ("subsistence" in person["systems"])
    assert json.dumps(people)
