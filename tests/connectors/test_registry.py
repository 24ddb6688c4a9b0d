"""The registry: what a manifest may say, and how clearly a wrong one is refused."""

import re
from pathlib import Path
from typing import Any

import pytest

from portal.connectors.contract import Capability
from portal.connectors.endpoint import EndpointRefused, below, check_endpoint, same_origin
from portal.connectors.registry import (
    ManifestError,
    Registry,
    load_registry,
    read_manifest,
    read_manifests,
)
from portal.settings import ROOT
from portal.store.citypack import read_pack
from tests.connectors.support import MANIFEST, load, site, write_manifests

FIELD = 'grade = { label = "等级", sensitivity = "open" }'


def written(folder: Path, old: str, new: str) -> Path:
    """The test manifest with one change; the text to change must be there."""
    text = MANIFEST.format(id="a")
    assert old in text
    file = folder / "service" / "a.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("per_second = 1000", "per_minute = 1000", "limits.per_minute"),
        ('about = "试验"', 'about = "试验"\nscore = 1', "score"),
        ("[calls.probe]\npath = ", "[calls.probe]\nurl = ", "calls.probe.path"),
        ('transport = "rest"', 'transport = "pigeon"', "transport"),
        ('grade = "grade"', 'grade = "grade"\nbonus = "bonus"', "records[0].map.bonus"),
        ('grade = "grade"', "", "fields.grade"),
        ('grade = "grade"', 'grade = "gra["', "records[0].map.grade.from"),
        (
            'grade = "grade"',
            'grade = { from = "grade", convert = ["magic"] }',
            "records[0].map.grade.convert",
        ),
        (
            'grade = "grade"',
            'grade = { from = "grade", convert = ["code:none"] }',
            "records[0].map.grade.convert",
        ),
        ('id = "{id_number}"', 'id = "{idnumber}"', "calls.person.query"),
        ('id = "{id_number}"', 'page = "{page}"', "calls.person"),
        ("success = \"code == '0'\"", 'success = "code =="', "envelope.success"),
        ('mask = "id_number"', 'mask = "none"', "fields.id_number.mask"),
        (FIELD, FIELD.replace("open", "secret"), "fields.grade.sensitivity"),
        (FIELD, FIELD.replace('"open"', '"open", readers = "nobody"'), "fields.grade.readers"),
        ('[calls.probe]\npath = "/probe"', "", "calls.probe"),
        ('[calls.roster]\npath = "/roster"', "[calls.roster]", "calls.roster.path"),
        ('field = "service"', 'field = "party"', "field"),
        ('id = "a"', 'id = "b"', "id"),
        ('id = "a"', 'id = "A B"', "id"),
        ("version = 1", "version = 0", "version"),
        ('network = "互联网"', 'network = "局域网"', "network"),
        ('network = "互联网"', 'network = "互联网"\nnature = "petition"', "capabilities"),
        ('"/person"', '"/person?x=1"', "calls.person.path"),
        ('"/person"', '"person"', "calls.person.path"),
        ("size = 2", "size = 0", "calls.roster.paging.size"),
        ('kind = "page"', 'kind = "cursor"', "calls.roster.paging"),
        ('about = "试验"', "about = 试验", "TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        read_manifest(written(tmp_path, old, new))
    assert key in [found for found, _ in refused.value.problems]
    assert str(refused.value).startswith("a.toml：")


@pytest.mark.parametrize(
    ("name", "label", "source"),
    [
        ("religion", "甲", "x"),
        ("faith", "甲", "x"),
        ("ethnicity", "甲", "x"),
        ("party_member", "甲", "x"),
        ("note", "宗教信仰", "x"),
        ("note", "民族", "x"),
        ("note", "政治面貌", "x"),
        ("note", "是否党员", "x"),
        ("note", "信访记录", "x"),
        ("note", "甲", "MZ"),
        ("note", "甲", "person.zzmm"),
        ("note", "甲", "rows[?mz=='1'].x"),
        ("note", "甲", "religion"),
        ("note", "甲", "AAC005"),
    ],
)
def test_what_the_platform_must_not_hold_is_refused(
    tmp_path: Path, name: str, label: str, source: str
) -> None:
    file = written(
        tmp_path, FIELD, f'{FIELD}\n{name} = {{ label = "{label}", sensitivity = "open" }}'
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('grade = "grade"', f'grade = "grade"\n{name} = "{source}"'))
    with pytest.raises(ManifestError, match="平台不得"):
        read_manifest(file)


def test_an_allowed_field_beside_the_forbidden_ones_is_fine(tmp_path: Path) -> None:
    write_manifests(tmp_path, ["a"])
    assert "grade" in read_manifest(tmp_path / "service" / "a.toml").fields


def test_a_new_system_is_one_new_file_and_no_code(tmp_path: Path) -> None:
    assert [one.id for one in load(tmp_path, ["a"]).serving(Capability.RECORDS)] == ["a"]
    assert set(load(tmp_path, ["a", "thirty_eighth"]).systems) == {"a", "thirty_eighth"}


def test_one_id_is_one_system(tmp_path: Path) -> None:
    write_manifests(tmp_path, ["a"])
    other = tmp_path / "party" / "a.toml"
    other.parent.mkdir()
    other.write_text(MANIFEST.format(id="a").replace('"service"', '"party"'), encoding="utf-8")
    with pytest.raises(ManifestError, match="已被另一个清单使用"):
        read_manifests(tmp_path)


# --- the city's half ---------------------------------------------------------------------------


def joined(folder: Path, **changes: Any) -> Registry:
    return load_registry([site("a", **changes)], folder=write_manifests(folder, ["a"]))


@pytest.mark.parametrize("mode", ["未接入", "联调", "停用"])
def test_only_systems_in_trial_or_service_are_given_to_people(tmp_path: Path, mode: str) -> None:
    registry = joined(tmp_path, mode=mode)
    assert registry.serving(Capability.RECORDS) == ()
    assert registry.readable((), "visit") == {}
    assert registry.system("a").reachable == (mode == "联调")


@pytest.mark.parametrize("mode", ["试运行", "正式"])
def test_a_live_system_is_given(tmp_path: Path, mode: str) -> None:
    assert [one.id for one in joined(tmp_path, mode=mode).serving(Capability.RECORDS)] == ["a"]


def test_a_system_without_an_endpoint_serves_nothing(tmp_path: Path) -> None:
    registry = joined(tmp_path, endpoint="")
    assert registry.serving(Capability.RECORDS) == ()


def test_a_system_that_is_on_needs_a_manifest_and_one_that_is_off_does_not(tmp_path: Path) -> None:
    (refused,) = load_registry([site("unheard_of")], folder=tmp_path).refused
    assert (refused.system_id, refused.reason) == ("unheard_of", "已启用的系统没有清单")
    assert load_registry([site("unheard_of", mode="未接入")], folder=tmp_path).systems == {}


def test_a_missing_credential_is_named(tmp_path: Path) -> None:
    def with_key(text: str) -> str:
        auth = '[auth]\nkind = "header"\nheader = "X-Key"\nsecret = "app_key"\n'
        return text.replace("[envelope]", f"{auth}[envelope]")

    folder = write_manifests(tmp_path, ["a"], with_key)
    (refused,) = load_registry([site("a")], folder=folder).refused
    assert refused.key == "a.credentials" and "app_key" in refused.reason
    ready = load_registry(
        [site("a", credentials={"app_key": "a_key"})], folder=folder, secret="<{}>".format
    )
    assert ready.system("a").credential("app_key") == "<a_key>"


READERS = """
[readers.desk]
roles = ["clerk"]
purposes = ["case"]
"""


@pytest.mark.parametrize(
    ("roles", "purpose", "may"),
    [
        (("clerk",), "case", True),
        (("clerk", "grid"), "case", True),
        (("grid",), "case", False),
        (("clerk",), "visit", False),
        ((), "case", False),
    ],
)
def test_a_field_is_read_by_its_readers_for_their_purposes_only(
    tmp_path: Path, roles: tuple[str, ...], purpose: str, may: bool
) -> None:
    def guarded(text: str) -> str:
        return text.replace(FIELD, FIELD.replace('"open"', '"open", readers = "desk"')) + READERS

    registry = load(tmp_path, ["a"], guarded)
    assert ("grade" in registry.readable(roles, purpose)["a"]) is may
    assert "name" in registry.readable(roles, purpose)["a"]


# --- endpoints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("ftp://example.test/", "rest"),
        ("file:///etc/passwd", "soap"),
        ("http://", "rest"),
        ("http://user:secret@example.test/", "rest"),
        ("http://example.test/?next=http://other.test", "rest"),
        ("http://example.test/#x", "rest"),
        ("http://example.test/../admin", "rest"),
        ("http://example.test:port/", "rest"),
        ("http://example.test/", "database"),
        ("sqlite:///etc/x", "database"),
    ],
)
def test_a_strange_endpoint_is_refused(url: str, transport: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_endpoint(url, transport, ())
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://mz.example.gov.cn/api", True),
        ("https://mz.example.gov.cn:8443/api", False),
        ("http://mz.example.gov.cn/api", False),
        ("https://example.org/mz.example.gov.cn", False),
        ("https://mz.example.gov.cn.evil.test/api", False),
    ],
)
def test_an_allow_list_is_about_scheme_host_and_port(url: str, allowed: bool) -> None:
    patterns = ("https://*.example.gov.cn",)
    if allowed:
        check_endpoint(url, "rest", patterns)
    else:
        with pytest.raises(EndpointRefused, match="不在允许的范围内"):
            check_endpoint(url, "rest", patterns)


