"""接诉登记, 回访, 督办评价 and 派单目录 in the browser: as at the desk, at both sizes, on paper."""

from pathlib import Path

from playwright.sync_api import Page, expect

from portal.affairs.dispatch.words import CATALOGUE
from tests.browser import steps
from tests.browser.conftest import Opener, Premises
from tests.dispatch.world import sheet

CENTRE, KEEPER, PLACE = "zhihui.city", "shezhi.city", "630102101003"
# The kinds of files, the names of pictures on buttons, and a key on the keyboard.
ALLOWED = frozenset({"xlsx", "XLSX", "upload", "Ctrl", "arrow", "keyboard", "right", "left",
                     "chevron", "B", "KB", "draft", "close"})  # fmt: skip
GOOD = ("01.01", None, "区县级", "城市管理", "城市管理", None, None, None, "《新条例》")
BAD = ("01.01.01", None, "市级", "火星局", None, None, None, None, None)


def _fits(page: Page) -> None:
    assert steps.english(page, ALLOWED) == []
    for size in (steps.PHONE, steps.OFFICE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        steps.settled(page)
        assert steps.too_wide(page) == 0, size


def _type(page: Page, label: str, words: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(words)
    field.blur()
    steps.settled(page)


def test_a_call_is_written_down_and_answered_from_what_is_kept_ready(shared: Opener) -> None:
    page = shared(CENTRE).go_home()
    steps.open_page(page, "接诉登记")
    _fits(page)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".notice.error", has_text="还没有登记")).to_be_visible()
    _type(page, "标题", "居住证怎么办理")
    _type(page, "诉求内容", "外地来的，想问居住证怎么办理，需要什么材料。")
    page.get_by_label("所在地").fill("东兴社区")
    page.get_by_role("option", name="东兴社区").first.click()
    steps.settled(page)
    answers = page.locator(".st-key-card-register-answers")
    answers.get_by_text("居住证怎么办理").click()
    expect(answers.get_by_text("依据：")).to_be_visible()
    page.get_by_role("button", name="登记并直接答复").click()
    expect(page.get_by_text("已直接答复并办结")).to_be_visible()
    for tab in ("表格导入", "常见问题"):
        page.get_by_role("tab", name=tab).click()
        steps.settled(page)
        _fits(page)


def test_an_answered_order_is_rung_back_about(shared: Opener, premises: Premises) -> None:
    (number,) = premises.run("tests.browser.demands", PLACE, "1", "visit")
    page = shared(CENTRE).go_home()
    steps.open_page(page, "回访")
    row = page.locator("a.row, tr", has_text=number).first
    expect(row).to_be_visible()
    _fits(page)
    page.locator(".st-key-acts-visits button").last.click()
    page.locator(".st-key-card-visit").wait_for()
    steps.settled(page)
    _fits(page)
    shown = page.locator(".st-key-card-visit").inner_text()
    assert "13800000000" not in shown
    page.locator(".st-key-visit_save button").click()
    expect(page.locator(".notice.error", has_text="没有保存")).to_be_visible()


def test_supervision_at_every_tab_and_a_sheet_on_paper(
    shared: Opener, premises: Premises, tmp_path: Path
) -> None:
    (number,) = premises.run("tests.browser.demands", PLACE, "1", "visit")
    page = shared(CENTRE).go_home()
    steps.open_page(page, "督办评价")
    for tab in ("urged", "sheets", "consult", "appeals", "marks", "clusters"):
        page.locator(f'.tabs a[href="/supervision?tab={tab}"]').click()
        page.locator(f'.tabs a[href="/supervision?tab={tab}"][aria-current]').wait_for()
        steps.settled(page)
        _fits(page)
    steps.open_page(page, "诉求工单")
    page.locator(".st-key-orders_place input").fill(number)
    page.locator(".st-key-orders_place input").press("Enter")
    expect(page.locator("a.row")).to_have_count(1)
    page.locator("a.row").first.click()
    page.locator(".st-key-card-order .aside", has_text=number).wait_for()
    steps.settled(page)
    page.locator(".st-key-card-order a", has_text="督办评价").click()
    page.locator(".st-key-card-order-matters").wait_for()
    steps.settled(page)
    _type(page, "督办理由（必填）", "多次反映，请街道核实后反馈。")
    _fits(page)
    page.locator(".st-key-sheet_new_issue button").click()
    page.locator("a", has_text="打印").first.click()
    page.locator(".st-key-card-sheet-paper").wait_for()
    steps.settled(page)
    _fits(page)
    page.emulate_media(media="print")
    expect(page.locator(".st-key-nav")).to_be_hidden()
    expect(page.locator(".st-key-noprint-sheet")).to_be_hidden()
    paper = page.locator(".paper").inner_text()
    assert "DB-" in paper and "多次反映" in paper and "13800000000" not in paper
    page.emulate_media(media="screen")


def test_a_list_is_searched_and_imported_with_the_bad_rows_coming_back(
    shared: Opener, tmp_path: Path
) -> None:
    page = shared(KEEPER).go_home()
    steps.open_page(page, "派单目录")
    page.locator(".st-key-lists_search input").fill("路灯")
    page.locator(".st-key-lists_search input").press("Enter")
    expect(page.locator("table td", has_text="路灯").first).to_be_visible()
    steps.settled(page)
    _fits(page)
    file = tmp_path / "三级派单目录.xlsx"
    file.write_bytes(sheet(CATALOGUE, [GOOD, BAD]))
    page.locator(".st-key-card-lists-import input[type=file]").set_input_files(file)
    expect(page.get_by_text("行有误，其余行不受影响")).to_be_visible()
    expect(page.get_by_text("火星局")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("button", name="下载有误的行").click()
    assert Path(given.value.path()).read_bytes()[:2] == b"PK"
    page.locator(".st-key-lists_save button").click()
    expect(page.get_by_text("已存为草稿")).to_be_visible()
    steps.settled(page)
    _fits(page)
    page.locator(".st-key-lists_discard button").click()
    expect(page.get_by_text("草稿已作废")).to_be_visible()


def test_an_answer_is_kept_and_retired(shared: Opener) -> None:
    page = shared(KEEPER).go_home()
    steps.open_page(page, "常见问题维护")
    _fits(page)
    _type(page, "问题", "社区食堂几点开门")
    _type(page, "答复", "工作日 11:00 至 13:00，以社区公告为准。")
    _type(page, "依据", "社区公告")
    _type(page, "主管部门", "民政局")
    page.locator(".st-key-kb_save button").click()
    expect(page.get_by_text("已存为第 1 版")).to_be_visible()
    steps.settled(page)
    _type(page, "停用原因", "食堂已停办")
    page.locator(".st-key-kb_retire button").click()
    expect(page.get_by_text("已停用，不再提供")).to_be_visible()
