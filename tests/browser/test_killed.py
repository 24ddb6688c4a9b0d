"""A text that was begun is there again after the process was killed in mid-writing."""

from contextlib import ExitStack

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import steps
from tests.protocol.conftest import CLERK, Town, town

__all__ = ["town"]
WORDS = "打开一人一档以后，医保一栏一直没有出来，等了十分钟，"


def _field(page: Page) -> Locator:
    """The form behind the button that is on every page."""
    page.get_by_role("button", name="投诉建议").click()
    field = page.get_by_role("dialog").get_by_label("内容")
    field.wait_for()
    return field


def test_a_text_begun_is_there_after_the_process_was_killed(
    town: Town,
    browser: Browser,
) -> None:
    context = steps.window(browser)
    with ExitStack() as stack:
        stack.callback(context.close)
        page = context.new_page()
        house = town.start(stack)
        steps.sign_in(page, house.base, CLERK)
        field = _field(page)
        field.press_sequentially(WORDS)
        # Nobody has left the field: the pause alone has sent it, and one goes on typing in it.
        page.get_by_role("dialog").get_by_text("已自动保存").wait_for()
        assert field.evaluate("one => document.activeElement === one")
        house.process.kill()
        house.process.wait()

        context.clear_cookies()
        again = town.start(stack)
        steps.sign_in(page, again.base, CLERK)
        expect(_field(page)).to_have_value(WORDS)
        assert steps.english(page) == []
