"""docs/add-a-system.md is a recipe that works: its blocks are joined and asked over real HTTP."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.connectors import trial
from portal.connectors.contract import Asker, RetryLater, State, Subject
from portal.connectors.gateway import Gateway
from portal.connectors.recorder import CallRecorder
from portal.connectors.registry import load_registry
from portal.settings import ROOT
from portal.store import clock
from portal.store.citypack import SystemSite
from sandbox.files.server import FileServer
from tests.connectors.scripted import Reply, Request, ScriptedServer, scripted_server

_TEXT = (ROOT / "docs" / "add-a-system.md").read_text(encoding="utf-8")
_BLOCKS = dict(re.findall(r"```(?:toml|json|xml|csv) (\w+)\n(.*?)```", _TEXT, flags=re.DOTALL))
_FOUND, _MISSING, _BUSY = (
    json.loads(_BLOCKS[name]) for name in ("person_found", "person_missing", "busy")
)
_PERSON = _FOUND["data"]["list"][0]
_KEY = "the-key"
_OWNERS = ("630102194001012227", "630102195304129822", "630122196111039919")


def _page(number: int) -> dict[str, Any]:
    rows = [
        {**_PERSON, "ffbh": f"GL{place:04}", "zjhm": number}
        for place, number in enumerate(_OWNERS, 1)
    ]
    return {**_FOUND, "data": {"list": rows[2 * number - 2 : 2 * number], "total": 3}}


def _speak(request: Request) -> Reply:
    if request.headers.get("x-api-key") != _KEY:
        return Reply(status=401)
    if request.path == "/api/ping":
        answer: Any = {"ret": 0, "msg": "ok"}
    elif request.path == "/api/people":
        answer = _page(int(request.query["page"]))
    else:
        answer = _FOUND if request.query["zjhm"] == _PERSON["zjhm"] else _MISSING
    return Reply(body=json.dumps(answer, ensure_ascii=False).encode())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.play(_speak)
        yield running


def _folder(place: Path, text: str) -> Path:
    (place / "service").mkdir(parents=True)
    (place / "service" / "elder_allowance.toml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def gateway(configured: Path, tmp_path: Path, server: ScriptedServer) -> Iterator[Gateway]:
    """The documented manifest and site, at the address of the scripted server."""
    entry = tomllib.loads(_BLOCKS["site"])["system"][0] | {"endpoint": server.url}
    site = SystemSite.model_validate(entry | {"mode": "试运行", "simulated": True})
    registry = load_registry(
        [site], folder=_folder(tmp_path / "systems", _BLOCKS["manifest"]), secret=lambda _name: _KEY
    )
    made = Gateway(registry, deadline_seconds=5, recorder=CallRecorder(lambda _rows: None))
    made.start()
    yield made
    made.stop()


def _ask(gateway: Gateway, id_number: str) -> Any:
    asker = Asker(
        actor="clerk",
        unit="unit-1",
        prefixes=("630102101003",),
        permission_digest="d",
        purpose="counter",
        readable=gateway.registry.readable(("community_clerk",), "counter"),
    )
    subject = Subject(id="1", id_number=id_number, name="马秀英", region_code="630102101003")
    (answer,) = gateway.stream(asker, subject)
    return answer


def test_the_documented_system_answers_a_dossier(gateway: Gateway) -> None:
    answer = _ask(gateway, _PERSON["zjhm"])
    assert answer.state is State.RETURNED
    shown = {one.label: one.value for one in answer.records[0].fields}
    assert shown["发放状态"] == "正常发放"
    assert shown["月标准（元）"] == "160.00"
    assert shown["起始年月"] == "2020-03"
    assert shown["银行账号"] == _PERSON["yhzh"]
    assert _ask(gateway, "630102195304129822").state is State.NOT_FOUND


def test_a_busy_answer_is_told_as_such(gateway: Gateway, server: ScriptedServer) -> None:
    server.play(lambda _request: Reply(body=json.dumps(_BUSY).encode()))
    answer = _ask(gateway, _PERSON["zjhm"])
    assert (answer.state, answer.records) == (State.FAULT, ())
    assert answer.message == RetryLater.default, "and not as an answer that cannot be read"


def test_its_paged_list_is_walked_and_its_probe_is_live(gateway: Gateway) -> None:
    assert [one.foreign_id for one in gateway.roster("elder_allowance")] == [
        "GL0001",
        "GL0002",
        "GL0003",
    ]
    assert gateway.probe("elder_allowance").state is State.RETURNED


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ('convert = ["money:fen"]', 'convert = ["money:jiao"]', "jiao"),
        ('mask = "account", ', "", "account"),
        ('about = "高龄', 'abuot = "高龄', "abuot"),
        ('label = "发放状态"', 'label = "民族"', "民族"),
    ],
)
def test_a_slip_in_it_is_refused_by_name(
    configured: Path, tmp_path: Path, good: str, bad: str, words: str
) -> None:
    assert good in _BLOCKS["manifest"]
    entry = tomllib.loads(_BLOCKS["site"])["system"][0]
    folder = _folder(tmp_path / "systems", _BLOCKS["manifest"].replace(good, bad))
    registry = load_registry([SystemSite.model_validate(entry)], folder=folder)
    assert registry.systems == {}
    told = "\n".join(map(str, registry.refused))
    assert "elder_allowance.toml：第 " in told
    assert words in told


def test_the_documented_system_keeps_every_rule(gateway: Gateway) -> None:
    tried = _tried(gateway, "elder_allowance", _PERSON["zjhm"], "630102195304129822")
    assert set(tried) >= {
        "实时探测",
        "查无此人说得清",
        "查有此人，内容齐整",
        "名册完整、无重、可读",
    }


def _tried(gateway: Gateway, system_id: str, known: str = "", unknown: str = "") -> dict[str, Any]:
    """Every rule of ``systems check``; what falls short fails here."""
    whole = {"name": "某人", "region_code": "630102"}
    outcomes = list(
        trial.conform(
            gateway,
            gateway.registry.system(system_id),
            now=clock.now(),
            person=Subject(id="1", id_number=known, **whole) if known else None,
            nobody=Subject(id="2", id_number=unknown, **whole) if unknown else None,
        )
    )
    assert [one for one in outcomes if one.short or one.skipped] == []
    return {one.rule: one for one in outcomes}


def _site(system_id: str, endpoint: str, *credentials: str) -> SystemSite:
    return SystemSite(
        id=system_id,
        name="新系统",
        owner="某局",
        level="市级",
        mode="试运行",
        endpoint=endpoint,
        credentials={name: name for name in credentials},
        legal_basis="共享协议",
        simulated=True,
    )


def _gateway(tmp_path: Path, block: str, site: SystemSite, secrets: dict[str, str]) -> Gateway:
    file = tmp_path / "systems" / "service" / f"{site.id}.toml"
    file.parent.mkdir(parents=True)
    file.write_text(_BLOCKS[block], encoding="utf-8")
    registry = load_registry([site], folder=tmp_path / "systems", secret=secrets.__getitem__)
    assert registry.refused == ()
    return Gateway(registry, deadline_seconds=5, recorder=CallRecorder(lambda _rows: None))


# --- an unseen SOAP service --------------------------------------------------------------------

_OPERATIONS = {
    "GetSubsidy": ("OwnerId",),
    "ListSubsidy": ("PageNo", "PageSize"),
    "Echo": (),
}


def _wsdl(address: str) -> str:
    """The description that such a service gives of itself: document/literal, one wrapper."""
    item = "".join(
        f'<x:element name="{name}" type="x:string" minOccurs="0"/>'
        for name in ("AccountNo", "OwnerName", "OwnerId", "Area", "Kind", "Amount", "Since")
    )
    result = (
        '<x:element name="Status" type="x:string"/>'
        '<x:element name="DataTime" type="x:string" minOccurs="0"/>'
        '<x:element name="Count" type="x:int" minOccurs="0"/>'
        '<x:element name="Item" type="t:Item" minOccurs="0" maxOccurs="unbounded"/>'
    )
    elements = messages = operations = bindings = ""
    for name, arguments in _OPERATIONS.items():
        asked = "".join(f'<x:element name="{one}" type="x:string"/>' for one in arguments)
        elements += (
            f'<x:element name="{name}"><x:complexType><x:sequence>{asked}</x:sequence>'
            f'</x:complexType></x:element><x:element name="{name}Response"><x:complexType>'
            '<x:sequence><x:element name="Result" type="t:Result"/></x:sequence>'
            "</x:complexType></x:element>"
        )
        for way, element in (("In", name), ("Out", f"{name}Response")):
            messages += (
                f'<message name="{name}{way}"><part name="p" element="t:{element}"/></message>'
            )
        operations += (
            f'<operation name="{name}"><input message="t:{name}In"/>'
            f'<output message="t:{name}Out"/></operation>'
        )
        bindings += (
            f'<operation name="{name}"><s:operation soapAction="{name}"/>'
            '<input><s:body use="literal"/></input><output><s:body use="literal"/></output>'
            "</operation>"
        )
    return (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:gas:subsidy"'
        ' xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="urn:gas:subsidy"'
        ' xmlns:x="http://www.w3.org/2001/XMLSchema" name="Subsidy"><types>'
        '<x:schema targetNamespace="urn:gas:subsidy" elementFormDefault="qualified">'
        f'<x:complexType name="Item"><x:sequence>{item}</x:sequence></x:complexType>'
        f'<x:complexType name="Result"><x:sequence>{result}</x:sequence></x:complexType>'
        f'{elements}</x:schema></types>{messages}<portType name="P">{operations}</portType>'
        '<binding name="B" type="t:P"><s:binding style="document"'
        f' transport="http://schemas.xmlsoap.org/soap/http"/>{bindings}</binding>'
        f'<service name="S"><port name="Port" binding="t:B"><s:address location="{address}"/>'
        "</port></service></definitions>"
    )


_GAS = _BLOCKS["gas_found"]
_GAS_ITEM = re.search(r"<Item>.*</Item>", _GAS, re.DOTALL)
_TIME = "<DataTime>2026/11/20 06:00:00</DataTime>"


def _gas_items(page: int) -> str:
    """Three households, two on a page; each with an id of its own."""
    assert _GAS_ITEM is not None
    items = [
        _GAS_ITEM[0].replace("RQ100001", f"RQ10000{place}").replace(_OWNERS[0], owner)
        for place, owner in enumerate(_OWNERS, 1)
    ]
    return "<Count>3</Count>" + "".join(items[2 * page - 2 : 2 * page])


def _gas(request: Request) -> Reply:
    if request.method == "GET":
        return Reply(body=_wsdl(f"http://{request.headers['host']}/SubsidyService").encode())
    text = request.body.decode()
    if "the-password" not in text:
        fault = (
            '<e:Fault><faultcode xmlns:w="http://docs.oasis-open.org/wss">w:FailedAuthentication'
            "</faultcode><faultstring>no</faultstring></e:Fault>"
        )
        return _envelope(fault, 500)
    page = re.search(r"PageNo>(\d+)<", text)
    if page:
        inner = f"<Result><Status>S</Status>{_TIME}{_gas_items(int(page[1]))}</Result>"
        return _envelope(
            f'<ListSubsidyResponse xmlns="urn:gas:subsidy">{inner}</ListSubsidyResponse>'
        )
    if "Echo" in text:
        inner = f"<Result><Status>S</Status>{_TIME}</Result>"
        return _envelope(f'<EchoResponse xmlns="urn:gas:subsidy">{inner}</EchoResponse>')
    if ">630102194001012227<" in text:
        return _envelope(_GAS)
    return _envelope(
        '<GetSubsidyResponse xmlns="urn:gas:subsidy"><Result><Status>N</Status></Result>'
        "</GetSubsidyResponse>"
    )


def _envelope(inner: str, status: int = 200) -> Reply:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope'
        f' xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{inner}</e:Body></e:Envelope>'
    )
    return Reply(status=status, body=text.encode(), headers={"Content-Type": "text/xml"})


@pytest.mark.parametrize("password", ["the-password", "wrong"])
def test_an_unseen_soap_service_is_one_manifest(
    configured: Path, tmp_path: Path, server: ScriptedServer, password: str
) -> None:
    server.play(_gas)
    site = _site("gas_subsidy", server.url, "username", "password")
    secrets = {"username": "portal", "password": password}
    made = _gateway(tmp_path, "gas_manifest", site, secrets)
    made.start()
    try:
        if password == "wrong":
            assert made.probe("gas_subsidy").state is State.REFUSED
            return
        tried = _tried(made, "gas_subsidy", "630102194001012227", "110101199003070134")
        assert len(tried) >= 4
        shown = {one.label: one.value for one in _ask(made, "630102194001012227").records[0].fields}
        assert shown["补贴类别"] == "半额补贴"
        assert shown["月补贴（元）"] == "35.50"
        assert shown["起始日期"] == "2024-01-01"
        entries = list(made.roster("gas_subsidy"))
        assert [one.foreign_id for one in entries] == ["RQ100001", "RQ100002", "RQ100003"]
    finally:
        made.stop()


# --- an unseen CSV drop ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("", ""),
        ("合计,,15,570", "合计,,16,570"),
        ("减免户数", "户数"),
    ],
)
def test_an_unseen_csv_drop_is_one_manifest(
    configured: Path, tmp_path: Path, spoil: str, told: str
) -> None:
    files = FileServer(tmp_path / "files", {"portal": "the-password"})
    files.start()
    place = files.root / "portal" / "month"
    place.mkdir()
    whole = _BLOCKS["water_file"].replace(spoil, told) if spoil else _BLOCKS["water_file"]
    (place / "sfjm-202610.csv").write_text(whole, encoding="utf-8")
    (place / "sfjm-202610.csv.fin").write_text("", encoding="utf-8")
    for one in place.iterdir():
        os.utime(one, (1e9, 1e9))
    site = _site(
        "water_relief", f"sftp://127.0.0.1:{files.port}", "username", "password", "host_key"
    )
    secrets = {"username": "portal", "password": "the-password", "host_key": files.host_key}
    made = _gateway(tmp_path, "water_manifest", site, secrets)
    made.start()
    try:
        system = made.registry.system("water_relief")
        if spoil:
            outcomes = list(trial.conform(made, system, now=clock.now()))
            assert any(one.short for one in outcomes), "and what is wrong is said"
            return
        assert set(_tried(made, "water_relief")) == {"实时探测", "文件可读、各行有所在地"}
        rows, tally = trial.read_file(made, system)
        assert [one.key for one in rows] == ["1", "2"]
        (counted,) = tally.results()
        assert sum(one.number for one in counted.counts) == 15
    finally:
        made.stop()
        files.stop()
