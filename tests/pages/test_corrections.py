"""数据校核 on the pages: asked in the dossier, listed, withdrawn; answered in 统一办理."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from portal.affairs.corrections import queries
from portal.connectors.contract import TimedOut
from tests import people
from tests.connectors.support import GOOD, FakeTransport, always
from tests.pages.conftest import ID_NUMBER, Office, dossier_of, shown
from tests.pages.test_records import find

OTHER = {"code": "0", "rows": [{**GOOD["rows"][0], "name": "才让措毛"}]}  # type: ignore[index]


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    return {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(OTHER))}


def _dossier(office: Office) -> AppTest:
    person = people.add_person(ID_NUMBER, name="才让卓玛", pinyin="cairangzhuoma")
    tab = find(office.open("records"), "才让卓玛")
    tab.button(key=f"pick-{person}").click().run()
    tab.run()
    dossier_of(tab).gathering.wait(10)
    return tab.run()


def test_a_disagreement_is_shown_side_by_side_and_asked_about(office: Office) -> None:
    tab = _dossier(office)
    text = shown(tab)
    assert "1 项不一致" in text and "才让措毛" in text and "系统b" in text
    tab.button(key="dispute-name").click().run()
    places = tab.radio(key="dispute_place")
    assert places.options == ["系统a·姓名：才让卓玛", "系统b·姓名：才让措毛"]
    places.set_value(("b", 0, "name")).run()
    tab.radio(key="dispute_ground").set_value("document").run()
    tab.button(key="dispute_send").click().run()
    assert not tab.exception
    text = shown(tab.run())
    assert "JH-" in text and "校核已提出" in text


def test_any_value_may_be_put_in_question(office: Office) -> None:
    tab = _dossier(office)
    tab.button(key="dispute-any").click().run()
    assert "系统a·等级：甲" in tab.selectbox(key="dispute_place").options
    tab.button(key="dispute_leave").click().run()
    assert not [one for one in tab.selectbox if one.key == "dispute_place"]


def test_an_answer_that_comes_late_takes_no_field_away(office: Office) -> None:
    """It brings another value to be chosen; what was offered first, and is being written, stays."""
    office.transports["b"].behave = always(TimedOut())
    tab = _dossier(office)
    tab.button(key="dispute-any").click().run()
    tab.selectbox(key="dispute_place").set_value(("a", 0, "name")).run()
    tab.text_input(key="dispute_typed").input("才让卓么").run()
    office.transports["b"].behave = always(OTHER)
    opened = dossier_of(tab)
    assert office.who is not None
    opened.fetch(office.who)
    opened.gathering.wait(10)
    tab.run()
    assert "1 项不一致" in shown(tab)
    assert tab.radio(key="dispute_other").options[0] == "采用系统b的记载：才让措毛"
    assert tab.radio(key="dispute_other").value == "另行填写"
    assert tab.text_input(key="dispute_typed").value == "才让卓么"


def test_the_list_says_what_to_do_when_it_is_empty(office: Office) -> None:
    text = shown(office.open("corrections"))
    assert "没有校核申请" in text and "系统默认，可修改" in text


def test_the_owner_answers_in_the_inbox_and_the_asker_finds_it(
    office: Office, become: Callable[..., None]
) -> None:
    clerk = office.who
    tab = _dossier(office)
    tab.button(key="dispute-name").click().run()
    tab.radio(key="dispute_place").set_value(("b", 0, "name")).run()
    tab.radio(key="dispute_ground").set_value("document").run()
    tab.button(key="dispute_send").click().run()
    become(roles=("department_officer",), prefixes=(), unit_id="dept-civil", kind="department",
           level="city", region_code="9901")  # fmt: skip
    inbox = office.open("tasks")
    assert "核实“姓名”（系统b）" in shown(inbox) and "数据校核" in shown(inbox)
    next(one for one in inbox.button if one.label == "办理").click().run()
    path, query = office.went[-1]
    task = office.open(path, **query)
    assert "才让措毛" in shown(task) and "建议更正为" in shown(task)
    task.button(key="act-CORRECTED").click().run()
    assert not task.exception
    office.who = clerk
    assert clerk is not None
    assert "已更正：姓名（系统b）" in shown(office.open("tasks").button(key="box-1").click().run())
    (row,) = queries.listed(clerk, "本单位提出").rows
    opened = shown(office.open("corrections", id=row.id))
    assert "已更正" in opened and "才让措毛" in opened
    assert row.number in shown(office.open("corrections"))


def test_somebody_elses_request_is_refused_in_words(office: Office) -> None:
    text = shown(office.open("corrections", id="00000000-0000-0000-0000-000000000001"))
    assert "没有打开校核申请" in text
