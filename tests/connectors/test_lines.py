"""Where a key stands: the line that is told is the line to mend."""

import shutil
import tomllib
from pathlib import Path

import pytest

from portal.connectors.lines import Lines, in_pack, line_of_error
from portal.connectors.registry import SYSTEMS, ManifestError, load_registry, read_manifest
from portal.functions.matters import load as load_matters
from portal.functions.resources import load as load_resources
from portal.settings import Settings
from portal.store import site_texts
from portal.store.citypack import read_pack
from tests.connectors.support import MANIFEST, site, write_manifests

TEXT = '''\
id = "a"            # 1
about = """
[not.a.table]
x = 1
"""
[limits]
per_second = 4      # 7
"quoted key" = 1
[calls.person]      # 9
query = { id = "{id_number}", page = "=" }
json = [
  "x = 1",
  { a = [1,
    2] },
]
path = "/p"         # 16
[[records]]
title = "甲"        # 18
[records.map]
name = { from = "x" } # 20
[[records]]
each = "@"          # 22
[records.map]
a.b = "c"           # 24
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("id", 1),
        ("about", 2),
        ("limits", 6),
        ("limits.per_second", 7),
        ("limits.per_minute", 6),
        ("limits.quoted key", 8),
        ("calls.person", 9),
        ("calls.person.query.page", 10),
        ("calls.person.json.1.a", 11),
        ("calls.person.path", 16),
        ("records[0].title", 18),
        ("records.0.map.name.from", 20),
        ("records[1].each", 22),
        ("records[1].map.a.b", 24),
        ("records[1].map", 23),
        ("nowhere", 1),
        ("not.a.table", 1),
    ],
)
def test_a_key_is_found_on_its_line(key: str, line: int) -> None:
    assert Lines(TEXT).of(key) == line


def _paths(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        below = [_paths(one, f"{path}.{key}") for key, one in value.items() if "." not in key]
    elif isinstance(value, list):
        below = [_paths(one, f"{path}[{place}]") for place, one in enumerate(value)]
    else:
        return [path.lstrip(".")]
    return [one for some in below for one in some]


@pytest.mark.parametrize("file", sorted(SYSTEMS.glob("*/*.toml")), ids=lambda one: one.stem)
def test_every_key_of_every_manifest_is_found_where_its_own_name_stands(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines, rows = Lines(text), text.splitlines()
    for key in _paths(tomllib.loads(text)):
        last = next(one for one in reversed(key.replace("]", "").replace("[", ".").split("."))
                    if not one.isdigit())  # fmt: skip
        start = lines.of(key)
        block = "\n".join(rows[start - 1 : start + 40])
        assert last in block, (key, start)


def test_a_broken_file_names_the_line_of_the_parser(tmp_path: Path) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as broken:
        tomllib.loads('a = 1\nb = 2\nc = "\n')
    assert line_of_error(broken.value) == 3
    file = tmp_path / "service" / "a.toml"
    file.parent.mkdir()
    file.write_text(MANIFEST.format(id="a").replace('about = "试验"', "about = 试验"), "utf-8")
    with pytest.raises(ManifestError, match=r"a\.toml：第 4 行：TOML"):
        read_manifest(file)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("per_second = 1000", "per_minute = 1000", "不认识的键"),
        ('grade = "grade"', 'grade = "gra["', "JMESPath"),
        ("timeout_seconds = 5", "timeout_seconds = 0", "值不合要求"),
        ("timeout_seconds = 5", "timeout_seconds = 900", "值不合要求"),
        ("rest_seconds = 30", "rest_seconds = 90000", "值不合要求"),
        ("per_second = 1000", "per_second = 0", "值不合要求"),
    ],
)
def test_a_bad_manifest_is_said_with_its_line_and_the_others_start(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder = write_manifests(tmp_path, ["a", "b"])
    file = folder / "service" / "a.toml"
    changed = file.read_text(encoding="utf-8").replace(old, new)
    file.write_text(changed, encoding="utf-8")
    registry = load_registry([site("a"), site("b")], folder=folder)
    assert list(registry.systems) == ["b"]
    refused = registry.refused[0]
    assert refused.file == "a.toml" and told in refused.reason
    assert refused.line is not None
    assert new.split(" =")[0] in changed.splitlines()[refused.line - 1]


PACK = """\
[[system]]
id = "b"
[[system]]
id = "a"
name = "甲"
endpoint = "http://example.test"
"""


def test_a_missing_legal_basis_leaves_one_system_out_and_names_its_entry(tmp_path: Path) -> None:
    folder = write_manifests(tmp_path / "systems", ["a", "b"])
    (tmp_path / "systems.toml").write_text(PACK, encoding="utf-8")
    sites = [site("a", legal_basis=" "), site("b")]
    registry = load_registry(sites, folder=folder, pack_folder=tmp_path)
    (refused,) = registry.refused
    assert list(registry.systems) == ["b"]
    assert (refused.file, refused.line, refused.key) == ("systems.toml", 3, "a.legal_basis")
    assert in_pack(tmp_path, "a", "endpoint") == ("systems.toml", 6)
    tested = load_registry([site("a", legal_basis="", mode="联调")], folder=folder)
    assert tested.system("a").reachable, "while it is being tested nobody is given anything"


SPOILT = """\
[[system]]
id = "b"
name = "乙"
owner = "甲局"
level = "市级"
mode = "试运行"
endpoint = "http://127.0.0.1:1/b"
legal_basis = "共享目录"
[[system]]
id = "a"
name = "甲"
owner = "甲局"
level = "市级"
{bad}
"""


@pytest.mark.parametrize(
    ("bad", "line", "key", "told"),
    [
        ('modus = "正式"', 14, "a.modus", "不认识的键"),
        ('mode = "开"', 14, "a.mode", "值不合要求"),
        ("down_minutes = 0", 14, "a.down_minutes", "值不合要求"),
    ],
)
def test_a_bad_key_in_the_city_pack_leaves_out_that_system_only(
    tmp_path: Path, bad: str, line: int, key: str, told: str
) -> None:
    folder = write_manifests(tmp_path / "systems", ["a", "b"])
    (tmp_path / "systems.toml").write_text(SPOILT.format(bad=bad), encoding="utf-8")
    read, unread = site_texts.read(tmp_path, production=True)
    registry = load_registry(read, folder=folder, pack_folder=tmp_path, unread=unread)
    assert list(registry.systems) == ["b"]
    (refused,) = registry.refused
    assert (refused.file, refused.line, refused.key) == ("systems.toml", line, key)
    assert told in refused.reason


def test_an_entry_without_an_id_is_said_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "systems.toml").write_text('[[system]]\nname = "甲"\n', encoding="utf-8")
    read, unread = site_texts.read(tmp_path, production=True)
    assert read == []
    assert {one.id for one in unread} == {"第 1 个系统"}


def test_a_city_with_a_spoilt_entry_still_starts(tmp_path: Path) -> None:
    """What the catalogue and the matters say about it waits; nothing else is lost."""
    place = tmp_path / "city"
    shutil.copytree(Settings().city_pack, place)
    file = place / "systems.toml"
    text = file.read_text(encoding="utf-8").replace(
        'id = "hotline"\n', 'id = "hotline"\nmodus = "正式"\n'
    )
    file.write_text(text, encoding="utf-8")
    city = read_pack(place)
    assert "hotline" not in {one.id for one in city.systems}
    registry = load_registry(city.systems, pack_folder=place, unread=city.unread_systems)
    known = [one.id for one in (*city.systems, *city.unread_systems)]
    load_resources(registry, city.resources, known)
    load_matters(registry, city.matters)
    (refused,) = registry.refused
    assert (refused.file, refused.key) == ("systems.toml", "hotline.modus")
    assert refused.line and 'modus = "正式"' in text.splitlines()[refused.line - 1]
