"""未诉先办 in the browser: found, led by a street or by departments, confirmed; its table."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.conftest import Opener, Window

TITLE = "楼后堆积装修垃圾"
DESK, LEADS, HELPS = "城中区指挥中心", "城中区住房和城乡建设局", "城中区城市管理局"
EVENTS = ".st-key-card-finding-events"
# The kinds of files, and the name of the picture on the button that takes them.
ALLOWED = frozenset({"xlsx", "docx", "WEBP", "JPEG", "upload"})


def _part(page: Page, name: str) -> None:
    page.locator(".st-key-findingbar").get_by_role("radio", name=name, exact=True).click()
    steps.settled(page)


def _open(page: Page, title: str) -> None:
    page.locator(".rows.findings tr", has_text=title).locator("a.row").first.click()
    page.locator(".st-key-card-finding").wait_for()
    steps.settled(page)


def _move(page: Page, label: str, words: str) -> None:
    page.locator(".st-key-findingmoves").get_by_role("button", name=label, exact=True).click()
    page.get_by_role("button", name=f"提交：{label}").wait_for()
    steps.settled(page)
    if words:
        area = page.locator(".st-key-card-finding textarea").first
        area.fill(words)
        area.blur()
        steps.settled(page)
    page.get_by_role("button", name=f"提交：{label}").click()
    page.get_by_text(f"已办理“{label}”").wait_for()
    steps.settled(page)


def _fits(page: Page) -> None:
    assert steps.english(page, ALLOWED) == []
    assert steps.too_wide(page) == 0
    page.set_viewport_size({"width": steps.PHONE[0], "height": steps.PHONE[1]})
    steps.settled(page)
    assert steps.too_wide(page) == 0
    page.set_viewport_size({"width": steps.OFFICE[0], "height": steps.OFFICE[1]})
    steps.settled(page)


def _found(page: Page, title: str, *, look: bool = False) -> None:
    """Found by the community and reported to its street; the pages are looked at on the way."""
    steps.open_page(page, "未诉先办")
    if look:
        _fits(page)
    _part(page, "发现问题")
    page.locator("[class*=st-key-draft-findings-hand-1-class]").click()
    page.get_by_role("option", name="环境卫生").click()
    page.get_by_label("标题").fill(title)
    page.get_by_label("地点").fill("6 号楼后")
    page.get_by_label("情况").fill("6 号楼后堆积装修垃圾，需要清运。")
    page.get_by_text("上报街道").click()
    page.get_by_label("上报原因").fill("需要街道协调清运")
    page.get_by_label("上报原因").blur()
    steps.settled(page)
    if look:
        _fits(page)
    page.get_by_role("button", name="登记", exact=True).click()
    page.locator(".st-key-card-finding h2", has_text=title).wait_for()
    steps.settled(page)
    assert "待会商" in page.locator(".st-key-card-finding").inner_text()


def _seen(window: Window, title: str) -> str:
    """Where a finding stands, as whoever found it sees at this moment."""
    page = window.go_home()
    steps.open_page(page, "未诉先办")
    page.locator(".st-key-findings_box").get_by_role("radio", name="在办").click()
    steps.settled(page)
    _open(page, title)
    return page.locator(".st-key-card-finding").inner_text()


def _unit(page: Page, label: str, name: str) -> None:
    page.get_by_label(label).fill(name)
    page.get_by_role("option", name=name).first.click()
    steps.settled(page)


def test_from_finding_to_confirming(shared: Opener) -> None:
    community = shared("nanchuan.secretary")
    page = community.go_home()
    _found(page, TITLE, look=True)

    street = shared("nanchuanxi.street").go_home()
    steps.open_page(street, "未诉先办")
    _open(street, TITLE)
    _move(street, "街道牵头办理", "")
    _move(street, "办结反馈", "已清运完毕，现场已复核。")

    page = community.go_home()
    steps.open_page(page, "未诉先办")
    _open(page, TITLE)
    _move(page, "确认已解决", "")
    card = page.locator(".st-key-card-finding").inner_text()
    assert "已解决" in card and "协办" in card
    _fits(page)
    assert community.watch.complaints == []


def test_the_district_brings_departments_together_and_the_community_sees_with_whom_it_is(
    shared: Opener,
) -> None:
    community, title = shared("nanchuan.secretary"), "楼前路面塌陷积水"
    _found(community.go_home(), title)
    street = shared("nanchuanxi.street").go_home()
    steps.open_page(street, "未诉先办")
    _open(street, title)
    _move(street, "报区县研判", "需要住建和城管一同处理")
    seen = _seen(community, title)
    assert "待研判" in seen and DESK in seen

    district = shared("zhihui.chengzhong").go_home()
    steps.open_page(district, "未诉先办")
    _open(district, title)
    district.locator(".st-key-findingmoves").get_by_role("button", name="研判派单").click()
    district.get_by_role("button", name="提交：研判派单").wait_for()
    steps.settled(district)
    district.get_by_role("button", name="提交：研判派单").click()
    district.locator(".notice.error", has_text="没有提交").wait_for()
    _unit(district, "承办单位（必填）", LEADS)
    _unit(district, "单位（可不填）", HELPS)
    district.keyboard.press("Escape")
    steps.settled(district)
    _fits(district)
    district.get_by_role("button", name="提交：研判派单").click()
    district.get_by_text("已办理“研判派单”").wait_for()
    seen = _seen(community, title)
    assert all(one in seen for one in ("联办中", LEADS, HELPS))

    department = shared("zhujian.chengzhong").go_home()
    steps.open_page(department, "未诉先办")
    _open(department, title)
    _move(department, "办理进展", "已到现场查看，明日开挖修复。")
    assert "已到现场查看" in _seen(community, title) + community.page.locator(EVENTS).inner_text()
    _move(department, "办结反馈", "路面已修复，排水已疏通。")
    assert "待确认" in _seen(community, title)
    _move(community.page, "确认已解决", "")
    seen = community.page.locator(".st-key-card-finding").inner_text()
    assert "已解决" in seen and "联办" in seen
    for window in (community, shared("zhihui.chengzhong"), shared("zhujian.chengzhong")):
        assert window.watch.complaints == []


def test_the_table_of_the_pilot_as_files(shared: Opener, tmp_path: Path) -> None:
    window = shared("zhihui.chengzhong")
    page = window.go_home()
    steps.open_page(page, "未诉先办")
    _part(page, "情况表")
    for name, ending in (("下载电子表格", "xlsx"), ("下载文字稿", "docx")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        assert waiting.value.suggested_filename.startswith("城中区未诉先办情况表_")
        file = tmp_path / f"table.{ending}"
        waiting.value.save_as(file)
        assert file.read_bytes()[:2] == b"PK"
    _fits(page)
    for part in ("联席会议", "日报告", "十条措施"):
        _part(page, part)
        _fits(page)
    assert window.watch.complaints == []
