"""``systems check`` holds a system to every rule; ``systems new`` begins another one."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import portal.settings as settings_module
from auth.tables import audit_entry
from portal.__main__ import main
from portal.commands import newsystem, systems
from portal.connectors.manifests import ManifestError, read_manifest
from portal.store import citypack
from portal.store.citypack import pack
from portal.store.crypto import keyed_hash
from portal.store.engine import begin
from tests.conftest import TestDatabase
from tests.connectors.conftest import free_port
from tests.connectors.grounds import SECRETS, known_id, replay
from tests.connectors.scripted import Reply, Request, ScriptedServer, scripted_server


@pytest.fixture(autouse=True)
def _nobody_listens(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SANDBOX_URL", f"http://127.0.0.1:{free_port()}")
    settings_module.reload()
    citypack.forget()
    for name in {name for one in pack().systems for name in one.credentials.values()}:
        monkeypatch.setenv(f"PORTAL_SECRET_{name.upper()}", SECRETS.get(name, "unknown"))


def test_a_system_that_does_not_answer_is_told_with_its_approval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["systems", "check", "subsistence"]) == 1
    said = capsys.readouterr().out
    site = next(one for one in pack().systems if one.id == "subsistence")
    assert f"{site.name}（模拟）（{site.mode}）" in said
    assert "不符  实时探测" in said and "未查  其余各项" in said
    assert "共享依据：" in said
    assert "批准文号：未填写" in said
    assert "医保" not in said


def test_an_unknown_name_is_answered_with_the_names_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["systems", "check", "nothing"]) == 2
    assert "subsistence" in capsys.readouterr().out


def test_every_system_is_probed_with_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["systems", "check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    for site in pack().systems:
        assert [one for one in lines if one.startswith(site.name)], site.name


# --- rule by rule ------------------------------------------------------------------------------


@pytest.fixture
def over_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """The recorded systems, at the addresses of the city pack."""
    with scripted_server() as server:
        server.play(replay)
        monkeypatch.setenv("PORTAL_SANDBOX_URL", server.url)
        settings_module.reload()
        citypack.forget()
        yield server


def check(*more: str) -> int:
    return main(["systems", "check", "subsistence", *more])


def test_a_good_system_keeps_every_rule(
    database: TestDatabase, over_there: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--person", known_id("subsistence")) == 0
    said = capsys.readouterr().out
    for rule in (
        "实时探测",
        "查无此人说得清",
        "查有此人，内容齐整",
        "日期、代码、金额样式一致",
        "名册完整、无重、可读",
        "任务清单可读",
    ):
        assert f"符合  {rule}" in said
    assert "各项均符合。" in said and "现达二级" in said


def test_the_sample_person_is_audited_and_never_printed(
    database: TestDatabase,
    over_there: ScriptedServer,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    number = known_id("subsistence")
    check("--person", number)
    told = capsys.readouterr()
    for text in (told.out, told.err, caplog.text):
        assert number not in text and number[:-1] not in text and "卓玛" not in text
    with begin() as connection:
        row = connection.execute(select(audit_entry)).one()
    assert (row.action, row.detail) == ("systems.check", {"system": "subsistence"})
    assert row.subject_hash == keyed_hash(number)


def test_the_number_may_be_asked_for_instead(
    database: TestDatabase,
    over_there: ScriptedServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(systems, "ask_person", lambda: known_id("subsistence"))
    assert check("--ask-person") == 0
    assert "符合  查有此人，内容齐整" in capsys.readouterr().out


@pytest.mark.parametrize("number", ["123", "630102195304129823"])
def test_a_number_that_is_none_is_not_asked_about(
    number: str, over_there: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--person", number) == 2
    said = capsys.readouterr().out
    assert "身份证号不正确" in said and number not in said


def test_without_a_sample_what_needs_one_is_said_to_be_open(
    database: TestDatabase, over_there: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check() == 0
    assert "未查  查有此人" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "rule", "words"),
    [
        ("19530412", "1953年", "查有此人，内容齐整", "读不懂"),
        ('"xm"', '"mc"', "查有此人，内容齐整", "姓名缺失"),
        ('"sfzh"', '"zj"', "名册完整、无重、可读", "名册是空的"),
    ],
)
def test_what_falls_short_is_said_rule_by_rule(
    database: TestDatabase,
    over_there: ScriptedServer,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    rule: str,
    words: str,
) -> None:
    def speak(request: Request) -> Reply:
        reply = replay(request)
        return Reply(status=reply.status, body=reply.body.decode().replace(old, new).encode())

    over_there.play(speak)
    assert check("--person", known_id("subsistence")) == 1
    said = capsys.readouterr().out
    assert re.search(rf"不符  {rule}\n(        · .*\n)*?        · .*{words}", said), said
    assert known_id("subsistence") not in said


def test_a_manifest_that_is_refused_is_said_with_its_line_and_the_status_is_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from portal.connectors import registry

    copy = tmp_path / "service"
    copy.mkdir()
    for file in (registry.SYSTEMS / "service").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        if file.stem == "pension":
            text = text.replace("per_second = 20", "per_hour = 20")
        (copy / file.name).write_text(text, encoding="utf-8")
    whole = registry.survey
    monkeypatch.setattr(registry, "survey", lambda _folder: whole(tmp_path))
    assert main(["systems", "check", "pension"]) == 1
    said = capsys.readouterr().out
    assert re.search(r"未采用：pension\.toml：第 \d+ 行：limits\.per_hour：不认识的键", said)
    assert main(["systems", "check"]) == 1
    said = capsys.readouterr().out
    assert "启动时未采用" in said and "城乡最低生活保障系统" in said


# --- a new one ---------------------------------------------------------------------------------


def filled(text: str) -> str:
    """The skeleton with every question answered by the first thing that comes to mind."""

    def answer(found: re.Match[str]) -> str:
        words = found[1]
        if re.fullmatch(r"[A-Za-z.'= 0-9]+", words):
            return words
        if words.endswith("的表头"):
            return words.removesuffix("的表头")
        if re.search("路径|[段数素作图]名|目录|列|前缀|请求头", words):
            return "x" + "".join(f"{ord(one):x}" for one in words[:3])
        return f"{words[:4]}"

    return re.sub(r"〔([^〔〕]*)〕", answer, text)


@pytest.mark.parametrize("transport", sorted(newsystem.TRANSPORTS))
def test_a_filled_in_skeleton_is_accepted_and_an_empty_one_names_its_lines(
    transport: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"systems": tmp_path / "systems", "recordings": tmp_path / "fixtures"}
    assert newsystem.new("bus_pass", "service", transport, **places) == 0
    said = capsys.readouterr().out
    assert "systems check bus_pass" in said and 'id = "bus_pass"' in said
    file = tmp_path / "systems" / "service" / "bus_pass.toml"
    text = file.read_text(encoding="utf-8")
    with pytest.raises(ManifestError) as refused:
        read_manifest(file)
    rows = text.splitlines()
    assert all("〔" in rows[(one.line or 1) - 1] for one in refused.value.refusals)
    file.write_text(filled(text), encoding="utf-8")
    assert read_manifest(file).transport == transport
    notes = (tmp_path / "fixtures" / "bus_pass" / "README.md").read_text(encoding="utf-8")
    assert notes.startswith("# bus_pass") and "- [ ]" in notes


def test_what_is_not_said_is_asked(tmp_path: Path) -> None:
    answers = iter(["bus_pass", "service", "soap"])
    asked: list[str] = []

    def ask(words: str) -> str:
        asked.append(words)
        return next(answers)

    systems_folder, recordings = tmp_path / "s", tmp_path / "f"
    assert newsystem.new(ask=ask, systems=systems_folder, recordings=recordings) == 0
    assert len(asked) == 3 and "便民服务" in asked[1]
    made = systems_folder / "service" / "bus_pass.toml"
    assert 'transport = "soap"' in made.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("system_id", "field", "transport"),
    [
        ("Bus Pass", "service", "rest"),
        ("../x", "service", "rest"),
        ("bus", "traffic", "rest"),
        ("bus", "service", "pigeon"),
        (None, "service", "rest"),
        ("taken", "party", "rest"),
    ],
)
def test_nothing_is_written_for_an_answer_that_cannot_be_used(
    system_id: str | None,
    field: str,
    transport: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "s" / "service").mkdir(parents=True)
    (tmp_path / "s" / "service" / "taken.toml").write_text("id = 1")
    places: dict[str, Path] = {"systems": tmp_path / "s", "recordings": tmp_path / "f"}
    ask: Callable[[str], str] | None = None
    assert newsystem.new(system_id, field, transport, ask=ask, **places) == 2
    assert [one.name for one in tmp_path.rglob("*.toml")] == ["taken.toml"]
    assert not (tmp_path / "f").exists()
    assert capsys.readouterr().out
