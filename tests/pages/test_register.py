"""接诉登记: written down, found alike, answered at once, sent elsewhere; drafts are kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from auth.principal import Principal
from portal.affairs.orders import registering
from portal.affairs.orders.rules import OrderError
from portal.store import clock
from tests import people
from tests.intake.world import rows
from tests.orders import world
from tests.pages.conftest import Office, shown

FORM = "draft-orders-register--"


def operator() -> Principal:
    """Who sits at the telephone and may also close at the desk."""
    account_id = people.add_account("phone", name="话务员")
    post_id = people.add_post(
        account_id, "dept-command", roles=["order_desk"], prefixes=[world.CITY], main=True
    )
    at_desk = replace(world.command(), login="phone", name="话务员")
    return replace(at_desk, account_id=account_id, post_id=post_id)


@pytest.fixture
def tab(office: Office, frozen: clock.FrozenClock) -> AppTest:
    office.who = operator()
    made = office.open("register")
    assert not made.exception
    return made


def fill(
    tab: AppTest, title: str, content: str = "柳岸小区三号楼前路灯三天没亮", turn: str = ""
) -> AppTest:
    tab.text_input(key=f"{FORM}title{turn}").set_value(title)
    tab.text_area(key=f"{FORM}content{turn}").set_value(content)
    tab.selectbox(key=f"{FORM}region{turn}").set_value(world.PLACE)
    tab.text_input(key=f"{FORM}phone{turn}").set_value("13800138000")
    return tab.run()


def test_a_demand_is_registered_and_its_number_told(tab: AppTest) -> None:
    fill(tab, "路灯不亮")
    tab.button(key="register.send").click().run()
    assert not tab.exception
    (one,) = rows()
    assert (one.title, one.source, one.state) == ("路灯不亮", "电话登记", "待受理")
    assert one.order_no in shown(tab)
    assert tab.text_input(key=f"{FORM}title-1").value == ""


def test_what_is_missing_is_said_and_what_was_written_stays(tab: AppTest) -> None:
    tab.text_input(key=f"{FORM}title").set_value("路灯不亮").run()
    tab.button(key="register.send").click().run()
    text = shown(tab)
    assert "“诉求内容”没有填写" in text and "已填内容已保留" in text
    assert tab.text_input(key=f"{FORM}title").value == "路灯不亮"
    assert rows() == []


def test_like_orders_are_shown_while_it_is_written(tab: AppTest, frozen: clock.FrozenClock) -> None:
    fill(tab, "路灯不亮")
    tab.button(key="register.send").click().run()
    frozen.advance(timedelta(minutes=5))
    fill(tab, "三号楼路灯不亮", turn="-1")
    text = shown(tab)
    assert rows()[0].order_no in text and "同一来电人、同一事项" in text
    assert "13800138000" not in text


def test_a_question_is_answered_and_closed_at_once(tab: AppTest) -> None:
    fill(tab, "居住证怎么办理", "来电咨询居住证办理")
    assert tab.button(key="register.answered").disabled
    tab.radio(key="register-answer-0").set_value("residence_permit").run()
    assert "15 日内发放" in shown(tab)
    tab.button(key="register.answered").click().run()
    (one,) = rows()
    assert one.state == "直接答复" and "15 日内发放" in one.reply


def test_what_belongs_elsewhere_is_said_with_its_words_and_goes_there(tab: AppTest) -> None:
    fill(tab, "判决后对方不付款", "法院判决后对方一直不付款")
    text = shown(tab)
    assert "可能属于涉法涉诉" in text and "因为提到：判决" in text
    tab.button(key="register.elsewhere").click().run()
    assert rows()[0].state == "已转出"


def test_all_that_was_begun_is_there_in_another_tab_and_is_sent_once(
    tab: AppTest, office: Office
) -> None:
    fill(tab, "路灯不亮", "说到一半电话断了")
    tab.text_input(key=f"{FORM}place").set_value("三号楼").run()
    tab.selectbox(key=f"{FORM}kind").set_value("投诉").run()
    tab.selectbox(key=f"{FORM}urgency").set_value(1).run()
    tab.selectbox(key=f"{FORM}against").set_value(f"gov-{world.STREET}").run()
    tab.checkbox(key=f"{FORM}secret").set_value(True).run()
    again = office.open("register")
    held = {one.key.removeprefix(FORM): one.value
            for one in (*again.text_input, *again.text_area, *again.selectbox, *again.checkbox)
            if (one.key or "").startswith(FORM)}  # fmt: skip
    assert held == {
        "title": "路灯不亮", "content": "说到一半电话断了", "place": "三号楼", "name": "",
        "phone": "13800138000", "kind": "投诉", "urgency": 1, "region": world.PLACE,
        "against": f"gov-{world.STREET}", "secret": True,
    }  # fmt: skip
    again.button(key="register.send").click().run()
    tab.button(key="register.send").click().run()  # the first tab still shows it
    (one,) = rows()
    assert one.order_no in shown(tab) and one.against_unit == f"gov-{world.STREET}"
    assert office.open("register").text_input(key=f"{FORM}title").value == ""


def test_another_demand_in_a_form_that_was_sent_elsewhere_is_not_swallowed(
    tab: AppTest, office: Office
) -> None:
    fill(tab, "路灯不亮")
    again = office.open("register")
    again.button(key="register.send").click().run()
    fill(tab, "楼道积水", "一单元楼道积水")
    tab.button(key="register.send").click().run()
    assert "没有收入" in shown(tab) and rows()[0].order_no in shown(tab)
    assert tab.text_input(key=f"{FORM}title").value == "楼道积水"
    tab.button(key="register.send").click().run()
    assert {one.title for one in rows()} == {"路灯不亮", "楼道积水"}


def test_it_is_registered_although_the_answer_is_refused(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tab, "居住证怎么办理", "来电咨询居住证办理")
    tab.radio(key="register-answer-0").set_value("residence_permit").run()

    def late(*_: object) -> None:
        raise OrderError("该工单刚刚有变化。")

    monkeypatch.setattr(registering, "answer_at_once", late)
    tab.button(key="register.answered").click().run()
    (one,) = rows()
    assert f"编号 {one.order_no}，但没有直接答复：该工单刚刚有变化。" in shown(tab)
    assert "还没有登记" not in shown(tab)


def test_who_may_not_register_sees_nothing_of_it(office: Office) -> None:
    office.who = world.community()
    made = office.open("register")
    assert not made.text_input and not made.button
