"""一户一档, 一房一档, 一企一档 as pages: found in the one box, opened, and left for one another."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from portal.functions.records import find_all, find_people, usage
from portal.store.lookup_texts import BulkUse, Window
from portal.store.scope import scoped
from portal.store.search import INDEXER
from portal.store.subjects import thing
from tests import people
from tests.functions.test_reach import COUNTER
from tests.functions.test_things import CODE, settle_here
from tests.pages.conftest import Office, dossier_of, shown
from tests.pages.test_records import find


@pytest.fixture(autouse=True)
def town(office: Office) -> None:
    settle_here()


def key_of(typed: str, kind: str) -> str:
    found = find_all(people.principal(), typed, COUNTER).things
    return next(one.thing_id for one in found if one.kind == kind)


def opened(office: Office, typed: str, kind: str) -> AppTest:
    tab = find(office.open("records"), typed)
    tab.button(key=f"things-{key_of(typed, kind)}").click().run()
    assert office.went[-1] == ("records", {})
    return tab.run()


def test_one_box_shows_persons_households_houses_and_enterprises(office: Office) -> None:
    text = shown(find(office.open("records"), "柳岸小区"))
    for word in ("1 户", "1 处房屋", "1 家企业", "张*丰户", "柳岸昆达商贸有限公司", CODE):
        assert word in text
    assert text.count("501室") == 2, "the enterprise's address, and the same as its title"


@pytest.mark.parametrize(
    ("typed", "kind", "words"),
    [
        ("张三丰", "household", ("一户一档", "张*丰户", "家庭成员", "李*", "户主", "授权书")),
        ("柳岸小区", "house", ("一房一档", "登记人员", "王*", "同一住址")),
        (CODE, "enterprise", ("一企一档", "柳岸昆达商贸有限公司", CODE)),
    ],
)
def test_a_thing_is_opened_under_the_purpose_of_the_search(
    office: Office, typed: str, kind: str, words: tuple[str, ...]
) -> None:
    tab = opened(office, typed, kind)
    text = shown(tab)
    for word in words:
        assert word in text
    assert dossier_of(tab).dossier.purpose == COUNTER
    assert "没有可以调取的业务系统" in text, "the four test systems speak of persons only"


def test_from_the_person_to_the_household_and_back(office: Office) -> None:
    who = people.principal()
    person = find_people(who, "张三丰", COUNTER).hits[0].subject_id
    tab = find(office.open("records"), "张三丰")
    tab.button(key=f"pick-{person}").click().run()
    tab.run()
    assert "一人一档" in shown(tab)
    household = key_of("张三丰", "household")
    tab.button(key=f"belongs-{household}").click().run()
    tab.run()
    assert "一户一档" in shown(tab)
    assert dossier_of(tab).dossier.purpose == COUNTER
    tab.button(key=f"tied-{person}").click().run()
    tab.run()
    assert dossier_of(tab).of_person


def test_a_case_leads_to_its_resident_s_household_only(office: Office) -> None:
    from tests.pages.test_homes import add_case

    add_case()
    tab = office.open("records", case=str(UUID(int=1)), thing=key_of("张三丰", "household"))
    assert "没有权限" in shown(tab)


def test_a_thing_that_leaves_the_scope_is_shut(office: Office, become: Callable[..., None]) -> None:
    tab = opened(office, "张三丰", "household")
    with scoped(INDEXER) as connection:
        connection.execute(update(thing).values(region_code="990103100001"))
    assert "没有权限" in shown(tab.run())


# -- look-ups in bulk -----------------------------------------------------------------------------


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = BulkUse(search=Window(minutes=10, most=1))
    monkeypatch.setattr(usage, "limits", lambda: limits)


def security(office: Office) -> None:
    office.who = people.principal(
        roles=("security_admin",), prefixes=("9901",), unit_id="gov-9901", kind="government",
        level="city", region_code="9901",
    )  # fmt: skip


def test_the_clerk_is_told_and_the_security_administrator_looks_into_it(
    office: Office, narrow: None
) -> None:
    tab = find(office.open("records"), "张三")
    tab = find(tab, "李四")
    assert "已暂停查找并告警安全管理员" in shown(tab)
    security(office)
    page = office.open("bulk")
    text = shown(page)
    for word in ("王小梅", "someone", "10 分钟内查找 2 次", "上限 1 次", "不作工作评价"):
        assert word in text
    assert "1 条待核实" in shown(office.open("grants"))
    page.button(key="bulk_send").click().run()
    assert "核实情况" in shown(page) and "没有核实" in shown(page)
    page.text_input(key="bulk_reason").input("集中走访前核对名单")
    page.button(key="bulk_send").click().run()
    text = shown(page)
    assert "没有待核实的告警" in text and "集中走访前核对名单" in text
    assert "1 条待核实" not in shown(office.open("grants"))


def test_nobody_else_opens_the_page(office: Office) -> None:
    assert "没有权限" in shown(office.open("bulk"))
    assert office.who is not None
    office.who = replace(office.who, roles=("audit_admin",))
    assert "没有权限" in shown(office.open("bulk"))
