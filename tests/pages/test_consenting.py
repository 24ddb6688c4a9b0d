"""家庭授权 in the dossier: put on file, then the system is asked; revoked, then no more."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from portal import wiring
from portal.connectors.registry import System
from tests import people
from tests.pages.conftest import ID_NUMBER, Office, dossier_of, shown
from tests.pages.test_records import find


@pytest.fixture
def guarded_system(office: Office, tmp_path: Path) -> None:
    """System a wants the family's authorisation."""
    registry = wiring.app().gateway.registry
    system: System = registry.systems["a"]
    manifest = system.manifest.model_copy(update={"requires_authorisation": True})
    object.__setattr__(system, "manifest", manifest)


def _open(office: Office) -> AppTest:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    tab = find(office.open("records"), "才让卓玛")
    tab.button(key=f"pick-{person}").click().run()
    tab.run()
    dossier_of(tab).gathering.wait(10)
    return tab.run()


@pytest.mark.usefixtures("guarded_system")
def test_a_paper_is_put_on_file_and_revoked(office: Office) -> None:
    tab = _open(office)
    assert "没有在案的授权" in shown(tab) and "需本人及家庭成员授权" in shown(tab)
    assert office.transports["a"].calls == []
    tab.button(key="paper_begin").click().run()
    tab.button(key="paper_send").click().run()
    assert "纸质授权书编号" in shown(tab)
    tab.text_input(key="paper_number").input("HDSQ-2026-0001")
    tab.button(key="paper_send").click().run()
    assert "授权已登记" in shown(tab) and "HDSQ-2026-0001" in shown(tab)
    dossier_of(tab).gathering.wait(10)
    assert len(office.transports["a"].calls) == 1
    tab.run()
    tab.text_input(key="paper_why").input("家庭撤回")
    tab.button(key="paper_revoke").click().run()
    assert "授权已撤销" in shown(tab) and "已撤销" in shown(tab)
    assert "a" not in {one.system_id for one in dossier_of(tab).dossier.planned}


def test_where_no_system_wants_a_paper_none_is_spoken_of(office: Office) -> None:
    assert "家庭授权" not in shown(_open(office))
