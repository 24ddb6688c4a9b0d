"""The homes: each level's own numbers, cases and systems; what is not known is 无数据."""

from collections.abc import Callable
from uuid import UUID

import pytest

from portal.affairs.matters import desk
from portal.store import clock
from portal.store.scope import Reach
from tests import people
from tests.connectors.support import FakeTransport, always
from tests.pages.conftest import ID_NUMBER, Office, shown

CITY = Reach(prefixes=("9901",), unit_id=None, actor="service:test")


def add_case(number: int = 1, unit: str = "com-990102001001", name: str = "张三丰") -> UUID:
    person = (
        people.add_person(ID_NUMBER, name=name)
        if number == 1
        else people.add_person(f"63010219530412{number:04d}", name=name)
    )
    row = {
        "id": UUID(int=number),
        "matter": "高龄津贴申请",
        "source": "本人申请",
        "subject_id": person,
        "region_code": "990102001001",
        "unit_id": unit,
        "opened_at": clock.now(),
    }
    desk.take_in(CITY, [row])
    return person


def test_a_community_without_cases_is_told_what_to_do_next(office: Office) -> None:
    text = shown(office.open("community"))
    assert "本单位目前没有在办事项" in text
    assert "受理新事项后会自动出现在这里" in text


def test_a_case_is_a_row_with_its_source_place_and_time_and_the_name_masked(
    office: Office,
) -> None:
    add_case()
    tab = office.open("community")
    text = shown(tab)
    for word in ("高龄津贴申请", "本人申请", "张*丰", "东湖区 · 湖滨街道", "共 1 件"):
        assert word in text
    assert "张三丰" not in text
    assert f'href="/records?case={UUID(int=1)}"' in text


def test_more_cases_than_fit_are_paged_and_the_second_page_opens(office: Office) -> None:
    for number in range(1, 17):
        add_case(number)
    tab = office.open("community")
    assert shown(tab).count(">打开一人一档<") == 14
    tab.pagination(key="cases_page").set_value(2).run()
    assert shown(tab).count(">打开一人一档<") == 2


def test_a_name_that_is_markup_is_shown_as_text(office: Office) -> None:
    add_case(name="<b>张</b>")
    assert "<b>张" not in shown(office.open("community"))


def test_what_the_census_does_not_say_is_called_no_data(
    office: Office, become: Callable[..., None]
) -> None:
    become(roles=("city_officer",), level="city", kind="government", region_code="9901",
           prefixes=("9901",))  # fmt: skip
    text = shown(office.open("city"))
    assert "30,000" in text
    assert "20,000" in text
    become(roles=("city_officer",), level="district", kind="government", region_code="990102",
           prefixes=("990102",))  # fmt: skip
    text = shown(office.open("city"))
    assert "仅统计" in text
    assert "无数据" in text


def test_a_door_is_never_called_connected_without_a_live_check(
    office: Office, transports: dict[str, FakeTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in transports.values():
        one.behave = always({"code": "0"})
    monkeypatch.setattr("portal.pages.background._AT_ONCE_SECONDS", 30.0)  # until all are asked
    text = shown(office.open("systems"))
    assert text.count("已返回") >= 1
    assert "模拟数据" in text
    assert "系统默认，可修改" in text


def test_a_failing_check_is_said_and_the_rest_of_the_home_stands(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[object]:
        raise RuntimeError("boom")

    monkeypatch.setattr("portal.functions.entry.Entry.doors", broken)
    monkeypatch.setattr("portal.pages.background._AT_ONCE_SECONDS", 30.0)  # until it has failed
    text = shown(office.open("community"))
    assert "系统状态没有取到" in text
    assert "居民查询" in text
    assert "boom" not in text
