"""From the door wall into a simulated system, without a second password, once."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from tests.browser import steps
from tests.browser.conftest import Opener, Premises

WIDTHS = {"office": steps.OFFICE, "phone": steps.PHONE}
GRID = 'li[data-system="grid"]'


def _wall(page: Page) -> Page:
    steps.open_page(page, "统一入口")
    page.get_by_text("按系统", exact=True).click()
    # While the wall is drawn anew, what was drawn before stands beside it for a moment.
    page.locator(GRID).get_by_text("正常").first.wait_for()
    steps.settled(page)
    expect(page.locator(GRID)).to_have_count(1)
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_the_wall_is_chinese_fits_and_is_accessible(shared: Opener, width: str) -> None:
    window = shared("dongxing.clerk")
    page = _wall(window.go_home(WIDTHS[width]))
    for words in ("基层治理", "便民服务", "市委政法委", "模拟数据", "需再次登录", "检测于"):
        page.get_by_text(words).first.wait_for()
    assert steps.too_wide(page) == 0
    assert steps.english(page, frozenset({"UKey"})) == []
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert window.watch.complaints == []


def test_one_click_leads_in_and_neither_reload_nor_return_does_again(
    own: Opener, premises: Premises
) -> None:
    window = own("dongxing.clerk")
    page = _wall(window.page)
    addresses: list[str] = []
    page.context.on("request", lambda one: addresses.append(one.url))
    with page.context.expect_page() as opened:
        page.locator(GRID).get_by_role("link", name="走访登记").first.click()
    inside = opened.value
    inside.get_by_role("heading", name="已登录：王小梅（模拟系统）").wait_for()
    assert "/patrol" in inside.locator("main").inner_text()
    assert inside.url == f"{premises.sandbox}/grid/sso/login"
    assert inside.evaluate("document.referrer") == ""
    assert inside.evaluate("window.opener") is None
    assert all("ey" not in urlsplit(one).query for one in addresses)
    inside.reload()
    inside.get_by_role("heading", name="没有登录").wait_for()
    assert "已经用过" in inside.locator("main").inner_text()
    link = page.locator(GRID).get_by_role("link", name="走访登记").first.get_attribute("href")
    page.get_by_role("button", name="退出登录").click()
    page.get_by_text("您已安全退出").wait_for()
    answer = page.goto(f"{window.home.rstrip('/')}{urlsplit(str(link)).path}")
    assert isinstance(answer, Response) and answer.status == 401
    expect(page.get_by_role("heading")).to_have_text("没有进入业务系统")


@pytest.fixture
def down(premises: Premises) -> Iterator[None]:
    premises.turn("grid", "down")
    yield
    premises.turn("grid", "normal")


def test_a_door_is_found_by_initials(shared: Opener) -> None:
    page = _wall(shared("dongxing.clerk").go_home())
    page.get_by_label("查找系统").fill("wgh")
    page.get_by_label("查找系统").press("Enter")
    expect(page.locator(".door-name")).to_have_count(1)
    assert "网格化" in page.locator(".door-name").inner_text()


def test_a_door_that_is_down_says_so_and_may_be_tried(own: Opener, down: None) -> None:
    page = own("dongxing.secretary").page
    steps.open_page(page, "统一入口")
    page.get_by_text("按系统", exact=True).click()
    door = page.locator(GRID)
    page.get_by_role("button", name="重新检测").click()
    door.get_by_text("仍可尝试进入").first.wait_for()  # while it is drawn anew it may stand twice
    expect(door.get_by_role("link", name="进入系统")).to_be_visible()
