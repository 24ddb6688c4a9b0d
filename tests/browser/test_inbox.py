"""The inbox looks again by itself, keeps what is being typed, and reads several notices at once."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Opener, Premises

_SLOW = 100_000  # a walk through a system comes once a minute
_PATIENCE = 30_000
# File types, and the icons of the upload, which the icon font draws from letters.
_ICONS = frozenset({"DOCX", "XLSX", "JPEG", "upload"})


def _send(page: Page, title: str, *, receipt: bool = False) -> None:
    """A notice from the street to all of its communities and villages."""
    steps.open_page(page, "通知")
    page.get_by_role("button", name="发送通知").click()
    page.locator(".st-key-notice_groups button").first.click()
    page.get_by_label("标题").fill(title)
    page.get_by_label("标题").blur()
    steps.settled(page)
    page.get_by_label("正文").fill("各社区（村）：\n请按要求做好值守。")
    page.get_by_label("正文").blur()
    steps.settled(page)
    page.locator(".st-key-notice_send button").click()
    page.locator("table.rows.notices", has_text=title).wait_for()


def _unread(page: Page) -> Page:
    steps.inbox(page, "待阅")
    return page


@pytest.fixture
def title() -> str:
    return f"值守安排{uuid4().int % 10**6}"


def test_a_notice_appears_without_reloading_and_an_open_form_keeps_what_was_typed(
    shared: Opener, title: str
) -> None:
    street, clerk = shared("yunjiakou.street"), shared("dongxing.clerk")
    page = _unread(clerk.go_home())
    page.locator(".st-key-feedback_open button").click()
    dialog = page.get_by_role("dialog")
    words = dialog.get_by_label("内容")
    words.fill("")  # a draft of an earlier run comes back
    words.press_sequentially(f"列表没有变化，{title}")
    _send(street.go_home(), title)
    page.locator("table.rows.tasks", has_text=title).wait_for(state="attached")
    expect(dialog).to_be_visible()
    expect(words).to_have_value(f"列表没有变化，{title}")
    page.keyboard.press("Escape")
    assert clerk.watch.complaints == []


def test_several_notices_are_read_at_once_and_each_row_tells_its_end(
    shared: Opener, title: str
) -> None:
    street, clerk = shared("yunjiakou.street"), shared("dongxing.clerk")
    for number in (1, 2):
        _send(street.go_home(), f"{title}之{number}")
    page = _unread(clerk.go_home())
    page.locator("table.rows.tasks", has_text=f"{title}之2").wait_for()
    page.get_by_role("button", name="批量办理").click()
    picks = page.locator(".st-key-acts-tasks button")
    expect(picks.first).to_have_text("☐ 选择", timeout=_PATIENCE)
    for number in (1, 2):
        row = page.locator("table.rows.tasks tbody tr", has_text=f"{title}之{number}")
        pick = steps.beside(row, ".st-key-acts-tasks")
        pick.click()
        expect(pick).to_have_text("☑ 已选", timeout=_PATIENCE)
    page.get_by_role("button", name="已阅 2 件").click()
    page.get_by_role("button", name="确认已阅 2 件").click()
    told = page.locator("table.t", has_text="本次批量办理")
    expect(told.locator("tbody tr", has_text=title)).to_have_count(2, timeout=_PATIENCE)
    expect(told.locator("tbody tr", has_text="已办结")).to_have_count(2)
    assert steps.too_wide(page) <= 0
    page.set_viewport_size({"width": steps.PHONE[0], "height": steps.PHONE[1]})
    steps.settled(page)
    assert steps.too_wide(page) <= 0
    page.set_viewport_size({"width": steps.OFFICE[0], "height": steps.OFFICE[1]})
    page.get_by_role("button", name="退出批量").click()
    steps.settled(page)
    assert clerk.watch.complaints == []


def test_an_opened_task_that_changes_over_there_says_so_and_keeps_the_text(
    shared: Opener, premises: Premises
) -> None:
    clerk = shared("dongxing.clerk")
    page = clerk.go_home()
    steps.inbox(page, source="城乡最低生活保障系统")
    row = page.locator("table.rows.tasks tbody tr", has_text="低保").first
    steps.beside(row, ".st-key-acts-tasks").click()
    page.locator(".st-key-card-task").wait_for()
    steps.settled(page)
    page.get_by_label("核查意见").press_sequentially("已搬离，核实")
    task_id = parse_qs(urlsplit(page.url).query)["task"][0]
    (number,) = premises.run("tests.browser.foreign", task_id)
    url = f"{premises.sandbox}/_control/subsistence/tasks/{number}"
    httpx.post(url).raise_for_status()
    page.locator(".notice.hint", has_text="该任务刚刚有变化").wait_for(timeout=_SLOW)
    expect(page.get_by_label("核查意见")).to_have_value("已搬离，核实")
    assert clerk.watch.complaints == []


def test_the_pages_of_notices_fit_every_screen_and_are_in_chinese(
    shared: Opener, title: str
) -> None:
    window = shared("yunjiakou.street")
    _send(window.go_home(), title)
    page = window.page
    for way in ("", "查看", "发送通知"):
        if way:
            steps.open_page(page, "通知")
            page.get_by_role("button", name=way).first.click()
            page.locator(".st-key-notice_list, .st-key-notice_back").first.wait_for()
            steps.settled(page)
        for size in (steps.PHONE, steps.OFFICE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            steps.settled(page)
            assert steps.too_wide(page) <= 0, (way, size)
        assert steps.english(page, _ICONS) == [], way
    assert window.watch.complaints == []
