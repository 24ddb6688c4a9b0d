"""常见问题维护: searched, added, changed with a version, retired; by whom it is given to."""

from datetime import date

import pytest

from portal.affairs.orders import knowledge
from portal.affairs.orders.rules import OrderError
from portal.store.intake_texts import Answer
from tests.dispatch.world import manager
from tests.intake.test_desk import operator
from tests.orders import world
from tests.pages.conftest import Office, shown

pytestmark = pytest.mark.usefixtures("frozen")


def test_answers_are_kept_changed_and_retired_on_the_page(office: Office) -> None:
    knowledge.load_defaults()
    office.who = manager()
    tab = office.open("knowledge")
    assert "＋ 新增一条" in tab.radio(key="kb_open").options
    # Too little is refused in words, and what was typed stays.
    tab.text_input(key="kb_question_＋ 新增一条_0").set_value("供暖费<b>什么时候")
    tab.button(key="kb_save").click().run()
    text = shown(tab)
    assert "“答复”须为 4 至 2000 个字，现为 0 个字" in text and "已填内容已保留" in text
    assert tab.text_input(key="kb_question_＋ 新增一条_0").value == "供暖费<b>什么时候"
    tab.text_area(key="kb_answer_＋ 新增一条_0").set_value("每年 9 月起缴，具体以公告为准。")
    tab.text_input(key="kb_basis_＋ 新增一条_0").set_value("供热条例")
    tab.text_input(key="kb_department_＋ 新增一条_0").set_value("住建局")
    tab.button(key="kb_save").click().run()
    assert "已存为第 1 版" in shown(tab)
    (made,) = knowledge.search(operator(), "供暖费什么时候交")[:1]
    assert made.answer.startswith("每年 9 月")
    # The next version; whoever looked at an older one is told and keeps the words.
    assert tab.radio(key="kb_open").value == made.code
    tab.text_area(key=f"kb_answer_{made.code}_1").set_value("每年 10 月起缴。").run()
    other = Answer(id=made.code, question=made.question, answer="先保存的一方。", basis="新规",
                   department="住建局", valid_until=date(2027, 1, 1))  # fmt: skip
    knowledge.publish(manager(), other)
    with pytest.raises(OrderError, match=r"已改为第 2 版，未保存"):
        knowledge.publish(manager(), other, seen=1)
    tab.button(key="kb_save").click().run()
    assert "已改为第 2 版，未保存" in shown(tab)
    assert tab.text_area(key=f"kb_answer_{made.code}_1").value == "每年 10 月起缴。"
    tab.button(key="kb_save").click().run()
    assert "存为第 3 版" in shown(tab), "the second version was shown with the refusal"
    # Found by a word, retired with a reason, and then only among the retired.
    tab.text_input(key="kb_search").set_value("供暖费").run()
    assert len(tab.radio(key="kb_open").options) == 2
    tab.button(key="kb_retire").click().run()
    assert "请写明停用原因" in shown(tab)
    tab.text_input(key=f"kb_why_{made.code}_2").set_value("政策已调整")
    tab.button(key="kb_retire").click().run()
    assert knowledge.search(operator(), "供暖费什么时候交") == ()
    tab.toggle(key="kb_retired").set_value(True).run()
    text = shown(tab)
    assert "停用：政策已调整" in text and "第 3 版" in text and "<b>什么时候" not in text
    assert not [one for one in tab.button if one.key == "kb_save"]


def test_nobody_else_keeps_answers(office: Office) -> None:
    for who in (operator(), world.street(), world.command()):
        office.who = who
        tab = office.open("knowledge")
        assert not tab.radio and "不能" in shown(tab)
