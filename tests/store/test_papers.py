"""Papers and workbooks: what somebody typed stays text, harmless, on numbered A4 pages."""

import zipfile
from io import BytesIO

import pytest
from docx import Document
from docx.shared import Mm
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal.store import papers, workbooks
from portal.store.papers import Paper

NASTY = [
    "甲 & 乙 <b>丙</b>",
    "{{ 7 * 7 }} {% for x in y %}",
    '=HYPERLINK("http://x","点我")',
    "收到\x00\x0b了\u202e",
    "]]> &amp; &#x41;",
]


def _part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(BytesIO(content)) as packed:
        return packed.read(name).decode("utf-8")


@pytest.mark.parametrize("text", NASTY)
def test_text_stays_text_and_whole(text: str) -> None:
    paper = Paper("标题", author="测试单位")
    paper.say(text)
    paper.table(["一", "二"], [[text, text]])
    kept = papers.plain(text)
    assert papers.text_of(paper.written())[1:] == [kept, "一", "二", kept, kept]
    assert "7 * 7" in kept or "49" not in kept


def test_what_no_file_can_hold_is_left_out() -> None:
    assert papers.plain("收到\x00\x0b了\u202e\ud800") == "收到了"
    assert papers.plain("一\r\n二\r三") == "一\n二\n三"


@given(st.text(max_size=60))
def test_any_text_at_all_can_be_written(text: str) -> None:
    paper = Paper(text, author=text)
    paper.note(text)
    paper.table(["头"], [[text]])
    kept = papers.plain(text).replace("\n", " ").replace("\t", " ")
    assert papers.text_of(paper.written())[-1] == kept


def test_the_paper_is_a4_with_page_numbers_and_repeated_heads() -> None:
    paper = Paper("月报", author="海陵市")
    paper.table(["单位", "件数"], [["甲", "1"]] * 80)
    content = paper.written()
    section = Document(BytesIO(content)).sections[0]
    assert section.page_width is not None and section.page_height is not None
    # A file holds twentieths of a point.
    assert abs(section.page_width - Mm(210)) < Mm(0.1) and abs(section.page_height - Mm(297)) < Mm(
        0.1
    )
    foot = _part(content, "word/footer1.xml")
    assert "PAGE" in foot and "NUMPAGES" in foot and "共" in foot
    assert "w:tblHeader" in _part(content, "word/document.xml")
    about = _part(content, "docProps/core.xml")
    assert "python" not in about and "月报" in about and "海陵市" in about


def test_a_file_name_holds_nothing_that_a_system_refuses() -> None:
    assert papers.file_name("城东区/月报:2026?", ".docx") == "城东区_月报_2026_.docx"
    assert len(papers.file_name("长" * 300, ".xlsx")) < 100


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_of_a_workbook_is_a_formula(text: str) -> None:
    held = BytesIO()
    with workbooks.writing(held, "标题", text) as book, book.sheet(text, 2) as sheet:
        sheet.title(text)
        sheet.note(text, alert=True)
        sheet.table(["头", text], [[text, 3], [text, None]])
    page = load_workbook(held).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    kept = workbooks.safe(papers.plain(text))
    assert [page.cell(4, 1).value, page.cell(4, 2).value] == [kept, 3]
    assert page.cell(5, 2).value == "无数据"
    assert page.page_setup.paperSize == 9
