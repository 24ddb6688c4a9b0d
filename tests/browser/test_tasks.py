"""统一办理 in a real browser: open a task, finish it, find it finished where it came from."""

from typing import Any

import httpx
from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.conftest import Opener, Premises

# The icons of the pages' numbers are letters that the icon font draws as arrows.
_ICONS = frozenset({"chevron", "left", "right"})


def _open(page: Page, source: str, kind: str) -> str:
    """The first open task of a system and kind; gives its address."""
    steps.inbox(page, source=source)
    row = page.locator("table.rows.tasks tbody tr", has_text=source).filter(has_text=kind).first
    steps.beside(row, ".st-key-acts-tasks").click()
    page.locator(".st-key-card-task").wait_for()
    steps.settled(page)
    return page.url


def _over_there(premises: Premises, system: str) -> dict[str, Any]:
    """The tasks of the clerk's community as the simulated system holds them, by their state."""
    url = f"{premises.sandbox}/_control/{system}/tasks?region=630102101003"
    found: dict[str, Any] = httpx.get(url).json()
    return found


def _finished_by(premises: Premises, system: str, name: str) -> list[Any]:
    return [one for one in _over_there(premises, system)["tasks"] if one["handler"] == name]


def test_a_task_is_finished_here_and_found_finished_over_there(
    shared: Opener, premises: Premises
) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    before = len(_finished_by(premises, "pension", "王小梅"))
    _open(page, "城乡居民养老保险系统", "资格认证")
    assert steps.english(page) == []
    page.get_by_text("通过", exact=True).click()
    page.get_by_role("button", name="登记结果").click()
    page.get_by_text("对方系统确认已办").wait_for()
    finished = _finished_by(premises, "pension", "王小梅")
    assert len(finished) == before + 1
    assert {one["applied"] for one in finished} == {1}
    page.get_by_role("button", name="返回列表").click()
    page.locator("table.rows.tasks").wait_for()
    page.get_by_role("button", name="我发起").click()
    page.locator("table.rows.tasks .chip", has_text="已送达").first.wait_for()
    assert window.watch.complaints == []


def test_a_refusal_is_told_in_the_systems_own_words_and_the_form_is_back(
    shared: Opener, premises: Premises
) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    address = _open(page, "城乡最低生活保障系统", "低保")
    page.get_by_text("不符合", exact=True).click()
    page.get_by_role("button", name="办结", exact=True).click()
    page.locator(".notice.error", has_text="核查结果为不符合时须填写核查意见").wait_for()
    steps.settled(page)
    page.get_by_text("不符合", exact=True).click()
    page.get_by_label("核查意见").fill("已搬离本社区")
    page.get_by_label("核查意见").blur()
    steps.settled(page)
    page.get_by_role("button", name="办结", exact=True).click()
    page.get_by_text("对方系统确认已办").wait_for()
    notes = {one["note"] for one in _finished_by(premises, "subsistence", "王小梅")}
    assert "已搬离本社区" in notes
    assert address == page.url


def test_the_inbox_holds_twelve_rows_and_fits_every_screen(shared: Opener) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    steps.inbox(page)
    rows = page.locator("table.rows.tasks tbody tr")
    seen = [one.bounding_box() for one in rows.all()]
    inside = [box for box in seen if box and box["y"] + box["height"] <= steps.OFFICE[1]]
    assert len(inside) >= 12
    assert steps.too_wide(page) <= 0
    page.set_viewport_size({"width": steps.PHONE[0], "height": steps.PHONE[1]})
    steps.settled(page)
    assert steps.too_wide(page) <= 0
    assert steps.english(page, _ICONS) == []
    assert window.watch.complaints == []