def test_the_registry_keeps_to_the_allow_list(tmp_path: Path) -> None:
    folder = write_manifests(tmp_path, ["a"])
    assert not load_registry([site("a")], folder=folder, allow=("http://example.test",)).refused
    (refused,) = load_registry([site("a")], folder=folder, allow=("https://example.test",)).refused
    assert refused.key == "a.endpoint"


@pytest.mark.parametrize("path", ["/a/../b", "a", "//b", "/a//b", "/.."])
def test_a_path_cannot_climb(path: str) -> None:
    with pytest.raises(EndpointRefused):
        below("http://example.test/api", path)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert same_origin("http://A.test:80/x", "http://a.test:80/y")
    for other in ("https://a.test:80/", "http://b.test:80/", "http://a.test:81/"):
        assert not same_origin(other, "http://a.test:80/")


# --- the systems of this project ---------------------------------------------------------------


def test_the_manifests_of_this_project_are_good_and_joined_by_every_city() -> None:
    manifests = read_manifests()
    assert {"subsistence", "medical_insurance", "pension", "grid"} <= set(manifests)
    for folder in (one.parent for one in (ROOT / "city").glob("*/pack.toml")):
        assert load_registry(read_pack(folder).systems).refused == ()


def test_readers_are_roles_and_purposes_that_a_city_knows() -> None:
    for folder in (one.parent for one in (ROOT / "city").glob("*/pack.toml")):
        pack = read_pack(folder)
        roles = {one.id for one in pack.roles}
        purposes = {one.id for one in (*pack.purposes, pack.case_purpose)} | {"roster"}
        for manifest in read_manifests().values():
            for group in manifest.readers.values():
                assert set(group.roles) - {"*"} <= roles, manifest.id
                assert set(group.purposes) - {"*"} <= purposes, manifest.id


def test_no_secret_and_no_address_is_written_in_a_manifest() -> None:
    for file in (ROOT / "portal" / "connectors" / "systems").glob("*/*.toml"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://|postgresql://|\d+\.\d+\.\d+\.\d+", text), file.name
