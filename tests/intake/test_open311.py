"""Open311 GeoReport v2, by the text of the standard: names, errors, spans, both formats."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from lxml.etree import fromstring

import portal.settings as settings_module
from auth import clients
from portal.affairs.orders import desk
from portal.api.open311 import service
from portal.api.open311.rate import Rate
from portal.store import clock
from tests.doorway import Browser, Doorway
from tests.intake.test_push import token
from tests.intake.world import rows
from tests.orders import world

BASE = "/open311/v2"
JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
FORM = {
    "service_code": "street_light",
    "lat": "36.6171",
    "long": "101.7782",
    "address_string": "湖滨街道柳岸社区3号楼前",
    "attribute[extent]": "one",
    "description": "路灯三天不亮，电话13800138000",
    "first_name": "三丰",
    "last_name": "张",
    "phone": "13800138000",
    "email": "a@b.example",
}


@pytest.fixture
def client(
    doorway: Doorway, frozen: clock.FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    monkeypatch.setenv("PORTAL_OPEN311", "true")
    monkeypatch.setenv("PORTAL_OPEN311_PER_MINUTE", "1000")
    settings_module.reload()
    monkeypatch.setattr(service, "_RATE", Rate())
    yield Browser(doorway.app())


@pytest.fixture
def key(client: Browser) -> str:
    return token("市民应用", permissions=("orders.report",), days=300)


def post(client: Browser, key: str, ending: str = "json", **changes: Any) -> httpx.Response:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return client.post(f"{BASE}/requests.{ending}", data={"api_key": key, **form})


def number(client: Browser, key: str, **changes: Any) -> str:
    answer = post(client, key, **changes)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()
    assert set(told) == {"service_request_id", "service_notice", "account_id"}
    found: str = told["service_request_id"]
    return found


def fault(answer: httpx.Response, status: int) -> str:
    """The standard's error in JSON."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == JSON
    (told,) = answer.json()
    assert set(told) == {"code", "description"}
    assert told["code"] == status
    return str(told["description"])


def told(client: Browser, query: str = "") -> list[Any]:
    answer = client.get(f"{BASE}/requests.json{query}")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()
    return found


# -- services -------------------------------------------------------------------------------------


def test_the_services_in_both_formats(client: Browser) -> None:
    answer = client.get(f"{BASE}/services.json?jurisdiction_id=hailing.test")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    first = answer.json()[0]
    assert first == {
        "service_code": "street_light",
        "service_name": "路灯不亮",
        "description": "道路、楼院照明损坏",
        "metadata": True,
        "type": "realtime",
        "keywords": "路灯,照明",
        "group": "市政设施",
    }
    answer = client.get(f"{BASE}/services.xml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XML)
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    root = fromstring(answer.content)
    assert (root.tag, [one.tag for one in root]) == ("services", ["service", "service"])
    assert _plain(root[0]) == {name: _text(value) for name, value in first.items()}


def _plain(one: Any) -> dict[str, str]:
    return {each.tag: each.text or "" for each in one}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_definition_in_both_formats(client: Browser) -> None:
    made = client.get(f"{BASE}/services/street_light.json").json()
    assert made["service_code"] == "street_light"
    extent = made["attributes"][0]
    assert set(extent) == {"variable", "code", "datatype", "required", "datatype_description",
                           "order", "description", "values"}  # fmt: skip
    assert (extent["code"], extent["datatype"], extent["required"], extent["order"]) == (
        "extent", "singlevaluelist", True, 1,
    )  # fmt: skip
    assert extent["values"][0] == {"key": "one", "name": "一盏"}
    root = fromstring(client.get(f"{BASE}/services/street_light.xml").content)
    assert root.tag == "service_definition"
    values = root.findall("attributes/attribute/values/value")
    assert [one.findtext("key") for one in values] == ["one", "all"]
    assert root.findtext("attributes/attribute/variable") == "true"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/services.json?jurisdiction_id=elsewhere", 404),
        ("/services/nothing.json", 404),
        ("/services/a'b.json", 404),
        ("/requests.json?jurisdiction_id=elsewhere", 404),
        ("/requests/63999.json", 404),
        ("/requests.json?status=broken", 400),
        ("/requests.json?start_date=yesterday", 400),
        ("/requests.json?start_date=2026-11-01", 400),
        ("/requests.json?start_date=2026-11-20T00:00:00Z&end_date=2026-11-01T00:00:00Z", 400),
        ("/requests.json?page=0", 400),
        ("/requests.json?page_size=1001", 400),
        ("/requests.json?page_size=x", 400),
        ("/requests.json?service_code=no'pe", 404),
    ],
)
def test_errors_are_those_of_the_standard(client: Browser, address: str, status: int) -> None:
    assert fault(client.get(f"{BASE}{address}"), status)


