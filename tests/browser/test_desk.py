"""The desk in a real browser: links, numbers, feedback to and fro, drafts, old browsers."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.conftest import Opener

SERIOUS = ("serious", "critical")
COMPLAINT = "办结以后首页的件数没有马上变化，刷新后才对。"
ANSWER = "已核对，办结后首页会立即更新，请再试一次。"


def _faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in SERIOUS]


def _loaded_at(page: Page) -> float:
    at: float = page.evaluate("() => performance.timeOrigin")
    return at


def test_a_link_opens_its_page_without_loading_everything_anew(shared: Opener) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    before = _loaded_at(page)
    page.get_by_role("link", name="打开一人一档").first.click()
    page.locator(".person strong").wait_for()
    assert "/records?case=" in page.url
    assert _loaded_at(page) == before
    page.go_back()
    page.get_by_role("heading", name="居民查询").wait_for()
    assert window.watch.complaints == []


def test_the_day_s_line_narrows_the_list_and_says_how_to_see_all(shared: Opener) -> None:
    page = shared("dongxing.clerk").go_home()
    line = page.get_by_role("list", name="今日提要")
    for name in ("在办事项", "事项逾期", "事项今天到期", "事项本周到期", "业务系统"):
        line.get_by_text(name, exact=True).wait_for()
    total = page.get_by_role("link", name="打开一人一档").count()
    week = line.locator("li", has_text="本周到期")
    expected = int(week.locator("b").inner_text().removesuffix("件").strip())
    if expected:
        week.get_by_role("link").click()
        page.get_by_text(f"本周到期 {expected} 件").wait_for()
        assert page.get_by_role("link", name="打开一人一档").count() == expected
        page.get_by_role("link", name="显示全部").click()
    expect(page.get_by_role("link", name="打开一人一档")).to_have_count(total)


@pytest.mark.parametrize("login", ["zhou.city", "chengdong.district", "yunjiakou.street"])
def test_a_level_s_numbers_come_from_the_measures_and_lead_to_the_report(
    shared: Opener, login: str
) -> None:
    page = shared(login).go_home()
    card = page.locator(".st-key-card-facts")
    for name in ("实有人口", "户数", "低保对象", "残疾人", "独居老人"):
        assert card.locator("dt", has_text=name).count() == 1
    assert "数据时间" in card.inner_text()
    assert {"在办", "逾期"} <= set(card.locator("th").all_inner_texts())
    row = card.locator("tbody tr").first
    name, number = row.locator("th").inner_text(), row.locator("a.go").inner_text()
    row.locator("a.go").click()
    report = page.locator(".st-key-card-report")
    report.wait_for()
    expect(report.locator(".st-key-crumbs")).to_contain_text(name)  # drawn piece by piece
    expect(report.locator("tr.total")).to_contain_text(number)


def test_feedback_goes_to_the_operator_and_comes_back_answered(shared: Opener) -> None:
    window = shared("dongxing.clerk")
    page = window.go_home()
    steps.open_page(page, "统一报表")
    page.get_by_role("button", name="投诉建议").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("所在页面：统一报表").wait_for()
    assert _faults(page) == []
    dialog.get_by_role("button", name="提交").click()
    dialog.get_by_text("请先选择类别").wait_for()
    dialog.get_by_role("radio", name="报错").click()
    dialog.get_by_role("button", name="提交").click()
    dialog.get_by_text("内容应为 5 至 1000 个字").wait_for()
    dialog.get_by_label("内容").fill(COMPLAINT)
    dialog.get_by_role("button", name="提交").click()
    dialog.get_by_text("已提交").wait_for()
    expect(dialog.get_by_label("内容")).to_have_value("")
    assert steps.english(page) == []

    operator = shared("shuju.city")
    desk = operator.go_home()
    steps.open_page(desk, "反馈处理")
    shown = desk.locator(".feedback", has_text=COMPLAINT).first
    assert "东兴社区" in shown.inner_text()
    assert "王小梅" not in desk.locator(".st-key-card-answering").inner_text()
    assert _faults(desk) == []
    desk.get_by_label("答复").fill(ANSWER)
    desk.get_by_role("button", name="答复").click()
    desk.locator(".feedback .reply", has_text=ANSWER).wait_for()
    assert steps.english(desk) == []

    dialog.get_by_role("link", name="查看我的反馈").click()
    page.locator(".feedback .reply", has_text=ANSWER).wait_for()
    page.locator(".feedback", has_text="已答复").first.wait_for()
    assert _faults(page) == []
    assert window.watch.complaints == []


def test_what_is_begun_on_a_case_is_kept_without_leaving_the_field_and_shown_on_the_home(
    shared: Opener,
) -> None:
    window = shared("yunjiakou.street")
    page = window.go_home()
    page.get_by_role("link", name="打开一人一档").first.click()
    page.get_by_role("button", name="办结事项").click()
    field = page.get_by_role("dialog").get_by_label("办理结果")
    field.press_sequentially("已入户核实，材料齐")
    page.get_by_role("dialog").get_by_text("已自动保存").wait_for()
    page = window.go_home()
    news = page.locator(".st-key-card-news")
    news.get_by_text("办结事项：").wait_for()
    news.get_by_role("link", name="接着写").first.click()
    page.get_by_role("button", name="办结事项").click()
    field = page.get_by_role("dialog").get_by_label("办理结果")
    expect(field).to_have_value("已入户核实，材料齐")
    field.fill("")
    field.blur()
    expect(page.get_by_role("dialog").get_by_text("已自动保存")).to_have_count(0)


# -- old browsers ----------------------------------------------------------------------------------

AGENT = "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
OLD = AGENT + "Chrome/86.0.4240.198 Safari/537.36"


@pytest.fixture
def strangers(browser: Browser) -> Iterator[list[Page]]:
    """Pages of browsers that are not signed in; closed afterwards."""
    opened: list[Page] = []
    yield opened
    for one in opened:
        one.context.close()


def test_an_old_browser_is_told_what_to_do(
    base: str, browser: Browser, strangers: list[Page]
) -> None:
    page = browser.new_context(user_agent=OLD, java_script_enabled=False).new_page()
    strangers.append(page)
    for path in ("/", "/records", "/community"):
        page.goto(base + path)
        assert "这个浏览器打不开" in page.locator("h1").inner_text()
        assert "极速模式" in page.inner_text("body")


def test_a_browser_that_only_claims_to_be_new_is_found_out(
    base: str, browser: Browser, strangers: list[Page]
) -> None:
    page = browser.new_context().new_page()
    strangers.append(page)
    page.add_init_script("delete Array.prototype.toSorted;")
    page.goto(base)
    page.wait_for_url("**/browser")
    assert "这个浏览器打不开" in page.locator("h1").inner_text()
    assert _faults(page) == []


def test_without_scripts_the_page_says_so(
    base: str, browser: Browser, strangers: list[Page]
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    strangers.append(page)
    page.goto(base)
    assert "需要启用浏览器的 JavaScript" in page.inner_text("body")
