"""按事项 on the page: found by typing, opened, filled in, printed; and 可享政策 shown."""

import pytest
from streamlit.testing.v1 import AppTest

from portal.pages.background import Gathering
from tests import people
from tests.pages.conftest import ID_NUMBER, Office, shown

pytestmark = pytest.mark.usefixtures("frozen")


def settled(tab: AppTest) -> AppTest:
    """The page after everything asked for has come."""
    for one in tab.session_state._state.filtered_state.values():
        if isinstance(one, Gathering):
            assert one.wait(20)
    return tab.run()


def find(tab: AppTest, words: str = "张三") -> AppTest:
    """Look for somebody, at the counter."""
    tab.segmented_control(key="finder_purpose").set_value("counter")
    tab.text_input(key="finder_text").set_value(words)
    return tab.button(key="finder_send").click().run()


def pick(office: Office, tab: AppTest, subject: object) -> AppTest:
    """Choose the person found and come back to where that leads."""
    tab.button(key=f"pick-{subject}").click().run()
    path, query = office.went[-1]
    assert path == "entry"
    tab.query_params.clear()
    tab.query_params.update(query)
    return tab.run()


def test_the_matters_come_first_by_group(office: Office) -> None:
    text = shown(office.open("entry"))
    assert text.index("社会救助") < text.index("等级津贴") < text.index("社区参与")
    assert "承诺 10 个工作日" in text and "当场办结" in text
    assert "系统默认，可修改" in text
    assert 'href="/entry?matter=grade_allowance"' in text


@pytest.mark.parametrize(
    ("typed", "there", "gone"),
    [
        ("djjt", "等级津贴", "青年证"),
        ("甲等", "等级津贴", "青年证"),
        ("青年", "青年证", "等级津贴"),
    ],
)
def test_a_matter_is_found_by_typing(office: Office, typed: str, there: str, gone: str) -> None:
    tab = office.open("entry")
    tab.text_input(key="matter_search").set_value(typed).run()
    text = shown(tab)
    assert there in text and gone not in text


def test_what_is_not_found_is_said(office: Office) -> None:
    tab = office.open("entry")
    tab.text_input(key="matter_search").set_value("没有的事").run()
    assert "没有找到这个事项" in shown(tab)


def test_a_matter_opened_says_everything(office: Office) -> None:
    text = shown(office.open("entry", matter="youth_card"))
    for words in ("未满 35 周岁", "团委", "当场办结", "法定时限", "5 个工作日", "责任系统：系统b"):
        assert words in text, words
    assert "没有这个事项" in shown(office.open("entry", matter="made_up"))


def test_a_slip_is_made_without_a_resident(office: Office) -> None:
    tab = office.open("entry", matter="grade_allowance")
    assert "一次性告知单" not in shown(tab)
    text = shown(tab.button(key="slip_make").click().run())
    for words in (
        "一次性告知单",
        "编号：GZ-",
        "告知人签字：",
        "申请人签字：",
        "银行卡",
        "年满 60 周岁",
    ):
        assert words in text, words
    assert '<tr><th scope="row">申请人</th>' not in text


def test_an_application_fills_itself_in_for_the_one_chosen(office: Office) -> None:
    person = people.add_person(ID_NUMBER, name="张三")
    tab = find(office.open("entry", matter="grade_allowance"))
    tab = settled(pick(office, tab, person))
    text = shown(tab)
    for words in ("为 张三", "系统a", "甲", "缺，请填写", "免提交", "未返回的系统：系统b（超时）"):
        assert words in text, words
    assert ID_NUMBER not in text
    text = shown(tab.button(key="slip_make").click().run())
    assert '<tr><th scope="row">申请人</th><td>张三' in text
    tab.button(key="matter_leave").click().run()
    assert "为 张三" not in shown(tab)


def test_policies_wait_for_the_request_and_vanish_with_the_page(office: Office) -> None:
    person = people.add_person(ID_NUMBER, name="张三")
    tab = pick(office, find(office.open("entry", view="policies")), person)
    text = shown(tab)
    assert "只在居民本人到场并提出要求时核对" in text and "不给居民打分" in text
    assert not office.transports["a"].calls
    tab = settled(tab.button(key="policies_ask").click().run())
    text = shown(tab)
    for words in (
        "条件均符合（1 项）",
        "还需核实（2 项）",
        "有条件不符合（1 项）",
        "没有在规定时间内返回",
    ):
        assert words in text, words
    tab.segmented_control(key="entry_view").set_value("按事项").run()
    tab.segmented_control(key="entry_view").set_value("可享政策").run()
    assert "条件均符合" not in shown(tab)


def test_a_post_that_may_not_apply_reads_the_catalogue_only(office: Office) -> None:
    office.who = people.principal(roles=("city_officer",), prefixes=("9901",))
    tab = office.open("entry")
    assert "可享政策" not in tab.segmented_control(key="entry_view").options
    tab = office.open("entry", matter="grade_allowance")
    assert "办理条件" in shown(tab)
    assert not [one for one in tab.text_input if one.key == "finder_text"]


def test_rights_taken_away_close_what_is_open(office: Office) -> None:
    person = people.add_person(ID_NUMBER, name="张三")
    tab = find(office.open("entry", matter="grade_allowance"))
    tab = settled(pick(office, tab, person))
    office.who = people.principal(roles=("reader",))
    assert "张三" not in shown(tab.run())


def test_a_matter_is_registered_and_leads_to_its_own_page_over_there(office: Office) -> None:
    person = people.add_person(ID_NUMBER, name="张三")
    tab = find(office.open("entry", matter="grade_allowance"))
    tab = settled(pick(office, tab, person))
    tab = tab.button(key="application_send").click().run()
    assert "编号 SX-20261123-0001，已列入在办事项" in shown(tab)
    (link,) = [one.proto.url for one in tab.get("link_button")]
    assert link.startswith("/jump/a?to=household&number=SX-20261123-0001&i=")
    tab.button(key="application_again").click().run()
    tab.button(key="application_send").click().run()
    assert "没有重复提交" in shown(tab)
    text = shown(office.open("entry"))
    for words in ("已申请", "SX-20261123-0001", "转对方办理"):
        assert words in text, words
