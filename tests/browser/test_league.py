"""一比三率 in the browser: the league, why a unit stands there, the bulletin as a file."""

from pathlib import Path

from tests.browser import steps
from tests.browser.conftest import Opener

ALLOWED = frozenset({"docx", "xlsx"})


def test_from_the_league_to_the_reasons_and_the_bulletin(shared: Opener, tmp_path: Path) -> None:
    window = shared("zhou.city")
    page = window.go_home()
    steps.open_page(page, "一比三率")
    page.get_by_role("radio", name="区县", exact=True).click()
    page.get_by_role("heading", name="区县点评榜").wait_for()
    rows = page.locator(".rows.league tbody tr")
    assert rows.count() == 7
    assert "蓝区（好）" in page.locator(".st-key-card-league").inner_text()
    page.locator(".st-key-acts-league button").first.click()
    page.get_by_role("heading", name="为什么").wait_for()
    steps.settled(page)
    assert "分子/分母" in page.locator(".st-key-card-why").inner_text()
    assert steps.english(page, ALLOWED) == []
    assert steps.too_wide(page) == 0
    with page.expect_download() as waiting:
        page.locator(".st-key-card-bulletin a").first.click()
    file = tmp_path / "bulletin.docx"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename.startswith("西宁市群众诉求办理月报_")
    assert file.read_bytes()[:2] == b"PK"
    page.set_viewport_size({"width": steps.PHONE[0], "height": steps.PHONE[1]})
    steps.settled(page)
    assert steps.too_wide(page) == 0
    assert window.watch.complaints == []
