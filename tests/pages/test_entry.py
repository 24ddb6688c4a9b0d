"""统一入口 on the page: one's own doors, found by typing, each with a link that is one's own."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from auth import oidc
from auth.principal import Principal
from portal import wiring
from portal.functions.entry.jump import meant
from portal.pages.parts import knocking
from portal.store.citypack import CityPack
from tests import doorway as doors
from tests import people
from tests.pages.conftest import Office, shown

WAY = re.compile(r"/jump/([a-z])\?(.*)i=([0-9a-f]{32})")
HREF = re.compile(r'href="(/jump/[^"]+)" target="_blank" rel="noopener"')


@pytest.fixture
def wall(hailing: CityPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A clerk before four doors."""
    with doors.opened(tmp_path) as made:
        office = Office(who=people.principal(), transports=made.transports)
        monkeypatch.setattr(wiring, "app", lambda: made)
        monkeypatch.setattr(oidc, "principal_from_run", lambda: office.who)
        asked: list[knocking.Knock] = []
        ask = knocking.Knock.ask

        def noted(knock: knocking.Knock, who: Principal, **how: bool) -> None:
            asked.append(knock)
            ask(knock, who, **how)

        monkeypatch.setattr(knocking.Knock, "ask", noted)
        yield office
        assert all(one.wait(20) for one in asked)  # nobody knocks at a house that is gone


def heard(tab: AppTest) -> AppTest:
    """The page after every door was heard."""
    for one in tab.session_state._state.filtered_state.values():
        if isinstance(one, knocking.Knock):
            assert one.wait(20)
    return tab.run()


def links(tab: AppTest) -> list[str]:
    return [unescape(one) for one in HREF.findall(shown(tab))]


def test_every_door_says_whose_it_is_how_it_fares_and_what_it_asks(wall: Office) -> None:
    text = shown(heard(wall.open("entry", view="systems")))
    assert "为民服务" in text
    assert "4 个系统，其中 2 个一次登录即可进入" in text
    for words in ("A系统", "某局", "试运行", "需 互联网", "模拟数据", "平台票据", "检测于",
                  "对方统一认证", "需再次登录", "不属于统一登录"):  # fmt: skip
        assert words in text, words
    assert text.count("正常") == 3
    assert "超时" in text and "仍可尝试进入" in text


def test_the_page_is_drawn_before_any_door_was_heard(
    wall: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knocking.Knock, "ask", lambda self, who: self._done.clear())
    tab = wall.open("entry", view="systems")
    assert shown(tab).count("正在检测") == 4
    assert len(links(tab)) == 8


def test_every_link_is_meant_for_this_person_and_carries_no_ticket(wall: Office) -> None:
    found = links(wall.open("entry", view="systems"))
    assert wall.who is not None
    for link in found:
        parts = WAY.fullmatch(link)
        assert parts is not None, link
        target = "review" if "to=review" in parts[2] else None
        assert meant(wall.who, parts[1], target, {}, parts[3])
        assert not meant(people.principal(), parts[1], target, {}, parts[3])


@pytest.mark.parametrize(
    ("typed", "names"), [("bxt", ["B系统"]), ("c系统", ["C系统"]), ("", list("ABCD"))]
)
def test_a_door_is_found_by_typing(wall: Office, typed: str, names: list[str]) -> None:
    tab = wall.open("entry", view="systems")
    tab.text_input(key="entry_search").set_value(typed).run()
    text = unescape(shown(tab))
    found = re.findall(r'class="door-name"><b title=".系统">(.)系统', text)
    assert found == [one[0] for one in names]


def test_what_is_not_found_is_said(wall: Office) -> None:
    tab = wall.open("entry", view="systems")
    tab.text_input(key="entry_search").set_value("没有的").run()
    assert "没有找到这个系统" in shown(tab)
    assert links(tab) == []


def test_a_post_without_the_right_sees_no_door(wall: Office) -> None:
    wall.who = people.principal(roles=("reader",))
    tab = wall.open("entry", view="systems")
    assert "没有权限" in shown(tab)
    assert links(tab) == []


def test_a_system_that_is_not_joined_has_no_way_in(
    wall: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = wiring.app().entry.gateway.registry
    system = registry.systems["a"]
    monkeypatch.setitem(system.site.__dict__, "mode", "联调")
    tab = wall.open("entry", view="systems")
    assert "联调，暂不能进入" in shown(tab)
    assert not any("/jump/a" in one for one in links(tab))


def test_rights_taken_away_meanwhile_count_at_the_next_look(wall: Office) -> None:
    tab = wall.open("entry", view="systems")
    assert len(links(tab)) == 8
    wall.who = people.principal(roles=("leader",))
    tab.run()
    assert links(tab) == []
