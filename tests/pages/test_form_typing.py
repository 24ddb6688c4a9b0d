"""一表通: what is being written in a cell stays, whatever 一键调取 or a colleague brings meanwhile.

The pieces of the page are drawn as a browser has them drawn, by themselves.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from auth.principal import Principal
from portal.affairs.forms import desk, held, queries
from portal.affairs.forms.desk import Change
from portal.affairs.forms.words import AUTO, TYPED, Cell, Held, HeldField
from portal.connectors.template import Values
from portal.pages.parts.formgrid import Sheet, follows, written_in
from tests import people
from tests.connectors import support
from tests.forms import world
from tests.forms.world import clerk
from tests.pages.clockwork import Clockwork, inside, looking, tick
from tests.pages.conftest import Office, shown
from tests.pages.test_forms import sit

__all__ = ["sit"]

pytestmark = pytest.mark.usefixtures("frozen")
Sit = Callable[[Principal], Principal]


def _listed() -> Any:
    """Two persons with a cell that a system knows and one to be typed."""
    for number in (support.ID_NUMBER, "630102193001010029"):
        people.add_person(number, "才让卓玛", "crzm", [("居住", world.PLACE)])
    system = HeldField(id="a.grade", label="等级", system_name="系统a")
    held.comes_from(lambda: Held(fields={system.id: system}))
    made = world.written(
        world.field("no", "身份证号", kind="text", source="person", bind="id_number"),
        world.field("a", "等级", kind="text", source="field", bind="a.grade"),
        world.field("note", "备注", kind="text", required=False),
        layout="名册", rows="aged", from_age=60,
    )  # fmt: skip
    return world.answer(world.sent(made)).id


def _write(tab: AppTest, cells: dict[int, dict[str, str]]) -> AppTest:
    """As a browser sends what stands written in the grid."""
    told = tab._tree.get_widget_states()
    words = json.dumps({"edited_rows": cells, "added_rows": [], "deleted_rows": []})
    told.widgets.add(id=tab.dataframe[0].proto.id, string_value=words)
    return inside(tab, "form_list", told)


async def _knows(_call: Any, values: Values) -> Any:
    row = {**support.GOOD["rows"][0], "id": values["id_number"]}
    return {**support.GOOD, "rows": [row]}


def test_a_list_that_fills_leaves_alone_what_is_being_written(office: Office, sit: Sit) -> None:
    answer = _listed()
    who = sit(clerk())
    office.transports["a"].behave = _knows
    tab = office.open("forms", id=str(answer))
    empty, grid = "form-cell-1-a-0-False", tab.dataframe[0].proto.id
    assert tab.text_input(key=empty).value == ""
    tab.button(key="form_roster_ask").click().run()
    assert len(looking(tab)) == 1
    for _ in range(3):
        tick(tab)
    cells = queries.opened(who, answer).cells
    assert (cells["1.a"].value, cells["2.a"].value) == ("甲", "甲")
    assert looking(tab) == [], "the list is drawn, there is nothing more to look for"
    assert list(tab.dataframe[0].value["等级"]) == ["甲", "甲"]
    assert tab.dataframe[0].proto.id == grid, "the grid is the same, with what is written in it"
    assert tab.text_input(key=empty).value == "", "so is the field, which may be half written"
    assert "有 1 格刚刚有新值" in shown(tab) and "等级。正在填写的内容不受影响" in shown(tab)
    assert "2/4 格" not in shown(tab).partition("自动取数")[0]
    tab.text_input(key=empty).set_value("乙")
    inside(tab, "form_list")
    assert "刚由系统填为“甲”，您填的“乙”已留在旁边" in shown(tab)
    tab.text_input(key="form-cell-1-note-0-False").set_value("已探访")
    inside(tab, "form_list")
    desk.save(clerk("乙"), answer, [Change(row=1, field="note", value="外出", base=1)])
    tab.text_area(key=f"draft-forms-answer-{answer}-words").set_value("请审核").run()
    assert tab.text_input(key="form-cell-1-note-1-False").value == "已探访"
    assert "有 1 格刚刚有新值" in shown(tab)
    tab.button(key="form_fresh").click()
    inside(tab, "form_list")
    assert tab.text_input(key="form-cell-1-note-2-False").value == "外出"
    assert "刚刚有新值" not in shown(tab)


def test_what_is_written_in_the_grid_is_kept_once_and_stays_there(office: Office, sit: Sit) -> None:
    answer = _listed()
    who = sit(clerk())
    tab = office.open("forms", id=str(answer))
    grid = tab.dataframe[0].proto.id
    tab.get("button_group")[0].set_value("有空格")
    inside(tab, "form_list")
    _write(tab, {0: {"备注": "已探访", "等级": "甲"}})
    assert "共 2 人" not in shown(tab) and list(tab.dataframe[0].value["行"]) == [1, 2]
    desk.save(clerk("乙"), answer, [Change(row=1, field="note", value="外出", base=1)])
    _write(tab, {0: {"备注": "已探访"}, 1: {"备注": "不在家"}})
    cells = queries.opened(who, answer).cells
    assert (cells["1.note"].value, cells["2.note"].value) == ("外出", "不在家")
    assert cells["1.note"].other == "", "what was kept before is not written over a colleague's"
    now = tab.dataframe[0].proto.id
    assert now != grid
    _write(tab, {0: {"备注": "又外出"}, 1: {"备注": "不在家"}})
    assert "刚由测试单位 乙填为“外出”，您填的“又外出”已留在旁边" in shown(tab)
    assert tab.dataframe[0].proto.id == now, "somebody is still writing in it"
    tab.button(key="form_after").click()
    inside(tab, "form_list")
    assert tab.dataframe[0].proto.id != now, "after another act it shows what is kept"
    assert list(tab.dataframe[0].value["备注"]) == ["不在家"], "who is complete has left that look"
    assert None not in Clockwork.runs


def test_which_versions_were_seen_is_decided_by_who_wrote() -> None:
    """Rows, versions and what was taken, after each kind of drawing."""
    one = world.field("note", "备注", kind="text")
    made = Sheet(of=(1, uuid4(), "全部", 1), rows=(1, 2), columns={"备注": one},
                 seen={"1.note": 1, "2.note": 1})  # fmt: skip
    before = follows(None, made, {}, None)
    assert (before.turn, before.seen) == (0, made.seen)
    cells = {
        "1.note": Cell(value="甲", state=TYPED, version=2, by="乙"),
        "2.note": Cell(value="甲", state=AUTO, version=2),
    }
    table = [  # what was written now, the versions seen then
        (frozenset(), {"1.note": 1, "2.note": 2}),
        (frozenset({"1.note"}), {"1.note": 2, "2.note": 2}),
    ]
    for written, seen in table:
        assert follows(before, made, cells, written).seen == seen
    edits = written_in({"0": {"备注": None}, 1: {"备注": "丙", "核对": "x"}}, before)
    assert edits == {(1, "备注"): "", (2, "备注"): "丙"}
    wrote = Sheet(**{**vars(before), "taken": {(1, "备注"): "丙"}, "at": {(1, "备注"): 1}})
    assert follows(wrote, made, {"1.note": Cell(version=1)}, None).turn == 0, "a fault stays"
    assert follows(wrote, made, {"1.note": Cell(value="丙", version=2)}, None).turn == 0
    assert follows(wrote, made, cells, frozenset()).turn == 0, "it is still being written in"
    shown_anew = follows(wrote, made, cells, None)
    assert (shown_anew.turn, shown_anew.taken) == (1, {})
