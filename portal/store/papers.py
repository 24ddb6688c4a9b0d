"""The one door by which a .docx leaves: A4, page n/N, Chinese fonts, text that is only ever text.

A paper is built piece by piece from values; there is no template, so nothing that somebody typed is
ever read as one. What XML cannot hold is left out; ``&``, ``<`` and braces are letters like others.
"""

import re
from collections.abc import Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any, Literal

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from portal.store import clock

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TITLE, _HEAD, _BODY = "方正小标宋简体", "黑体", "仿宋"
# What no XML file may hold, and the marks that turn the direction of reading around.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_LONE = re.compile("[\ud800-\udfff]")
_NAME_FORBIDDEN = re.compile(r'[\\/:*?"<>|\r\n\t]')

_ONE_LINE = str.maketrans("\n\t", "  ")

Align = Literal["left", "right", "center"]
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
}


def plain(text: str) -> str:
    """Text as a file can hold it."""
    return _LONE.sub("", _IMPOSSIBLE.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")


def file_name(stem: str, ending: str) -> str:
    """A name that every system can keep."""
    return _NAME_FORBIDDEN.sub("_", plain(stem)).strip(". ")[:80] + ending


def _font(run: Run, name: str, size: float, *, bold: bool = False) -> None:
    run.font.name = "Times New Roman"
    run.font.size = Pt(size)
    run.font.bold = bold
    properties = run._element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _field(paragraph: Paragraph, code: str) -> None:
    """A number that the reading program fills in: the page, the number of pages."""
    for kind, content in (("begin", ""), ("", code), ("separate", ""), ("shown", "1"), ("end", "")):
        run = paragraph.add_run(content if kind == "shown" else "")
        _font(run, _BODY, 9)
        if kind == "":
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = f" {content} "
            run._element.append(part)
        elif kind != "shown":
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
            run._element.append(part)


class Paper:
    """A paper that is being written, from top to bottom."""

    def __init__(self, title: str, *, author: str, landscape: bool = False) -> None:
        self._paper = Document()
        self._set_up(landscape=landscape)
        about = self._paper.core_properties
        about.title, about.author, about.last_modified_by = (
            plain(title),
            plain(author),
            plain(author),
        )
        about.comments, about.keywords, about.language = "", "", "zh-CN"
        about.created = about.modified = clock.now().replace(tzinfo=None)
        self._line(title, _TITLE, 20, align="center", after=4)

    def _set_up(self, *, landscape: bool) -> None:
        section = self._paper.sections[0]
        width, height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = width, height
        section.left_margin = section.right_margin = Mm(22)
        section.top_margin, section.bottom_margin = Mm(25), Mm(22)
        self._width = width - Mm(44)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for piece in ("第 ", "PAGE", " 页 / 共 ", "NUMPAGES", " 页"):
            if piece.isupper():
                _field(foot, piece)
            else:
                _font(foot.add_run(piece), _BODY, 9)

    def _line(
        self,
        text: str,
        font: str,
        size: float,
        *,
        align: Align = "left",
        bold: bool = False,
        after: float = 0,
        indent: bool = False,
    ) -> None:
        paragraph = self._paper.add_paragraph()
        _font(paragraph.add_run(plain(text)), font, size, bold=bold)
        paragraph.alignment = _ALIGN[align]
        form = paragraph.paragraph_format
        form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(after), 1.3
        if indent:
            form.first_line_indent = Pt(size * 2)

    def under_title(self, text: str) -> None:
        """Number, unit and day beneath the title."""
        self._line(text, _BODY, 11, align="center", after=8)

    def heading(self, text: str) -> None:
        """The head of a part; it stays with what follows."""
        self._line(text, _HEAD, 14, after=3)
        self._paper.paragraphs[-1].paragraph_format.keep_with_next = True
        self._paper.paragraphs[-1].paragraph_format.space_before = Pt(8)

    def say(self, text: str) -> None:
        """A paragraph."""
        for one in plain(text).split("\n"):
            self._line(one, _BODY, 12, after=3, indent=True)

    def note(self, text: str) -> None:
        """A line in small print: a source, a time, what is missing."""
        self._line(text, _BODY, 9.5, after=1)

    def sign(self, *lines: str) -> None:
        """Where somebody signs, at the right."""
        for one in lines:
            self._line(one, _BODY, 12, align="right", after=10)

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] = (),
        text_columns: int = 1,
    ) -> None:
        """A table; its head is repeated on every page. Numbers stand after the text columns."""
        shares = widths or [1.0] * len(heads)
        wide = [Emu(int(self._width * share / sum(shares))) for share in shares]
        made: Table = self._paper.add_table(rows=1 + len(rows), cols=len(heads))
        made.style = "Table Grid"
        made.alignment = WD_TABLE_ALIGNMENT.CENTER
        made.autofit = False
        for column, width in zip(made.columns, wide, strict=True):
            column.width = width
        # The rows are walked as they lie in the file: asking the table for each row's cells counts
        # through all of them every time.
        patterns: dict[tuple[Align, str], Any] = {}
        for number, row in enumerate((heads, *rows)):
            line = made._tbl.tr_lst[number]
            mark = OxmlElement("w:cantSplit" if number else "w:tblHeader")
            line.get_or_add_trPr().append(mark)
            for place, (part, value) in enumerate(zip(line.tc_lst, row, strict=True)):
                align: Align = "left" if place < text_columns else "right"
                look = (align, _BODY) if number else ("center", _HEAD)
                if look not in patterns:
                    _fill(_Cell(part, made), "字", *look)
                    patterns[look] = part.p_lst[0]
                # A copy of a paragraph that is made already: a tenth of what making one costs.
                paragraph = deepcopy(patterns[look])
                words = paragraph.r_lst[0].t_lst[0]
                words.text = plain(value).translate(_ONE_LINE)
                words.set(qn("xml:space"), "preserve")
                part.replace(part.p_lst[0], paragraph)
        self._line("", _BODY, 4)

    def written(self) -> bytes:
        """The file."""
        held = BytesIO()
        self._paper.save(held)
        return held.getvalue()


def _fill(cell: _Cell, text: str, align: Align, font: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = _ALIGN[align]
    paragraph.paragraph_format.space_after = Pt(0)
    _font(paragraph.add_run(text), font, 10)


def text_of(content: bytes) -> list[str]:
    """Every line of a paper and every cell of its tables, in their order: for who checks it."""
    paper: Any = Document(BytesIO(content))
    found: list[str] = []
    for part in paper.iter_inner_content():
        if isinstance(part, Table):
            found += [cell.text for row in part.rows for cell in row.cells]
        elif part.text:
            found.append(part.text)
    return found
