"""Writing tables as .xlsx: frozen heads, A4, values only; no cell is ever a formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import xlsxwriter

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_A4 = 9
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
Value = str | int


def safe(text: str) -> str:
    """Text that no program takes for a formula, even after it was copied or saved as CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@dataclass(frozen=True, kw_only=True)
class Page:
    """One sheet: a head and rows; ``choices`` offers values in a column of the template."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Value]]
    choices: Mapping[str, Sequence[str]] | None = None


def _width(values: Sequence[Value]) -> float:
    """Columns are measured in Latin letters; a Chinese one takes two."""
    widest = max(sum(2 if ord(one) > 0x2E7F else 1 for one in str(value)) for value in values)
    return float(min(48, max(8, widest + 2)))


def write(pages: Sequence[Page], *, author: str) -> bytes:
    """The file."""
    held = BytesIO()
    with xlsxwriter.Workbook(held, _OPTIONS) as book:
        book.set_properties({"author": author})
        head = book.add_format(
            {**_FONT, "bold": True, "border": 1, "bg_color": "#E9EEF2", "text_wrap": True}
        )
        cell = book.add_format({**_FONT, "border": 1, "num_format": "@"})
        number = book.add_format({**_FONT, "border": 1, "num_format": "0"})
        for page in pages:
            sheet = book.add_worksheet(page.title)
            sheet.set_landscape()
            sheet.set_paper(_A4)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.freeze_panes(1, 1)
            sheet.set_footer("&C第 &P/&N 页")
            for place, words in enumerate(page.head):
                column = [words, *(row[place] for row in page.rows[:500])]
                sheet.set_column(place, place, _width(column), cell)
                sheet.write_string(0, place, safe(words), head)
                offered = (page.choices or {}).get(words)
                if offered:
                    sheet.data_validation(
                        1, place, 20_000, place, {"validate": "list", "source": list(offered)}
                    )
            for line, row in enumerate(page.rows, start=1):
                for place, value in enumerate(row):
                    if isinstance(value, int):
                        sheet.write_number(line, place, value, number)
                    else:
                        sheet.write_string(line, place, safe(value), cell)
    return held.getvalue()