def test_an_error_is_xml_where_xml_was_asked_for(client: Browser) -> None:
    answer = client.get(f"{BASE}/services/nothing.xml")
    assert (answer.status_code, answer.headers["content-type"]) == (404, XML)
    root = fromstring(answer.content)
    assert root.tag == "errors" and root.findtext("error/code") == "404"
    assert root.findtext("error/description")


# -- reporting ------------------------------------------------------------------------------------


def test_a_report_becomes_an_order_in_the_place_that_its_address_names(
    client: Browser, key: str
) -> None:
    made = number(client, key)
    one = row_of(made)
    assert (one.source, one.region_code, one.state) == ("open311", world.PLACE, "待受理")
    assert "影响范围：一盏" in one.content
    assert (float(one.lat), float(one.lng)) == (36.6171, 101.7782)
    assert one.category == "04.03"


def row_of(order_no: str) -> Any:
    return next(one for one in rows() if one.order_no == order_no)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"service_code": None}, 400),
        ({"service_code": "nothing"}, 404),
        ({"jurisdiction_id": "elsewhere"}, 404),
        ({"lat": None, "long": None, "address_string": None}, 400),
        ({"lat": "91"}, 400),
        ({"lat": "three"}, 400),
        ({"long": "181"}, 400),
        ({"attribute[extent]": None}, 400),
        ({"attribute[extent]": "wide"}, 400),
        ({"attribute[extent]": ["one", "all"]}, 400),
        ({"description": "灯" * 4001}, 400),
        ({"phone": "1" * 21}, 400),
        ({"description": "灯" * 60_000}, 400),
    ],
)
def test_a_report_that_is_not_as_it_should_be(
    client: Browser, key: str, changes: dict[str, Any], status: int
) -> None:
    assert fault(post(client, key, **changes), status)
    assert rows() == []


def test_a_key_is_needed_that_is_good_for_this(client: Browser, key: str) -> None:
    assert fault(post(client, ""), 403)
    assert fault(post(client, "pt_" + "x" * 43), 403)
    other = token("市民应用二", permissions=("orders.push",))
    assert fault(post(client, other), 403)
    assert rows() == []


def test_a_report_is_a_form_in_utf_8_and_nothing_else(client: Browser, key: str) -> None:
    address = f"{BASE}/requests.json"
    assert fault(client.post(address, json={"api_key": key, **FORM}), 400)
    latin = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fault(client.post(address, content=b"description=\xff%FF", headers=latin), 400)


def test_a_key_that_reports_too_often_waits(
    client: Browser, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "seconds_to_wait", lambda _client: 30)
    assert fault(post(client, key), 429)


def test_reports_answer_in_xml_too(client: Browser, key: str) -> None:
    answer = post(client, key, "xml")
    root = fromstring(answer.content)
    assert root.tag == "service_requests"
    assert root.findtext("request/service_request_id") == rows()[0].order_no


# -- reading --------------------------------------------------------------------------------------


def test_a_report_is_read_without_who_made_it(client: Browser, key: str) -> None:
    made = number(client, key)
    for answer in (client.get(f"{BASE}/requests/{made}.json"), client.get(f"{BASE}/requests.json")):
        (one,) = answer.json()
        assert set(one) == {
            "service_request_id", "status", "status_notes", "service_name", "service_code",
            "description", "agency_responsible", "service_notice", "requested_datetime",
            "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat",
            "long", "media_url",
        }  # fmt: skip
        assert (one["service_request_id"], one["status"]) == (made, "open")
        assert "13800138000" not in answer.text and "张三丰" not in answer.text
        at = datetime.fromisoformat(one["requested_datetime"])
        assert at == clock.now() and at.tzinfo is not None
    root = fromstring(client.get(f"{BASE}/requests/{made}.xml").content)
    assert root.tag == "service_requests" and root.findtext("request/status") == "open"


