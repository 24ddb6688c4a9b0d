"""人员与岗位 on its pages: upload with a preview, approvals, deputies, handover, the audit."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from auth import posts
from auth.principal import Principal
from portal.functions.people import grants
from portal.pages.catalogue import spec
from portal.pages.shell import landing
from tests.functions import staff
from tests.functions.staff import CITY, LOTUS, UNIT, WILLOW, file, person_row, post_row
from tests.pages.conftest import Office, shown, without


@pytest.fixture
def admin(office: Office) -> Principal:
    posts.put_positions(
        [{"id": "P-1", "unit_id": UNIT[WILLOW], "title": "民政专干",
          "roles": ["community_clerk"], "prefixes": [WILLOW]}]
    )  # fmt: skip
    office.who = staff.administrator(CITY)
    return office.who


def sends(monkeypatch: pytest.MonkeyPatch, data: bytes | None) -> None:
    """Whatever lies in the uploader."""
    sent = SimpleNamespace(name="表.xlsx", getvalue=lambda: data) if data is not None else None
    monkeypatch.setattr(st, "file_uploader", lambda *_, **__: sent)


def importing(office: Office) -> Any:
    tab = office.open("people")
    return tab.segmented_control(key="people_part").set_value("批量导入").run()


def test_a_file_is_previewed_then_done(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(people=[person_row("zhang.sf", "P-1")]))
    tab = importing(office)
    text = shown(tab)
    assert "新增" in text and "张三丰" in text and "到岗" in text
    assert posts.account_by_login("zhang.sf") is None
    sends_nothing = lambda *_, **__: None  # noqa: E731
    monkeypatch.setattr(st, "file_uploader", sends_nothing)
    tab.button(key="people_apply").click().run()
    assert "已导入" in shown(tab)
    assert posts.account_by_login("zhang.sf") is not None


def test_what_is_wrong_is_shown_with_its_row_and_cannot_be_done(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(people=[person_row("zhang.sf", "P-9")]))
    tab = importing(office)
    text = shown(tab)
    assert "有 1 处需要改正，未导入任何一行" in text
    assert "没有岗位 P-9" in text and "岗位编号" in text
    assert tab.button(key="people_apply").disabled


def test_a_file_that_is_none_is_refused_in_words(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, b"<html>")
    text = shown(importing(office))
    assert "文件没有读取" in text and "不是 .xlsx 文件" in text


def test_who_lost_the_right_meanwhile_imports_nothing(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(people=[person_row("zhang.sf", "P-1")]))
    tab = importing(office)
    office.who = without(office.who, "system_admin")
    tab.button(key="people_apply").click().run()
    assert "没有权限" in shown(tab)
    assert posts.account_by_login("zhang.sf") is None


def test_a_clerk_does_not_see_the_page(office: Office) -> None:
    text = shown(office.open("people"))
    assert "没有权限" in text and "在岗人员" not in text


def test_vacant_posts_and_people_are_those_of_the_scope(office: Office, admin: Principal) -> None:
    staff.staff("lotus", LOTUS, "community_clerk", name="赵六")
    office.who = staff.administrator(WILLOW)
    tab = office.open("people")
    text = shown(tab)
    assert "赵六" not in text and "权限矩阵" in text
    tab.segmented_control(key="people_part").set_value("空岗").run()
    assert "民政专干" in shown(tab)


def test_a_new_password_is_shown_once(office: Office, admin: Principal) -> None:
    staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    tab = office.open("people")
    tab.segmented_control(key="people_part").set_value("初始密码").run()
    tab.multiselect(key="password_logins").set_value(["wang"]).run()
    tab.button(key="password_issue").click().run()
    assert "已发放" in shown(tab) and "<code>" in shown(tab)
    tab.run()
    assert "<code>" not in shown(tab)


def test_the_security_administrator_agrees(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(positions=[post_row("P-2")]))
    tab = importing(office)
    sends(monkeypatch, None)
    tab.button(key="people_apply").click().run()
    assert "待安全管理员审批" in shown(tab)
    office.who = staff.administrator(CITY, "security_admin")
    tab = office.open("grants")
    assert "社区工作人员" in shown(tab)
    tab.button(key="grant_return").click().run()
    assert "退回须写明理由" in shown(tab)
    tab.button(key="grant_agree").click().run()
    text = shown(tab)
    assert "授权已同意" in text and "没有待审批的授权" in text


def test_what_is_agreed_to_is_what_the_field_says_when_the_button_is_pressed(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(positions=[post_row("P-2"), post_row("P-3")]))
    importing(office).button(key="people_apply").click().run()
    office.who = staff.administrator(CITY, "security_admin")
    tab = office.open("grants")
    box = tab.selectbox(key="grant_request")
    first, other = (one.id for one in grants.waiting(office.who))
    assert box.value == first
    box.set_value(other)  # and at once, before the page is drawn again:
    tab.button(key="grant_agree").click().run()
    assert [one.id for one in grants.waiting(office.who)] == [first]


def test_the_security_administrator_locks_and_unlocks(office: Office, admin: Principal) -> None:
    account, _ = staff.staff("wang", WILLOW, "community_clerk")
    office.who = staff.administrator(CITY, "security_admin")
    tab = office.open("grants")
    tab.selectbox(key="lock_login").set_value("wang").run()
    tab.button(key="lock_send").click().run()
    assert "锁定须写明理由" in shown(tab)
    tab.text_input(key="lock_reason").input("疑似被盗用")
    tab.button(key="lock_send").click().run()
    assert "已锁定" in shown(tab)
    assert posts.posts_of(account) == ()
    tab.button(key="unlock_send").click().run()
    assert len(posts.posts_of(account)) == 1


def test_the_holder_appoints_a_deputy_and_takes_it_back(office: Office) -> None:
    wang, _ = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    li, _ = staff.staff("li", WILLOW, "reader", name="李国强", prefixes=[])
    office.who = staff.acting(wang)
    tab = office.open("deputies")
    tab.selectbox(key="deputy_person").set_value(str(li)).run()
    tab.button(key="deputy_send").click().run()
    text = shown(tab)
    assert "李国强 代 王小梅" in text and "生效中" in text
    assert [one.acting_for for one in posts.posts_of(li)] == [None, "王小梅"]
    next(one for one in tab.button if str(one.key).startswith("revoke-")).click().run()
    assert "已撤销" in shown(tab)
    assert [one.acting_for for one in posts.posts_of(li)] == [None]


def test_the_band_says_for_whom_one_acts(office: Office) -> None:
    wang, post = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    li, _ = staff.staff("li", WILLOW, "reader", name="李国强", prefixes=[])
    office.who = staff.acting(wang)
    tab = office.open("deputies")
    tab.selectbox(key="deputy_person").set_value(str(li)).run()
    tab.button(key="deputy_send").click().run()
    office.who = staff.acting(li, post)
    tab = office.enter()
    assert "工作人员（代 王小梅）" in shown(tab)
    assert "代 王小梅：工作人员（柳岸社区）" in tab.selectbox(key="acting_post").options


def test_a_post_is_handed_over_and_the_paper_is_there(office: Office, admin: Principal) -> None:
    wang, post = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    staff.staff("li", WILLOW, "reader", name="李国强", prefixes=[])
    tab = office.open("handover")
    tab.selectbox(key="handover_post").set_value(str(post)).run()
    tab.selectbox(key="handover_successor").set_value("li")
    tab.text_input(key="handover_reason").set_value("退休")  # and at once, not drawn again:
    tab.button(key="handover_send").click().run()
    text = shown(tab)
    for words in ("工作交接单", "王小梅（wang）", "李国强", "退休", "权限终止时间", "移交人签字"):
        assert words in text, words
    assert posts.posts_of(wang) == ()


def test_the_auditor_finds_what_was_done_in_words(
    office: Office, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(monkeypatch, file(people=[person_row("zhang.sf", "P-1")]))
    tab = importing(office)
    sends(monkeypatch, None)
    tab.button(key="people_apply").click().run()
    office.who = staff.administrator(CITY, "audit_admin")
    tab = office.open("audit")
    text = shown(tab)
    assert "导入单位岗位人员" in text and "韩志远" in text and "zhang.sf" in text
    tab.text_input(key="audit_words").input("没有这个词").run()
    assert "没有记录" in shown(tab)
    office.who = admin
    assert "没有权限" in shown(office.open("audit"))


@pytest.mark.parametrize(
    ("role", "path"),
    [("system_admin", "people"), ("security_admin", "grants"), ("audit_admin", "audit")],
)
def test_each_administrator_lands_on_the_own_work(office: Office, role: str, path: str) -> None:
    assert landing(staff.administrator(CITY, role)) == spec(path)
