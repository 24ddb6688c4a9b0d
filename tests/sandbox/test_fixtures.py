"""The running systems still answer in the shape of the fixtures behind the manifests."""

import json
from typing import Any

import pytest
from lxml import etree

from sandbox.subsistence.records import Records as Subsistence
from tests.sandbox.support import (
    APP_KEY,
    CREDENTIALS,
    FIXTURES,
    PENSION,
    SERVICE,
    Caller,
    fits,
    rows,
    soap,
    turn,
    values,
)

SEARCH = "/medical_insurance/api/v1/insured-persons/search"
ROSTER = "/medical_insurance/api/v1/insured-persons"
MISSING = "990102199001019990"


def fixture(path: str) -> Any:
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def same_shape(answer: Any, path: str) -> None:
    assert fits(answer, fixture(path)), f"{path}\n{json.dumps(answer, ensure_ascii=False)[:800]}"


@pytest.fixture
def on_allowance(client: Caller) -> str:
    page = client.get("/subsistence/api/dbdx/list", headers=APP_KEY).json()
    return str(page["result"]["pageData"]["records"][0]["sfzh"])


@pytest.fixture
def insured(client: Caller, bearer: dict[str, str]) -> str:
    return str(client.get(ROSTER, headers=bearer).json()["data"][0]["certNo"])


def subsistence_query(client: Caller, **body: str) -> Any:
    return client.post("/subsistence/api/dbdx/query", json=body, headers=APP_KEY).json()


def test_subsistence_persons(client: Caller, on_allowance: str) -> None:
    same_shape(subsistence_query(client, sfzh=on_allowance), "subsistence/person_found.json")
    missing = subsistence_query(client, sfzh=MISSING)
    same_shape(missing, "subsistence/person_missing.json")
    assert missing["code"] == "0000"
    assert missing["result"]["pageData"]["records"] == []
    assert missing["result"]["pageData"]["total"] == 0


def test_subsistence_roster(client: Caller) -> None:
    answer = client.get("/subsistence/api/dbdx/list?pageNumber=1&pageSize=2", headers=APP_KEY)
    same_shape(answer.json(), "subsistence/roster_page_1.json")
    beyond = client.get("/subsistence/api/dbdx/list?pageNumber=9999&pageSize=2", headers=APP_KEY)
    page = beyond.json()["result"]["pageData"]
    assert page["records"] == []
    assert page["total"] > 0
    same_shape(beyond.json(), "subsistence/roster_past_the_end.json")


def test_subsistence_applications(client: Caller) -> None:
    url = "/subsistence/api/sqsl/submit"
    body = {"lsh": "k1", "sxbm": "01", "sqbh": "SX-20261123-0001", "xm": "王梅", "sfzh": MISSING}

    def hand_in(**more: str) -> Any:
        return client.post(url, json=body | more, headers=APP_KEY).json()

    assert hand_in(sqly="年老") == fixture("subsistence/apply_refused.json")
    done = hand_in(sqly="年老", lxdh="13900000000")
    same_shape(done, "subsistence/apply_done.json")
    again = hand_in()
    same_shape(again, "subsistence/apply_again.json")
    assert again["result"]["slbh"] == done["result"]["slbh"]
    assert hand_in(lsh="")["code"] == hand_in(sxbm="99")["code"] == "0001"
    query = f"/subsistence/api/sqsl/query?slbh={done['result']['slbh']}"
    found = client.get(query, headers=APP_KEY).json()
    same_shape(found, "subsistence/progress_found.json")
    missing = client.get(f"{query}9", headers=APP_KEY).json()
    same_shape(missing, "subsistence/progress_missing.json")


def test_subsistence_probe(client: Caller) -> None:
    answer = client.get("/subsistence/api/ping", headers=APP_KEY)
    assert answer.json() == fixture("subsistence/probe.json")


