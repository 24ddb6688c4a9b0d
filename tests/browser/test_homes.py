"""Each level lands on its own home: who one is in view, in Chinese, at both widths, accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Opener

# login -> level, unit, post, scope, and what only this home shows
HOMES = {
    "zhou.city": ("市级", "西宁市", "市领导", "西宁市", "区县常住人口分布"),
    "shuju.city": ("市级", "市数据局", "市数据局平台运维", "西宁市", "各区县概况"),
    "chengdong.district": ("区县级", "城东区", "城东区经办", "城东区", "所辖乡镇（街道）"),
    "yunjiakou.street": (
        "乡镇（街道）级",
        "韵家口镇",
        "韵家口镇经办",
        "韵家口镇",
        "所辖社区（村）",
    ),
    "dongxing.clerk": ("社区（村）", "东兴社区", "社区工作人员", "东兴社区居民委员会", "居民查询"),
    "minzheng.city": ("市级", "市民政局", "市民政局经办", "分派给本单位的事项", "在办事项"),
}
WIDTHS = {"office": steps.OFFICE, "phone": steps.PHONE}


@pytest.mark.parametrize("login", HOMES)
def test_each_level_lands_on_its_own_home_with_person_unit_post_and_scope(
    shared: Opener, login: str
) -> None:
    level, unit, post, scope, own = HOMES[login]
    page = shared(login).go_home()
    page.get_by_role("heading", name=own).first.wait_for()
    band = page.locator(".st-key-band").inner_text()
    assert {level, unit, post} <= set(band.split("\n"))
    assert scope in page.locator(".scope").inner_text()


@pytest.mark.parametrize("login", HOMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_home_is_chinese_and_does_not_scroll_sideways(
    shared: Opener, login: str, width: str
) -> None:
    window = shared(login)
    page = window.go_home(WIDTHS[width])
    page.get_by_role("heading", name=HOMES[login][-1]).first.wait_for()
    assert steps.too_wide(page) == 0
    assert steps.english(page) == []
    assert window.watch.complaints == []


@pytest.mark.parametrize("login", ["zhou.city", "chengdong.district", "dongxing.clerk"])
def test_a_home_has_no_serious_accessibility_fault(shared: Opener, login: str) -> None:
    page = shared(login).go_home()
    page.get_by_role("heading", name=HOMES[login][-1]).first.wait_for()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_an_office_screen_shows_twelve_cases_without_scrolling(shared: Opener) -> None:
    page = shared("dongxing.clerk").go_home()
    page.get_by_role("link", name="打开一人一档").nth(11).wait_for()
    box = page.get_by_role("link", name="打开一人一档").nth(11).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= steps.OFFICE[1]


def test_the_map_says_it_is_a_sketch_and_each_district_has_its_number(shared: Opener) -> None:
    page = shared("zhou.city").go_home()
    chart = page.locator(".st-key-district_map")
    chart.get_by_text("示意图").wait_for()
    for words in ("489,372", "大通县", "湟源县"):
        assert words in chart.inner_text()


def test_the_navigation_shows_only_what_the_post_may_open(shared: Opener) -> None:
    for login, titles in {
        "zhou.city": [
            "首页",
            "诉求工单",
            "未诉先办",
            "一表通",
            "督办评价",
            "统一报表",
            "一比三率",
            "业务系统",
            "委托代理",
        ],
        "dongxing.clerk": [
            "首页",
            "统一办理",
            "通知",
            "诉求工单",
            "一表通",
            "督办评价",
            "一人一档",
            "数据校核",
            "查询核验",
            "统一报表",
            "一比三率",
            "统一入口",
            "业务系统",
            "委托代理",
        ],
        "shenji.city": ["首页", "权限依据"],
    }.items():
        page = shared(login).go_home()
        page.locator(".scope").wait_for()
        expect(page.locator(".st-key-nav a")).to_have_text(titles)


@pytest.mark.parametrize("path", ["city", "district", "street", "department", "why"])
def test_a_typed_address_of_another_page_is_refused_in_words(own: Opener, path: str) -> None:
    window = own("dongxing.clerk")
    window.page.goto(f"{window.home}{path}")
    window.page.locator(".notice.refusal").wait_for()
    assert "当前岗位不能" in window.page.locator(".notice.refusal").inner_text()
    assert steps.english(window.page) == []


def test_switching_the_post_changes_what_one_may_open(own: Opener) -> None:
    page = own("dongxing.secretary").page
    page.get_by_role("link", name="权限依据").wait_for()
    page.locator(".st-key-acting_post").get_by_role("combobox").click()
    page.get_by_role("option", name="居委会主任").click()
    page.locator(".band-who").get_by_text("居委会主任").wait_for()
    expect(page.get_by_role("link", name="权限依据")).to_have_count(0)


def test_the_systems_page_marks_what_is_simulated(shared: Opener) -> None:
    window = shared("shuju.city")
    page = window.go_home()
    steps.open_page(page, "业务系统")
    table = page.get_by_role("table").first
    table.get_by_text("正常").first.wait_for()
    assert table.get_by_text("模拟", exact=True).count() == 37
    # What `make run` starts beside the pages is at work.
    jobs = page.locator(".st-key-card-jobs")
    jobs.get_by_text("运行中的进程 1 个").wait_for()
    jobs.get_by_text("同步各系统任务").wait_for()
    expect(jobs.get_by_text("停止", exact=True)).to_have_count(0)
    assert steps.english(page) == []
    assert window.watch.complaints == []
