"""诉求工单 in the browser: from the desk to the end, by key, on paper, and two at one order."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Opener, Premises

STREET, CENTRE, PLACE = "yunjiakou.street", "zhihui.city", "630102101003"
WORDS = "您好，反映的问题已现场核实并处理完毕。"


def _box(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()
    page.locator(f".st-key-{key} [data-testid=stBaseButton-primary]").wait_for()
    steps.settled(page)


def _open(page: Page, number: str) -> None:
    """Look for it by its number, and open it."""
    if page.locator(".st-key-orders_place input").count():
        page.locator(".st-key-orders_place input").fill(number)
        page.locator(".st-key-orders_place input").press("Enter")
        expect(page.locator("a.row")).to_have_count(1)
        steps.settled(page)
    page.locator("a.row", has_text=number).first.click()
    page.locator(".st-key-card-order .aside", has_text=number).wait_for()
    steps.settled(page)


def _confirm(page: Page, move: str) -> None:
    page.locator(f".st-key-act-{move} button").click()
    steps.settled(page)


def _fill(page: Page, move: str, field: str, words: str) -> None:
    area = page.locator(f'[class*="-{move}-{field}"] textarea')
    area.fill(words)
    area.press("Control+Enter")
    steps.settled(page)


@pytest.fixture
def demand(premises: Premises) -> str:
    """The number of an order that has just come in, in a community of the street."""
    (number,) = premises.run("tests.browser.demands", PLACE, "1")
    return number


def _send_to_the_street(page: Page, number: str) -> None:
    steps.open_page(page, "分拨台")
    _box(page, "triage-box-unsent")
    page.locator("a.row", has_text=number).click()
    page.locator(".st-key-card-order .aside", has_text=number).wait_for()
    steps.settled(page)
    page.locator(".st-key-move-dispatch button").click()
    page.locator('[class*="-dispatch-unit"] [role=combobox]').first.click()
    page.get_by_role("option", name="韵家口镇", exact=True).click()
    steps.settled(page)
    _confirm(page, "dispatch")
    page.locator(".st-key-card-order .chip", has_text="待签收").wait_for()


def test_an_order_goes_from_the_centre_to_the_street_and_back_to_its_end(
    shared: Opener, demand: str
) -> None:
    centre, street, number = shared(CENTRE), shared(STREET), demand
    _send_to_the_street(centre.go_home(), number)
    page = street.go_home()
    steps.open_page(page, "诉求工单")
    _box(page, "orders-box-sign")
    _open(page, number)
    _confirm(page, "sign")
    page.locator(".st-key-card-order .chip", has_text="办理中").wait_for()
    _fill(page, "reply", "answer", WORDS)
    _confirm(page, "reply")
    page.locator(".st-key-card-order .chip", has_text="待审核").wait_for()
    expect(page.locator(".st-key-card-orders-beside")).to_be_visible()
    assert steps.too_wide(page) == 0

    page = centre.go_home()
    steps.open_page(page, "诉求工单")
    _box(page, "orders-box-review")
    _open(page, number)
    _confirm(page, "approve")
    page.locator(".st-key-card-order .chip", has_text="待回访").wait_for()
    for words in ("已解决", "满意"):
        page.locator(".st-key-card-order").get_by_text(words, exact=True).first.click()
    steps.settled(page)
    _confirm(page, "visit")
    page.locator(".st-key-card-order .chip", has_text="已办结").wait_for()
    expect(page.locator("ol.timeline").last).to_contain_text("待回访 → 已办结")
    for one in (centre, street):
        assert one.watch.complaints == []


def test_the_list_is_walked_with_keys_and_printed(shared: Opener) -> None:
    window = shared(STREET)
    page = window.go_home()
    steps.open_page(page, "诉求工单")
    _box(page, "orders-box-all")
    page.locator("a.row").nth(1).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    # The list looks again by itself: what is drawn anew under the keys keeps its place.
    page.evaluate("() => { const t = document.querySelector('table.rows'); t.outerHTML += ''; }")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("a.row").first).to_be_focused()
    number = page.locator("a.row").first.inner_text()
    page.keyboard.press("Enter")
    page.locator(".st-key-card-order .aside", has_text=number).wait_for()
    steps.settled(page)
    expect(page.locator("a.row[aria-current]")).to_have_count(1)
    page.locator("body").press("Escape")
    page.locator(".st-key-card-orders").wait_for()
    steps.settled(page)
    assert page.locator(".st-key-card-order").count() == 0

    _open(page, number)
    page.get_by_role("link", name="打印").click()
    page.locator(".paper.order").wait_for()
    page.emulate_media(media="print")
    expect(page.locator(".paper.order .number")).to_contain_text(number)
    expect(page.locator(".paper.order .signs")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("打印"))).to_be_hidden()
    expect(page.locator(".st-key-nav")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="返回工单").click()
    page.locator(".st-key-card-order").wait_for()


def test_who_is_slower_is_told_and_keeps_what_was_written(
    shared: Opener, own: Opener, demand: str
) -> None:
    number = demand
    _send_to_the_street(shared(CENTRE).go_home(), number)
    first, second = shared(STREET).go_home(), own(STREET).go_home()
    for page in (first, second):
        steps.open_page(page, "诉求工单")
        _box(page, "orders-box-sign")
        _open(page, number)
    page = first
    page.locator(".st-key-move-return button").click()
    _fill(page, "return", "reason", "不属于本单位职责，应由物业主管部门办理。")
    _confirm(second, "sign")
    second.locator(".st-key-card-order .chip", has_text="办理中").wait_for()
    _fill(page, "return", "legal-basis", "物业管理条例第五条")
    page.locator(".st-key-card-order .notice", has_text="该工单刚刚有变化").wait_for()
    area = page.locator('[class*="-return-reason"] textarea')
    assert area.input_value() == "不属于本单位职责，应由物业主管部门办理。"
    page.locator(".st-key-order_look button").click()
    page.locator(".st-key-card-order .notice", has_text="在您打开之后有变化").wait_for()
    steps.settled(page)
    expect(page.locator(".st-key-card-order ol.timeline")).to_contain_text("签收")
    assert area.input_value() == "不属于本单位职责，应由物业主管部门办理。"
