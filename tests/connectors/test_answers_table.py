"""The table of what each of the 37 systems answers is what their manifests say."""

import re

import pytest

from portal.connectors.contract import ABOUT, Capability, SubjectKind
from portal.connectors.registry import read_manifests
from portal.settings import ROOT, Settings
from portal.store.citypack import read_pack

TEXT = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
PART = TEXT.split("## Which of the 37 answers what")[1].split("\n## ")[0]
ROWS = {
    cells[0].strip("`"): cells
    for line in PART.splitlines()
    if line.startswith("| `")
    for cells in [[one.strip() for one in line.strip("|").split("|")]]
}
MANIFESTS = read_manifests()
KINDS = list(SubjectKind)  # the order of the columns


def test_every_system_stands_in_the_table_once() -> None:
    assert list(ROWS) == [one.id for one in read_pack(Settings().city_pack).systems]
    assert ROWS.keys() == MANIFESTS.keys()
    assert len(re.findall(r"^\| `", PART, re.MULTILINE)) == len(ROWS) == 37


@pytest.mark.parametrize("system_id", sorted(MANIFESTS))
def test_a_row_says_what_the_manifest_says(system_id: str) -> None:
    manifest, row = MANIFESTS[system_id], ROWS[system_id]
    able = manifest.capabilities
    told = [ABOUT[kind] in able for kind in KINDS]
    assert [one == "yes" for one in row[2:6]] == told
    how = manifest.answers if any(told) else ""
    assert row[6] == how + (", with paper" if manifest.requires_authorisation else "")
    assert (row[7] == "yes", row[8] == "yes") == (
        bool({Capability.TASKS, Capability.ORDERS} & able), Capability.REPORTS in able,
    )  # fmt: skip
    assert all(told) or row[9], "what is not offered has a reason"


def test_the_sentence_counts_as_the_manifests_do() -> None:
    numbers = {2: "two", 3: "three", 5: "five", 13: "thirteen", 14: "Fourteen"}
    holding = {
        kind: [one for one in MANIFESTS.values() if ABOUT[kind] in one.capabilities]
        for kind in KINDS
    }
    persons = holding[SubjectKind.PERSON]
    held = [one for one in persons if one.answers != "record"]
    everyone = {one.id for some in holding.values() for one in some}
    words = " ".join(PART.split())
    assert (
        f"{numbers[len(everyone)]} answer a dossier: {numbers[len(persons)]} of a person"
        f" ({numbers[len(held)]} of them a conclusion or a verification only),"
        f" {numbers[len(holding[SubjectKind.HOUSEHOLD])]} of a household,"
        f" {numbers[len(holding[SubjectKind.HOUSE])]} of a house,"
        f" {numbers[len(holding[SubjectKind.ENTERPRISE])]} of an enterprise"
    ) in words
