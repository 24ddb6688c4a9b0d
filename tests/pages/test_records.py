"""一人一档 as a page: found or opened from a case, filled as answers come, unmasked for a while."""

from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from portal import wiring
from portal.functions.records import Purpose, ShownRecord
from portal.look import states
from portal.pages.parts.answers import headings
from portal.pages.parts.unmasking import reason_of
from portal.store.clock import FrozenClock
from tests import people
from tests.connectors.support import GOOD, FakeTransport, always, never
from tests.pages.conftest import ID_NUMBER, Office, dossier_of, shown, without
from tests.pages.test_homes import add_case

COUNTER = Purpose(id="counter", name="本人到场")


def find(tab: AppTest, words: str, purpose: str | None = "counter") -> AppTest:
    """Fill the search line and send it off."""
    if purpose:
        tab.segmented_control(key="finder_purpose").set_value(purpose)
    tab.text_input(key="finder_text").input(words)
    return tab.button(key="finder_send").click().run()


def from_case(office: Office) -> AppTest:
    """The dossier of the one case, with every answer in."""
    tab = office.open("records", case=str(UUID(int=1)))
    assert dossier_of(tab).gathering.wait(10)
    return tab.run()


def test_nothing_is_searched_without_a_purpose_and_the_words_are_kept(office: Office) -> None:
    people.add_person(ID_NUMBER)
    tab = find(office.open("records"), "张三", purpose=None)
    assert "请先选择查询目的" in shown(tab)
    assert tab.text_input(key="finder_text").value == "张三"
    assert "rows hits" not in shown(tab)


@pytest.mark.parametrize("words", ["张三", "zhangsan", ID_NUMBER])
def test_a_resident_is_found_and_opened_without_the_number_being_shown(
    office: Office, words: str
) -> None:
    person = people.add_person(ID_NUMBER)
    tab = find(office.open("records"), words)
    assert shown(tab).count("<tr>") == 2  # the head and the one hit
    assert ID_NUMBER not in shown(tab)
    tab.button(key=f"pick-{person}").click().run()
    assert office.went == [("records", {})]
    tab.run()
    assert dossier_of(tab).dossier.purpose == COUNTER


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("李不存在", "没有找到"),
        ("630102195304129823", "校验不通过"),
        ("", "请输入姓名"),
        ("王", "两个字"),
    ],
)
def test_a_search_without_result_says_what_to_do(office: Office, words: str, said: str) -> None:
    assert said in shown(find(office.open("records"), words))


def test_too_many_hits_ask_for_more_words(office: Office) -> None:
    for number in range(21):
        people.add_person(f"63010219530412{number:04d}")
    text = shown(find(office.open("records"), "张三"))
    assert "结果超过 20 条，请补充条件" in text
    assert text.count("<tr>") == 21


def test_from_a_case_nothing_is_asked_and_the_case_is_named(office: Office) -> None:
    add_case()
    tab = from_case(office)
    text = shown(tab)
    assert not tab.text_input
    assert "高龄津贴申请" in text
    assert dossier_of(tab).dossier.purpose.case_id == str(UUID(int=1))


def test_each_system_has_its_card_and_a_failed_one_leaves_the_others_whole(
    office: Office,
) -> None:
    add_case()
    tab = from_case(office)
    text = shown(tab)
    assert "已返回 2 / 共 4" in text
    assert "2 个系统未返回" in text
    for word in ("超时", "故障", "无此人记录", "试验记录", "数据时间", "用时", "模拟数据"):
        assert word in text
    assert ID_NUMBER not in text
    again = {one.key for one in tab.button if one.label == "重新调取"}
    assert again == {"again-b", "again-c"}


def test_the_page_is_drawn_while_a_system_hangs(
    office: Office, transports: dict[str, FakeTransport]
) -> None:
    transports["b"].behave = never
    add_case()
    tab = office.open("records", case=str(UUID(int=1)))
    text = shown(tab)
    assert "1 个系统正在调取" in text
    assert "试验记录" in text
    assert not dossier_of(tab).gathering.done


def test_a_click_does_not_ask_the_systems_again(
    office: Office, transports: dict[str, FakeTransport]
) -> None:
    add_case()
    tab = from_case(office)
    tab.run()
    tab.run()
    assert {name: len(one.calls) for name, one in transports.items()} == dict.fromkeys("abcd", 1)


def test_asked_again_a_recovered_system_fills_its_card(
    office: Office, transports: dict[str, FakeTransport]
) -> None:
    add_case()
    tab = from_case(office)
    transports["b"].behave = always(GOOD)
    tab.button(key="again-b").click().run()
    assert dossier_of(tab).gathering.wait(10)
    assert "已返回 3 / 共 4" in shown(tab.run())


def test_the_watermark_names_the_person_the_unit_and_that_all_is_simulated(office: Office) -> None:
    from base64 import b64decode

    add_case()
    body = shown(from_case(office))
    tile = b64decode(body.partition("base64,")[2].partition(")")[0]).decode()
    for word in ("王小梅", "测试单位", f"{states.today():%Y-%m-%d}"):
        assert word in tile


def test_answers_on_the_screen_are_gone_once_the_right_is(office: Office) -> None:
    add_case()
    tab = from_case(office)
    office.who = without(office.who, "community_clerk")
    tab.run()
    assert "没有权限" in shown(tab)
    assert "试验记录" not in shown(tab)


def test_a_case_of_another_unit_opens_nothing(office: Office) -> None:
    add_case(unit="com-990102001002")
    text = shown(office.open("records", case=str(UUID(int=1))))
    assert "该事项不存在、已办结或不属于本单位" in text
    assert "试验记录" not in text


def test_a_post_without_free_search_is_sent_to_its_cases(office: Office) -> None:
    office.who = people.principal(
        roles=("city_officer",), level="city", kind="government", region_code="9901"
    )
    tab = office.open("records")
    assert "请从在办事项打开一人一档" in shown(tab)
    assert not tab.text_input


def test_a_value_in_full_is_masked_again_when_its_time_is_over(
    office: Office, frozen: FrozenClock
) -> None:
    add_case()
    tab = from_case(office)
    opened, who = dossier_of(tab), office.who
    assert who is not None
    place = ("a", 0, "id_number")
    opened.values[place] = wiring.app().records.unmask(
        who,
        opened.dossier.subject_id,
        opened.dossier.purpose,
        system_id="a",
        record_no=0,
        field_name="id_number",
        reason="与居民本人核对信息",
    )
    assert ID_NUMBER in shown(tab.run())
    frozen.advance(timedelta(minutes=10))
    assert ID_NUMBER not in shown(tab.run())
    assert opened.values == {}


def test_records_of_one_title_are_numbered_among_themselves() -> None:
    records = [ShownRecord(title=one, fields=()) for one in ("救助", "成员", "成员")]
    assert headings(records) == ["救助", "成员 1", "成员 2"]


def test_a_reason_is_the_chosen_one_with_what_was_added() -> None:
    assert reason_of(None, "  ") == ""
    assert reason_of("其他（在下方写明）", "") == ""
    assert reason_of("其他（在下方写明）", " 电话 回访 ") == "电话 回访"
    assert reason_of("紧急联系", "") == "紧急联系"
    assert reason_of("紧急联系", "老人走失") == "紧急联系：老人走失"
