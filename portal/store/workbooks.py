"""Writing .xlsx: values, not pictures; ready to print on A4; no cell is ever a formula."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from portal.store.papers import plain

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Value = str | int | Decimal | None
_A4 = 9
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_SHEET_FORBIDDEN = str.maketrans("", "", "[]:*?/\\'")
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_BOX = {**_FONT, "border": 1}


def safe(text: str) -> str:
    """Text that no program takes for a formula, even after it was copied or saved as CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def width(text: str) -> float:
    """Columns are measured in Latin letters; a Chinese one takes two."""
    return sum(2 if ord(char) > 0x2E7F or char in "—“”…" else 1 for char in text) + 2


def sheet_name(text: str) -> str:
    """A name that a sheet may have."""
    return plain(text).translate(_SHEET_FORBIDDEN)[:31] or "报表"


def footer_text(text: str) -> str:
    """In a footer & begins a code."""
    return plain(text).replace("&", "&&")


class Sheet:
    """A sheet that is being written, from top to bottom."""

    def __init__(self, book: Any, name: str, columns: int) -> None:
        self._sheet = book.add_worksheet(sheet_name(name))
        self._last = max(1, columns - 1)
        self._line = 0
        made = book.add_format
        self._title = made({**_FONT, "font_size": 16, "bold": True, "align": "center"})
        self._head = made({**_FONT, "font_size": 12, "bold": True})
        self._plain = made({**_FONT, "text_wrap": True, "valign": "top"})
        self._alert = made({**_FONT, "bold": True, "text_wrap": True, "valign": "top"})
        top = {**_BOX, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E9EEF2"}
        self._top = made(top)
        self._text = made({**_BOX, "text_wrap": True})
        self._number = made({**_BOX, "num_format": "#,##0"})
        self._decimal = made({**_BOX, "num_format": "0.00"})
        self._word = made({**_BOX, "align": "right", "font_color": "#55626D"})
        self._widths = [8.0] * (self._last + 1)

    def title(self, text: str) -> None:
        """The title over the whole width."""
        self._across(text, self._title, 26)

    def heading(self, text: str) -> None:
        """The head of a part."""
        self._line += 1
        self._across(text, self._head, 18)

    def note(self, text: str, *, alert: bool = False) -> None:
        """A line over the whole width."""
        self._across(text, self._alert if alert else self._plain, 15)

    def _across(self, text: str, form: Any, height: float) -> None:
        self._sheet.merge_range(self._line, 0, self._line, self._last, "", form)
        self._sheet.write_string(self._line, 0, safe(plain(text)), form)
        lines = -(-int(width(text)) // max(60, int(sum(self._widths))))
        self._sheet.set_row(self._line, height * max(1, lines))
        self._line += 1

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Heads and rows; numbers are numbers, what is not known is a word."""
        for place, head in enumerate(heads):
            self._sheet.write_string(self._line, place, safe(plain(head)), self._top)
            self._grow(place, head)
        self._line += 1
        for row in rows:
            for place, value in enumerate(row):
                self._cell(place, value)
            self._line += 1

    def _grow(self, place: int, text: str) -> None:
        self._widths[place] = min(42.0, max(self._widths[place], width(text)))

    def _cell(self, place: int, value: Value) -> None:
        if isinstance(value, str):
            form = self._text if place == 0 else self._word
            self._sheet.write_string(self._line, place, safe(plain(value)), form)
        elif value is None:
            self._sheet.write_string(self._line, place, "无数据", self._word)
        else:
            form = self._decimal if isinstance(value, Decimal) else self._number
            self._sheet.write_number(self._line, place, value, form)
        self._grow(place, str(value))

    def finish(self, made_by: str) -> None:
        """Widths, paper, page numbers."""
        for place, wide in enumerate(self._widths):
            self._sheet.set_column(place, place, wide)
        self._sheet.set_landscape()
        self._sheet.set_paper(_A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
        self._sheet.center_horizontally()
        self._sheet.set_footer(f"&L{footer_text(made_by)}&C第 &P/&N 页")


class Book:
    """A workbook that is being written."""

    def __init__(self, book: Any, made_by: str) -> None:
        self._book, self._made_by = book, made_by

    @contextmanager
    def sheet(self, name: str, columns: int) -> Iterator[Sheet]:
        """One sheet of so many columns."""
        made = Sheet(self._book, name, columns)
        yield made
        made.finish(self._made_by)


@contextmanager
def writing(held: BytesIO, title: str, made_by: str) -> Iterator[Book]:
    """A workbook into ``held``: nothing in it becomes a formula, a link or a number by itself."""
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"title": plain(title), "author": plain(made_by)})
        yield Book(book, made_by)
