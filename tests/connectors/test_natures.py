"""Petitions, corrections, police and court: entry, tasks and numbers, never who is in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.connectors.registry import SYSTEMS, ManifestError, read_manifest
from tests.connectors.support import MANIFEST

NATURES = ("petition", "corrections", "police", "court")
TASKS = SYSTEMS / "governance" / "police_nonurgent.toml"


def problems(file: Path) -> set[str]:
    with pytest.raises(ManifestError) as refused:
        read_manifest(file)
    return {key for key, _ in refused.value.problems}


def changed(folder: Path, change: Callable[[str], str], source: Path = TASKS) -> Path:
    """A manifest of ours with one change."""
    file = folder / source.parent.name / source.name
    file.parent.mkdir(parents=True)
    text = source.read_text(encoding="utf-8")
    assert change(text) != text
    file.write_text(change(text), encoding="utf-8")
    return file


@pytest.mark.parametrize("nature", NATURES)
def test_records_rosters_and_questions_about_persons_are_refused(
    tmp_path: Path, nature: str
) -> None:
    file = tmp_path / "service" / "a.toml"
    file.parent.mkdir()
    text = MANIFEST.format(id="a")
    file.write_text(text.replace("version = 1", f'version = 1\nnature = "{nature}"'))
    assert {"capabilities", "roster", "calls.person"} <= problems(file)


@pytest.mark.parametrize("nature", NATURES)
@pytest.mark.parametrize("part", ["person", "id_number"])
def test_a_task_that_names_somebody_is_refused(tmp_path: Path, nature: str, part: str) -> None:
    def named(text: str) -> str:
        text = text.replace('nature = "police"', f'nature = "{nature}"')
        return text.replace('title = "flnr"', f'title = "flnr"\n{part} = "dsr"')

    assert f"tasks.map.{part}" in problems(changed(tmp_path, named))


def test_numbers_of_petitions_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    """They would stand side by side in every table of regions."""

    def petition(text: str) -> str:
        return text.replace('nature = "police"', 'nature = "petition"')

    assert problems(changed(tmp_path, petition)) == {"measures"}


def test_what_is_left_is_fine(tmp_path: Path) -> None:
    """Entry and tasks of a petition system, tasks and numbers of a court."""

    def tasks_only(text: str) -> str:
        text = text.replace('nature = "police"', 'nature = "petition"')
        text = text.replace('["entry", "reports", "orders"]', '["entry", "orders"]')
        return text.split("[tally]")[0]

    def court(text: str) -> str:
        return text.replace('nature = "police"', 'nature = "court"')

    assert not read_manifest(changed(tmp_path / "p", tasks_only)).measures
    assert read_manifest(changed(tmp_path / "c", court)).measures