def test_what_did_not_come_this_way_is_never_read_this_way(client: Browser, key: str) -> None:
    other = world.taken()
    secret = number(client, key)
    desk.act(world.command(), row_of(secret).id, "accept")
    desk.act(world.command(), row_of(secret).id, "confide", {"reason": "来电人要求保密"})
    hidden = [secret, next(one.order_no for one in rows() if one.id == other)]
    assert told(client) == []
    for one in hidden:
        assert fault(client.get(f"{BASE}/requests/{one}.json"), 404)
    assert told(client, f"?service_request_id={','.join(hidden)}") == []


def test_a_closed_report_says_what_was_done(client: Browser, key: str) -> None:
    made = number(client, key)
    desk.act(world.command(), row_of(made).id, "answer", {"answer": "已修复，咨询电话6123456"})
    (one,) = told(client, "?status=closed")
    assert one["status"] == "closed"
    assert one["status_notes"] == "已修复，咨询电话612****"
    assert told(client, "?status=open") == []
    assert len(told(client, "?status=open,closed")) == 1


def test_ninety_days_unless_less_is_asked_for(
    client: Browser, key: str, frozen: clock.FrozenClock
) -> None:
    first = number(client, key)
    began = clock.now()
    frozen.advance(timedelta(days=60))
    second = number(client, key)
    frozen.advance(timedelta(days=40))
    assert [one["service_request_id"] for one in told(client)] == [second]
    end = (began + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [one["service_request_id"] for one in told(client, f"?end_date={end}")] == [first]
    start = began.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = told(client, f"?start_date={start}")
    assert {one["service_request_id"] for one in found} == {first, second}
    far = (began - timedelta(days=50)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told(client, f"?start_date={far}&end_date={far}") == []


def test_lists_pages_and_services(client: Browser, key: str) -> None:
    made = [number(client, key) for _ in range(3)]
    rubbish = number(client, key, service_code="rubbish")
    assert len(told(client)) == 4
    assert [one["service_request_id"] for one in told(client, "?service_code=rubbish")] == [rubbish]
    both = told(client, "?service_code=rubbish,street_light")
    assert len(both) == 4
    some = told(client, f"?service_request_id={made[0]},{rubbish}&status=closed")
    assert {one["service_request_id"] for one in some} == {made[0], rubbish}
    pages = [told(client, f"?page={page}&page_size=3") for page in (1, 2, 3)]
    assert [len(one) for one in pages] == [3, 1, 0]
    everything = [one["service_request_id"] for page in pages for one in page]
    assert sorted(everything) == sorted([*made, rubbish])


# -- the switch and the rate ----------------------------------------------------------------------


def test_it_is_off_unless_somebody_says_on(doorway: Doorway) -> None:
    browser = Browser(doorway.app())
    assert fault(browser.get(f"{BASE}/services.json"), 404)
    assert fault(browser.post(f"{BASE}/requests.json", data=FORM), 404)


def test_an_address_that_asks_too_often_waits_for_the_next_minute(
    client: Browser, frozen: clock.FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_OPEN311_PER_MINUTE", "2")
    settings_module.reload()
    for _ in range(2):
        assert client.get(f"{BASE}/services.json").status_code == 200
    assert fault(client.get(f"{BASE}/services.json"), 429)
    frozen.advance(timedelta(minutes=1))
    assert client.get(f"{BASE}/services.json").status_code == 200


@pytest.mark.parametrize("path", ["/services", "/requests.csv", "/nothing.json", ""])
def test_other_addresses_are_unknown(client: Browser, path: str) -> None:
    assert client.get(f"{BASE}{path}").status_code == 404


def test_html_in_a_report_is_words(client: Browser, key: str) -> None:
    made = number(client, key, description="<script>alert(1)</script>")
    assert row_of(made).content.startswith("<script>")
    text = client.get(f"{BASE}/requests/{made}.xml").text
    assert "<script>" not in text and "&lt;script&gt;" in text
