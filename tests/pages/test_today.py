"""The day's line and its cards: what is due, new, begun and waiting; each number leads on."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from portal import wiring
from portal.affairs.matters import desk, queries
from portal.functions import drafts
from portal.functions.changes import Patrol
from portal.store import clock
from portal.store.scope import Reach
from tests import people
from tests.connectors.support import GOOD, FakeTransport, always
from tests.pages.conftest import ID_NUMBER, Office, shown
from tests.pages.test_homes import add_case

CITY = Reach(prefixes=("9901",), unit_id=None, actor="service:test")
UNIT = "com-990102001001"
# Monday, as the frozen clock stands: the week ends on the 29th.
DUE = {"逾期": -1, "今天到期": 0, "本周到期": 6, "以后到期": 7}


@pytest.fixture
def cases(office: Office, frozen: clock.FrozenClock) -> None:
    today = clock.local(clock.now()).date()
    rows = [
        {
            "id": UUID(int=number),
            "matter": f"{name}的事项",
            "source": "本人申请",
            "subject_id": people.add_person(f"63010219530412{number:04d}", name="张三丰"),
            "region_code": "990102001001",
            "unit_id": UNIT,
            "opened_at": clock.now(),
            "due_on": today + timedelta(days=days),
        }
        for number, (name, days) in enumerate(DUE.items(), start=1)
    ]
    desk.take_in(CITY, rows)


def tile(text: str, name: str) -> str:
    """One number of the line, with the link around it."""
    line = text[text.index('class="today"') :]
    line = line[: line.index("</ul>")]
    return next(one for one in line.split("<li") if f"<span>{name}</span>" in one)


def test_what_is_due_is_counted_by_the_calendar_and_leads_to_those_cases(
    office: Office, cases: None
) -> None:
    text = shown(office.open("community"))
    for name, key in {
        "事项逾期": "overdue",
        "事项今天到期": "today",
        "事项本周到期": "week",
    }.items():
        assert "<b>1<" in tile(text, name)
        assert f'href="/?due={key}"' in tile(text, name)
    assert "<b>4<" in tile(text, "在办事项")


@pytest.mark.parametrize("key", ["overdue", "today", "week"])
def test_a_narrowed_list_holds_those_cases_only_and_says_how_to_see_all(
    office: Office, cases: None, key: str
) -> None:
    text = shown(office.open("community", due=key))
    assert text.count(">打开一人一档<") == 1
    assert "显示全部" in text
    assert shown(office.open("community", due="nonsense")).count(">打开一人一档<") == 4


def test_nothing_due_leads_nowhere(office: Office) -> None:
    text = shown(office.open("community"))
    assert "nought" in tile(text, "事项逾期")
    assert "href" not in tile(text, "事项逾期")
    assert "card-news" not in text


def test_what_a_system_changed_is_told_by_label_and_leads_to_the_case(
    office: Office, frozen: clock.FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    add_case()
    people.add_unit(UNIT, "990102001001")
    people.add_post(
        people.add_account("wang"), UNIT, roles=["community_clerk"], prefixes=["990102001001"]
    )
    patrol = Patrol(
        gateway=wiring.app().gateway,
        notices=wiring.app().notices,
        open_cases=queries.open_everywhere,  # type: ignore[arg-type]
    )
    assert patrol.round() == 1
    wiring.app().gateway.settle()
    changed = {**GOOD, "rows": [{**GOOD["rows"][0], "grade": "乙"}]}
    transports["a"].behave = always(changed)
    frozen.advance(timedelta(hours=24))
    patrol.round()
    text = shown(office.open("community"))
    assert "等级 有变化" in text
    assert "张*丰" in text and "张三丰" not in text
    assert "系统变动" in text
    assert "乙" not in text


def test_what_was_begun_is_counted_and_leads_to_its_form(office: Office) -> None:
    account = people.add_account("someone")
    people.add_unit(UNIT, "990102001001")
    post = people.add_post(account, UNIT, roles=["community_clerk"], prefixes=["990102001001"])
    from dataclasses import replace

    assert office.who is not None
    office.who = replace(office.who, account_id=account, post_id=post, login="someone")
    drafts.save(office.who, "matters.close", "c1", "办结事项：高龄津贴", {"result": "已核"})
    text = shown(office.open("community"))
    assert "<b>1<" in tile(text, "未完成的填写")
    assert "办结事项：高龄津贴" in text and 'href="/records?case=c1"' in text


def test_a_post_that_sees_no_cases_gets_the_count_of_its_places_and_no_person(
    office: Office, cases: None, become: Callable[..., None]
) -> None:
    become(roles=("leader",), level="city", kind="government", region_code="9901",
           prefixes=("9901",), unit_id="gov-9901")  # fmt: skip
    text = shown(office.open("city"))
    assert "4 件，逾期 1" in tile(text, "辖区在办")
    assert "打开一人一档" not in text and "张" not in text
    assert "▲ 1" in text


def test_a_number_nobody_supplied_is_no_data_and_leads_nowhere(
    office: Office, become: Callable[..., None]
) -> None:
    become(roles=("leader",), level="district", kind="government", region_code="990102",
           prefixes=("990102",), unit_id="gov-990102")  # fmt: skip
    become(roles=("leader",), level="city", kind="government", region_code="9901",
           prefixes=("9901",), unit_id="gov-9901")  # fmt: skip
    text = shown(office.open("city"))
    own = text[text.index("facts measured") :]
    own = own[: own.index("</dl>")]
    assert own.count("无数据") == 5
    assert "href" not in own


def test_feedback_can_be_given_from_a_page_that_has_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("portal.pages.parts.home.begin", broken)
    tab = office.enter()
    assert tab.exception
    assert any(one.key == "feedback_open" for one in tab.button)
    tab.button(key="feedback_open").click().run()
    assert any("由平台运维单位答复" in str(one.proto.body) for one in tab.get("html"))


def test_the_dialog_s_form_says_what_is_missing_and_keeps_the_words(office: Office) -> None:
    tab = office.open("feedback")
    tab.segmented_control(key="feedback_kind").set_value("建议")
    tab.button(key="feedback_send").click().run()
    assert "5 至 1000 个字" in shown(tab)
    area: AppTest = tab.text_area[0]  # type: ignore[assignment]
    assert area.value == ""  # type: ignore[attr-defined]


def test_own_feedback_is_listed_with_its_answer_and_as_text(office: Office) -> None:
    from portal.affairs.feedback import desk as feedback

    assert office.who is not None
    feedback.send(office.who, kind="建议", text="希望<b>按楼栋</b>排序", page="records", trace="")
    text = shown(office.open("feedback"))
    assert "希望&lt;b&gt;按楼栋" in text
    assert "待处理" in text and "页面：一人一档" in text


def test_the_page_s_words_about_identity_numbers_are_there(office: Office) -> None:
    assert "请不要写居民的姓名、证件号" in shown(office.open("feedback"))
    assert ID_NUMBER not in shown(office.open("feedback"))
