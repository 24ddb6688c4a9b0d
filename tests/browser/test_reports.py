"""统一报表 in the browser: found by initials, down to the level below, as a file, on a phone."""

import os
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from tests.browser import steps
from tests.browser.conftest import Opener

# The kinds of files, and the name of the picture on what opens the form below.
ALLOWED = frozenset({"docx", "xlsx", "arrow", "keyboard", "right"})


def test_from_initials_to_the_table_the_level_below_and_the_file(
    shared: Opener, tmp_path: Path
) -> None:
    window = shared("zhou.city")
    page = window.go_home()
    steps.open_page(page, "统一报表")
    page.get_by_text("人口结构统计表").first.wait_for()
    box = page.get_by_label("查找")
    box.fill("cgajlatj")
    box.press("Enter")
    page.get_by_role("heading", name="城管案件立案统计表").wait_for()
    box.fill("gqdsqsl")
    box.press("Enter")
    page.get_by_role("heading", name="各渠道诉求受理统计表").wait_for()
    steps.settled(page)
    card = page.locator(".st-key-card-report")
    assert "城东区" in card.inner_text()
    _shot(page, "city")
    page.locator(".st-key-places button", has_text="城东区").first.click()
    page.locator(".st-key-crumbs b", has_text="城东区").wait_for()
    steps.settled(page)
    assert steps.english(page, ALLOWED) == []
    assert steps.too_wide(page) == 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载电子表格").click()
    file = tmp_path / "report.xlsx"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename.startswith("城东区各渠道诉求受理统计表")
    book = load_workbook(BytesIO(file.read_bytes()))
    assert book.sheetnames == ["各渠道诉求受理统计表", "指标说明"]
    page.set_viewport_size({"width": steps.PHONE[0], "height": steps.PHONE[1]})
    steps.settled(page)
    assert steps.too_wide(page) == 0
    _shot(page, "phone")
    assert window.watch.complaints == []


def _shot(page: object, name: str) -> None:
    """A picture for who wants to look, where ``PORTAL_TEST_SHOTS`` names a folder."""
    if folder := os.environ.get("PORTAL_TEST_SHOTS"):
        page.screenshot(path=Path(folder) / f"reports.{name}.png", full_page=True)  # type: ignore[attr-defined]