def test_subsistence_errors(client: Caller) -> None:
    assert subsistence_query(client, sfzh="1") == fixture("subsistence/error_parameter.json")
    refused = client.get("/subsistence/api/ping", headers={"X-App-Key": "another"})
    assert refused.status_code == 200
    assert refused.json() == fixture("subsistence/error_app_key.json")
    turn(client, "subsistence", "error200")
    busy = client.get("/subsistence/api/ping", headers=APP_KEY)
    assert busy.status_code == 200
    assert busy.json() == fixture("subsistence/error_busy.json")


def test_medical_token(client: Caller) -> None:
    url = "/medical_insurance/oauth2/token"
    form = {"grant_type": "client_credentials"}
    known = (CREDENTIALS["medical_client_id"], CREDENTIALS["medical_client_secret"])
    good = client.post(url, data=form, auth=known).json()
    pattern = fixture("medical_insurance/token.json")
    assert good | {"access_token": pattern["access_token"]} == pattern
    bad = client.post(url, data=form, auth=("portal-of-tests", "wrong"))
    assert bad.status_code == 401
    assert bad.headers["WWW-Authenticate"] == 'Basic realm="medical-insurance"'
    assert bad.json() == fixture("medical_insurance/error_invalid_client.401.json")


def test_medical_persons(client: Caller, bearer: dict[str, str], insured: str) -> None:
    body = {"certType": "01", "certNo": insured}
    found = client.post(SEARCH, json=body, headers=bearer)
    same_shape(found.json(), "medical_insurance/person_found.json")
    missing = client.post(SEARCH, json=body | {"certNo": MISSING}, headers=bearer)
    assert missing.status_code == 404
    same_error(missing.json(), "medical_insurance/person_missing.404.json")


def same_error(answer: Any, path: str) -> None:
    pattern = fixture(path)
    assert answer | {"traceId": pattern["traceId"]} == pattern
    assert len(answer["traceId"]) == 32


def test_medical_roster(client: Caller, bearer: dict[str, str]) -> None:
    page = client.get(f"{ROSTER}?limit=50", headers=bearer).json()
    for record in page["data"]:
        pattern = fixture("medical_insurance/roster_page_1.json")["data"][1]
        assert fits(record, pattern), record
    assert page["dataAsOf"] == fixture("medical_insurance/roster_page_1.json")["dataAsOf"]


def test_medical_probe(client: Caller, bearer: dict[str, str]) -> None:
    answer = client.get("/medical_insurance/api/v1/health", headers=bearer)
    assert answer.json() == fixture("medical_insurance/probe.json")


def test_medical_errors(client: Caller, bearer: dict[str, str]) -> None:
    body = {"certType": "01", "certNo": "1"}
    wrong = client.post(SEARCH, json=body, headers=bearer)
    assert wrong.status_code == 400
    same_error(wrong.json(), "medical_insurance/error_invalid_parameter.400.json")
    expired = client.post(SEARCH, json=body, headers={"Authorization": "Bearer old"})
    assert expired.status_code == 401
    assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]
    same_error(expired.json(), "medical_insurance/error_expired_token.401.json")
    turn(client, "medical_insurance", "error200")
    broken = client.post(SEARCH, json=body, headers=bearer)
    assert broken.status_code == 200
    same_error(broken.json(), "medical_insurance/error_system.200.json")
    turn(client, "medical_insurance", "rate_limit")
    limited = client.post(SEARCH, json=body, headers=bearer)
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0
    same_error(limited.json(), "medical_insurance/error_rate_limit.429.json")


def pension_fixture(name: str) -> bytes:
    return (FIXTURES / "pension" / name).read_bytes()


def columns(answer: bytes) -> list[list[str]]:
    found = etree.fromstring(answer).iter(f"{{{SERVICE}}}ROW")
    return [[etree.QName(cell).localname for cell in row] for row in found]


def same_columns(answer: bytes, name: str) -> None:
    """The columns of the fixture's fullest row, in their order; a row may leave some out."""
    pattern = max(columns(pension_fixture(name)), key=len)
    for found in columns(answer):
        assert found == [column for column in pattern if column in found]
    assert max(map(len, columns(answer))) == len(pattern)


