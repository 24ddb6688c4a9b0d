"""What a manifest may say of files and tallies, and what it may not ask of anybody."""

from pathlib import Path

import pytest

from portal.connectors.registry import SYSTEMS, ManifestError, load_registry, read_manifest
from tests.connectors.support import site

PARTY = SYSTEMS / "party" / "party_members.toml"
HOTLINE = SYSTEMS / "governance" / "hotline.toml"
CREDENTIALS = {"username": "u", "password": "p", "host_key": "k"}


def changed(folder: Path, source: Path, old: str, new: str) -> Path:
    """A manifest of ours with one change."""
    text = source.read_text(encoding="utf-8")
    assert old in text
    file = folder / source.parent.name / source.name
    file.parent.mkdir()
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('folder = "out"\nname', 'folder = "../out"\nname', "drop.folder"),
        ('folder = "out"\nname', 'folder = "/etc"\nname', "drop.folder"),
        ('folder = "out"\nname', 'folder = "out"\nurl = "x"\nname', "drop.url"),
        ("(?P<period>", "(?P<day>", "drop"),
        (r"(?P<period>\d{8})", r"(?P<period>\d{8}", "drop"),
        ('format = "csv"', 'format = "doc"', "drop.format"),
        ('encoding = "gb18030"', 'encoding = "big5"', "drop.encoding"),
        ('ready = "marker"', 'ready = "now"', "drop.ready"),
        ('key = ["code"]', "key = []", "drop.key"),
        ('key = ["code"]', 'key = ["number"]', "drop"),
        ('members = "党员总数"', 'members = "组织名称"', "drop"),
        ('members = "党员总数"', 'members = "党员总数"\nwho = "书记姓名"', "drop.columns.who"),
        ('members = "党员总数"', 'members = "党员总数"\nid = "身份证号"', "drop.columns.id"),
        ('members = "党员总数"', 'members = "党员总数"\nmz = "民族"', "drop.columns.mz"),
        ('trailer = { mark = "#END", rows = 1 }', "trailer = { rows = 1 }", "drop.trailer.mark"),
        ('{ from = "members"', '{ from = "total"', "measures[1].of.from"),
        ('{ from = "region"', '{ from = "place"', "tally.region.from"),
        ('[tally]\nregion = { from = "region", convert = ["region"] }', "", "tally"),
        (
            'count = "sum"\nof = { from = "members", convert = ["number"] }',
            'count = "sum"',
            "measures.1",
        ),
        ('count = "rows"', 'count = "rows"\nkind = "flow"', "measures.0"),
        ('count = "rows"', 'count = "rows"\nages = [0, 60]', "measures.0"),
        ('count = "rows"', 'count = "persons"', "capabilities"),
        ('kind = "sftp"', 'kind = "sftp"\naccept_new = true', "auth.accept_new"),
        ('kind = "sftp"', 'kind = "none"', "auth.kind"),
    ],
)
def test_a_wrong_drop_is_refused_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(ManifestError) as refused:
        read_manifest(changed(tmp_path, PARTY, old, new))
    assert key in [found for found, _ in refused.value.problems], refused.value.problems
    assert str(refused.value).startswith("party_members.toml：")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[calls.counts]", "[calls.count]", "calls.count.[key]"),
        ("{from_day}", "{since}", "calls.counts.query"),
        ("days = 35", "days = 0", "tally.days"),
        ('secret = "secret"', 'secret = "secret"\nmethod = "md5"', "auth.hmac.method"),
        ("gdzt == '3'", "gdzt ==", "measures[2].where"),
    ],
)
def test_a_wrong_tally_is_refused_with_its_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        read_manifest(changed(tmp_path, HOTLINE, old, new))
    assert key in [found for found, _ in refused.value.problems], refused.value.problems


ROSTER = """
[roster]
foreign_id = "gdbh"
id_number = { from = "ssrzj", convert = ["id_number"] }
name = "ssrxm"
"""
COUNTED = """
[[measures]]
id = "party_members"
name = "党员"
count = "rows"
"""


@pytest.mark.parametrize(("more", "allowed"), [("", True), (ROSTER, False)])
def test_members_are_counted_only_where_nobody_is_named(
    tmp_path: Path, more: str, allowed: bool
) -> None:
    file = changed(tmp_path, HOTLINE, "[tally]", f"{more}{COUNTED}\n[tally]")
    if allowed:
        assert read_manifest(file).measures
    else:
        with pytest.raises(ManifestError, match="平台不得统计"):
            read_manifest(file)


@pytest.mark.parametrize("missing", sorted(CREDENTIALS))
def test_no_file_server_without_account_and_pinned_key(missing: str) -> None:
    given = {name: one for name, one in CREDENTIALS.items() if name != missing}
    place = site("party_members", endpoint="sftp://files.test:22", credentials=given)
    refused = load_registry([place]).refused
    assert any(missing in one.reason for one in refused)


@pytest.mark.parametrize(
    "url", ["http://files.test", "sftp://u:p@files.test", "sftp://", "file:///x"]
)
def test_a_strange_address_of_a_file_server_is_refused(url: str) -> None:
    registry = load_registry([site("party_members", endpoint=url, credentials=CREDENTIALS)])
    assert [one.key for one in registry.refused] == ["party_members.endpoint"]
