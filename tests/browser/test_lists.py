"""A list (名册) in the browser: fetched by a click, completed, corrected, kept, handed in."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import Opener, Premises

PLACE, FORM = "630102101003", "allowance_list"
NAME, TEL, ACCOUNT = "f02", "f10", "f15"  # 姓名, 联系电话, 开户行
NOTE, VISITED = "f19", "已探访，安好"  # 备注, the last column
ALLOWED = frozenset({"xlsx", "XLSX"})
BUSY = 30_000  # milliseconds that a busy machine may take to draw one step
BANK, PHONE, SHOWN = "青海银行", "13800001234", "138****1234"


def _field(page: Page, row: int, name: str) -> Locator:
    """A cell of a person with its label: value, state and source.

    By the row: while the page is drawn for the next person, cells of the last one still stand.
    """
    return page.locator(f'[class*="st-key-form-cell-{row}-{name}-"]').first


def _open(page: Page, title: str) -> None:
    """By its row, on whichever page of the list it stands."""
    steps.open_page(page, "一表通")
    table = page.locator("table.rows.forms")
    table.wait_for()
    while title not in (seen := table.inner_text()):
        page.locator(".st-key-forms_page button").last.click()
        expect(table).not_to_have_text(seen, use_inner_text=True, timeout=BUSY)
    steps.settled(page)
    row = page.locator("table.rows.forms tbody tr", has_text=title)
    steps.beside(row, ".st-key-acts-forms").click()
    page.locator(".st-key-formperson").wait_for()


def _type(field: Locator, value: str, shown: str, state: str) -> None:
    """Write a cell and leave it: it is kept when what is drawn says who wrote it."""
    field.locator("input").fill(value)
    field.locator("input").press("Tab")
    expect(field.locator("label")).to_contain_text(state, timeout=BUSY)
    expect(field.locator("input")).to_have_value(shown, timeout=BUSY)


def test_a_list_is_fetched_completed_corrected_kept_and_handed_in(
    shared: Opener, premises: Premises
) -> None:
    number, title = premises.run("tests.browser.lists", PLACE, FORM)
    window = shared("dongxing.clerk")
    page = window.go_home()
    _open(page, title)
    card = page.locator(".st-key-card-form")
    expect(card).to_contain_text(number)
    expect(_field(page, 1, NAME).locator("label")).to_contain_text("自动 · 居民索引")
    expect(_field(page, 1, TEL).locator("label")).to_contain_text("缺失")
    page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()

    # The systems are asked for everybody, while somebody begins to write in the grid.
    premises.turn("elderly_care", "slow")
    page.get_by_role("button", name="一键调取").click()
    page.get_by_text("正在调取").first.wait_for()
    top = _begin_to_write(page, VISITED)
    premises.turn("elderly_care", "normal")
    expect(page.get_by_text("正在调取")).to_have_count(0, timeout=4 * BUSY)
    page.get_by_text("刚刚有新值").wait_for()  # what came is drawn, around the hand as well
    assert (_written(page), _grid(page)["y"]) == (VISITED, top)
    page.keyboard.press("Enter")
    expect(_field(page, 1, NOTE).locator("input")).to_have_value(VISITED, timeout=BUSY)
    page.get_by_role("button", name="显示最新内容").click()
    expect(page.get_by_text("刚刚有新值")).to_have_count(0, timeout=BUSY)

    # What came says from whom and as of when.
    row = _somebody_with(page, TEL)
    told, bank = _field(page, row, TEL), _field(page, row, ACCOUNT)
    expect(told.locator("label")).to_contain_text("自动 · 养老服务与高龄津贴系统（模拟）·")
    expect(told.locator("input")).to_have_value(re.compile(r"^1\d\d\*{4}\d{4}$"))

    _type(bank, BANK, BANK, "人工填写")
    _type(told, PHONE, SHOWN, "人工修改")
    expect(told.locator("label")).to_contain_text("系统原值")
    assert steps.english(page, ALLOWED) == []
    for size in (steps.PHONE, steps.OFFICE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        steps.settled(page)
        assert steps.too_wide(page) == 0, size

    page = window.go_home()  # loaded anew: only what was kept is there
    _open(page, title)
    page.get_by_text("人工修改 1", exact=True).click()
    _shows(page, row)
    expect(bank.locator("input")).to_have_value(BANK)
    expect(told.locator("input")).to_have_value(SHOWN)

    _hand_in(page)
    told_owner = page.locator(
        ".notice.hint", has_text="已提出数据校核"
    )  # the offer may still stand
    expect(told_owner).to_contain_text(f"第 {row} 行“联系电话”已提出数据校核 JH-")
    assert SHOWN in page.locator("table.t").first.inner_text()
    assert PHONE not in page.inner_text("body")
    assert window.watch.complaints == []


def _grid(page: Page) -> dict[str, float]:
    """Where the grid stands."""
    box = page.get_by_test_id("stDataFrame").locator("canvas").first.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"]}


def _begin_to_write(page: Page, words: str) -> float:
    """In the last column of the first person, in the grid; nothing is sent yet."""
    box = _grid(page)
    for x in (118, 120):  # the grid takes a click once a pointer has come to it
        page.mouse.move(box["x"] + x, box["y"] + 52, steps=4)
    page.mouse.click(box["x"] + 120, box["y"] + 52)
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#portal textarea").wait_for()
    page.keyboard.insert_text(words)
    return _grid(page)["y"]


def _written(page: Page) -> str:
    return page.locator("#portal textarea").input_value()


def _shows(page: Page, row: int) -> None:
    chosen = page.locator(".st-key-formperson").get_by_role("combobox")
    expect(chosen).to_have_value(re.compile(f"^第 {row} 行 "), timeout=BUSY)


def _somebody_with(page: Page, name: str) -> int:
    """Go on from person to person until a system told that cell; gives the number of the row."""
    for row in range(1, 50):
        _shows(page, row)
        if "自动 ·" in _field(page, row, name).locator("label").inner_text():
            return row
        page.get_by_role("button", name="下一人").click()
    raise AssertionError(f"no system told {name} of anybody")


def _hand_in(page: Page) -> None:
    """What is missing is named, pasted as from a spreadsheet, looked over and kept."""
    for turn in range(12):
        page.get_by_role("button", name="上报").click()
        refusal = page.locator(".notice.error", has_text="没有上报")
        passed = page.locator(".st-key-card-form", has_text="待审核")
        refusal.or_(passed).first.wait_for()
        if passed.count():
            assert turn > 0  # somebody of the list is registered nowhere
            return
        missing = re.findall(r"第 (\d+) 行“户籍地址”", refusal.inner_text())
        lines = ["行号\t户籍地址", *(f"{one}\t城东区模拟路 {one} 号" for one in missing)]
        page.get_by_label("或粘贴表格内容（含表头）").fill("\n".join(lines))
        page.get_by_label("或粘贴表格内容（含表头）").blur()
        page.get_by_role("button", name="确认写入").click()
        page.get_by_role("button", name="确认写入").wait_for(state="detached")
        refusal.wait_for(state="detached")
        steps.settled(page)
    raise AssertionError("the list was not handed in")
