"""docs/add-a-system.md is a recipe that works: its blocks are joined and asked over real HTTP."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.connectors.contract import Asker, RetryLater, State, Subject
from portal.connectors.gateway import Gateway
from portal.connectors.recorder import CallRecorder
from portal.connectors.registry import load_registry
from portal.settings import ROOT
from portal.store.citypack import SystemSite
from tests.connectors.scripted import Reply, Request, ScriptedServer, scripted_server

_TEXT = (ROOT / "docs" / "add-a-system.md").read_text(encoding="utf-8")
_BLOCKS = dict(re.findall(r"```(?:toml|json) (\w+)\n(.*?)```", _TEXT, flags=re.DOTALL))
_FOUND, _MISSING, _BUSY = (
    json.loads(_BLOCKS[name]) for name in ("person_found", "person_missing", "busy")
)
_PERSON = _FOUND["data"]["list"][0]
_KEY = "the-key"


def _page(number: int) -> dict[str, Any]:
    rows = [{**_PERSON, "ffbh": f"GL{place:04}"} for place in range(1, 4)]
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