def canonical(xml: bytes) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n")


def test_pension_persons(client: Caller) -> None:
    drawing = next(
        row["AAC002"]
        for row in rows(soap(client, "QueryRoster", STARTROW=1, ROWCOUNT=200))
        if row["AAC031"] == "3" and "BAC301" not in row and row.get("BAB301")
    )
    answer = soap(client, "QueryPerson", AAC002=drawing)
    assert b'encoding="GBK"' in answer.splitlines()[0]
    assert values(answer) == values(pension_fixture("person_found.xml"))
    missing = soap(client, "QueryPerson", AAC002=MISSING)
    assert canonical(missing) == canonical(pension_fixture("person_missing.xml"))


def test_pension_rows(client: Caller) -> None:
    page = soap(client, "QueryRoster", STARTROW=1, ROWCOUNT=100)
    same_columns(page, "roster_page_1.xml")
    for row in rows(page)[:30]:
        pattern = max(columns(pension_fixture("person_found.xml")), key=len)
        [found] = columns(soap(client, "QueryPerson", AAC002=row["AAC002"]))
        assert found == [column for column in pattern if column in found]
    assert values(page).keys() == values(pension_fixture("roster_page_1.xml")).keys()
    past = soap(client, "QueryRoster", STARTROW=999_999, ROWCOUNT=2)
    assert rows(past) == []
    assert values(past).keys() == values(pension_fixture("roster_past_the_end.xml")).keys()


def test_pension_probe_and_errors(client: Caller) -> None:
    assert canonical(soap(client, "Ping")) == canonical(pension_fixture("probe.xml"))
    wrong = soap(client, "QueryPerson", AAC002="1")
    assert canonical(wrong) == canonical(pension_fixture("error_parameter.xml"))
    stranger = soap(client, "Ping", password="wrong")
    assert canonical(stranger) == canonical(pension_fixture("fault_auth.500.xml"))
    broken = client.post(PENSION, content=b"<a/>")
    assert broken.status_code == 500
    assert canonical(broken.content) == canonical(pension_fixture("fault_client.500.xml"))
    turn(client, "pension", "error200")
    busy = soap(client, "QueryPerson", AAC002="1")
    assert canonical(busy) == canonical(pension_fixture("error_busy.xml"))


def test_pension_contract(client: Caller) -> None:
    served = client.get(f"{PENSION}?wsdl").text
    kept = pension_fixture("service.wsdl").decode()
    assert served.replace("http://sim", "http://127.0.0.1:8600") == kept


def test_every_answer_says_that_it_is_simulated(client: Caller, bearer: dict[str, str]) -> None:
    answers = [
        client.get("/subsistence/api/ping", headers=APP_KEY),
        client.get("/medical_insurance/api/v1/health", headers=bearer),
        client.get(f"{PENSION}?wsdl"),
    ]
    assert [answer.headers.get("X-Simulated") for answer in answers] == ["1", "1", "1"]


def test_people_of_the_fixtures_are_not_in_the_simulated_world(client: Caller) -> None:
    """They are examples of dialect: no test may lean on finding them."""
    for number in ("630102195304129822", "630122196111039919", "630103198906179958"):
        assert subsistence_query(client, sfzh=number)["result"]["pageData"]["total"] == 0


def test_the_roster_of_subsistence_leaves_out_money_and_family(client: Caller) -> None:
    page = client.get("/subsistence/api/dbdx/list?pageSize=200", headers=APP_KEY).json()
    for record in page["result"]["pageData"]["records"]:
        assert not record.keys() & {"yhzh", "khyh", "bzje", "jtcy", "cjdj", "pkyy"}


def test_subsistence_keeps_nobody_else(client: Caller, world: Any) -> None:
    for person in Subsistence(world).register.members:
        household = world.household_of(person)
        assert household.allowance is not None or household.no % 170 == 7
