"""docs/connectors.md says everything a writer of manifests needs, and nothing that is gone."""

import re

import pytest

from portal.connectors import errands, manifest
from portal.connectors.contract import Capability, Mask, Sensitivity, State
from portal.connectors.converters import FACTORIES
from portal.connectors.template import PLACEHOLDERS
from portal.settings import ROOT
from portal.store.measure_words import Topic
from tests.connectors.test_contract import FAULTS

TEXT = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`\n]+)`", TEXT))))


@pytest.mark.parametrize(
    "part",
    [
        manifest.RestManifest,
        manifest.Limits,
        manifest.Envelope,
        manifest.FieldRule,
        manifest.Readers,
        manifest.RecordMap,
        manifest.RosterMap,
        manifest.RegisterMap,
        manifest.MeasureMap,
        manifest.FunctionCall,
        errands.TaskSection,
        errands.TaskMap,
        errands.ActionMap,
        errands.FormFieldMap,
    ],
)
def test_every_key_of_a_manifest_is_named(part: type[manifest.Part]) -> None:
    keys = set(part.model_fields) - {"calls", "convert"}
    assert keys <= CODE, keys - CODE


def test_every_word_a_manifest_may_use_is_named() -> None:
    words = {*Mask, *Sensitivity, *Topic, *Capability, *FACTORIES, *PLACEHOLDERS}
    assert words <= CODE, words - CODE


@pytest.mark.parametrize("state", State)
def test_every_state_is_explained_with_its_chinese_word(state: State) -> None:
    assert f"| `{state.name}` | {state.value} |" in TEXT


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_listed_with_the_state_it_leads_to(fault: type) -> None:
    line = next(one for one in TEXT.splitlines() if one.startswith(f"| `{fault.__name__}` |"))
    assert fault.__name__ == "SystemFault" or line.rstrip(" |").endswith(fault.state.value)  # type: ignore[attr-defined]


def test_every_module_named_is_there_and_every_module_is_named() -> None:
    folder = ROOT / "portal" / "connectors"
    there = {one.name for one in folder.glob("*.py")} - {"__init__.py", "loop.py", "transports.py"}
    named = set(re.findall(r"\b[a-z]+\.py\b", TEXT.split("## ")[0]))
    assert named == there
