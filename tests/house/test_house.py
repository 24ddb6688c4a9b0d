"""The house keeps its own rules: short root files, no city in code, terms in the glossary."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from portal.settings import ROOT

CODE = [
    file for folder in ("auth", "portal", "sandbox") for file in (ROOT / folder).rglob("*.py")
] + [ROOT / "app.py", ROOT / "server.py"]
MANIFESTS = sorted((ROOT / "portal" / "connectors" / "systems").rglob("*.toml"))
FORBIDDEN_IN_ROOT = ("sqlalchemy", "psycopg", "portal.store.engine", "portal.connectors", "sandbox")


@pytest.mark.parametrize("name", ["app.py", "server.py"])
def test_the_root_files_stay_short_and_out_of_the_rooms_below(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 40
    for node in ast.walk(ast.parse(source)):
        modules = []
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            assert not module.startswith(FORBIDDEN_IN_ROOT), module


def test_no_page_lies_beside_the_entry_script() -> None:
    assert not (ROOT / "pages").exists()
    assert (ROOT / "app.py").exists()


@pytest.mark.parametrize("file", CODE + MANIFESTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_no_code_names_a_city(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("xining", "西宁", "青海", "东兴", "城东"):
        assert word not in text.lower()
    assert not re.search(r"6301\d*", text)


@pytest.mark.parametrize("file", CODE, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


def test_nothing_private_is_committed() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert files
    private = re.compile(r"(^var/|secrets\.(json|toml)$|\.password$|\.pem$|\.env$)")
    assert [one for one in files if private.search(one)] == []


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda one: one.stem)
def test_every_manifest_has_the_fixtures_of_its_dialect(file: Path) -> None:
    assert (ROOT / "tests" / "connectors" / "fixtures" / file.stem / "README.md").exists()


_NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(test_\w+)`")


def test_a_test_that_a_document_names_is_there() -> None:
    named = []
    for document in (ROOT / "docs").rglob("*.md"):
        file = ""
        for path, test in _NAMED.findall(document.read_text(encoding="utf-8")):
            file = path or file  # a name without a file is of the one before it
            named.append((document.name, file, test))
    assert named
    known = {file: (ROOT / file).read_text(encoding="utf-8") for _, file, _ in named}
    assert [one for one in named if f"def {one[2]}(" not in known[one[1]]] == []
