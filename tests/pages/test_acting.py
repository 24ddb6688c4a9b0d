"""The entry script's answer to "who is asking" serves the page it draws, and nothing after it."""

import pytest

from auth import oidc
from portal.pages.guards import acting, guarded
from tests.pages.conftest import Office, shown, without


@guarded("records.search")
def _part(who: object, seen: list[object]) -> None:
    seen.append(who)


def test_a_part_of_the_page_being_drawn_does_not_ask_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> None:
        raise AssertionError("asked again")

    seen: list[object] = []
    who = office.who
    assert who is not None
    monkeypatch.setattr(oidc, "principal_from_run", ask)
    with acting(who):
        _part(seen)
    assert seen == [who]


def test_after_the_page_is_drawn_everything_asks_anew_however_it_ended(office: Office) -> None:
    seen: list[object] = []
    assert office.who is not None
    with pytest.raises(RuntimeError), acting(office.who):
        raise RuntimeError
    office.who = None
    _part(seen)
    assert seen == []


def test_a_page_in_its_frame_refuses_a_click_after_the_right_was_taken_away(
    office: Office,
) -> None:
    tab = office.enter()
    tab.segmented_control(key="finder_purpose").set_value("counter")
    tab.text_input(key="finder_text").input("张三")
    office.who = without(office.who, "community_clerk")
    tab.button(key="finder_send").click().run()
    assert "没有权限" in shown(tab)
    assert "没有找到" not in shown(tab)
