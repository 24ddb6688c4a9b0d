"""系统账号 on the page: what is nearly over first, each renewed by oneself, refusals in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from auth import oidc
from portal import wiring
from portal.functions.entry.linkrules import code_for
from portal.store.citypack import CityPack
from tests import doorway as doors
from tests import people
from tests.pages.conftest import PAGE, shown


@pytest.fixture
def tab(hailing: CityPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """A clerk's own page, before anything is linked."""
    with doors.opened(tmp_path) as made:
        who = made.sign_in("clerk")
        monkeypatch.setattr(wiring, "app", lambda: made)
        monkeypatch.setattr(oidc, "principal_from_run", lambda: who)
        yield AppTest.from_string(PAGE.format(path="accounts"), default_timeout=30)


def test_every_system_that_can_be_proved_is_there_with_its_own_link(tab: AppTest) -> None:
    text = shown(tab.run())
    for words in ("A系统", "B系统", "C系统", "未关联", "平台不接触对方密码"):
        assert words in text, words
    assert "D系统" not in text
    links = [one.proto.url for one in tab.get("link_button")]
    assert [one.split("?")[0] for one in links] == [f"/link/start/{one}" for one in "abc"]


def test_a_code_links_and_a_link_is_ended(tab: AppTest) -> None:
    tab.run().button(key="code-ask-c").click().run()
    text = shown(tab)
    assert "授权编号" in text
    challenge = text.partition("填写授权编号 ")[2][:6]
    tab.text_input(key="link_account").set_value("moni01")
    tab.text_input(key="link_given").set_value("1")
    assert "账号或授权码不正确" in shown(tab.button(key="link_send").click().run())
    code = code_for(doors.PASSWORDS["c_link"], "c", "moni01", challenge)
    tab.text_input(key="link_given").set_value(code)
    text = shown(tab.button(key="link_send").click().run())
    assert "对方账号 moni01" in text and "本人授权" in text
    assert "还没有关联对方账号" in shown(tab.button(key="unlink-c").click().run())


@pytest.mark.parametrize(
    ("query", "words"),
    [({"refused": "link_taken"}, "已关联其他人员"), ({"done": "1"}, "已证明该账号属于您")],
)
def test_what_came_of_signing_in_over_there_is_said(
    tab: AppTest, query: dict[str, str], words: str
) -> None:
    tab.query_params.update(query)
    assert words in shown(tab.run())


def test_made_up_words_in_the_address_are_not_shown(tab: AppTest) -> None:
    tab.query_params.update({"refused": "<b>made up</b>"})
    assert "made up" not in shown(tab.run())


def test_a_post_without_doors_has_no_such_page(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "principal_from_run", lambda: people.principal(roles=("reader",)))
    assert "没有权限" in shown(tab.run())
