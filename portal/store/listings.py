"""Plain lists as .xlsx: a head, rows, choices to pick from; as ``workbooks`` writes, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import xlsxwriter

from portal.store.workbooks import safe, width

_A4 = 9
_HEADING = 120  # a header may have 255 characters, signs for its parts among them
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Value = str | int | float


@dataclass(frozen=True, kw_only=True)
class Page:
    """One sheet: a head and rows; ``choices`` offers values in a column of the template.

    ``heading`` is printed above every page, as the name of the file is not. A ``hidden`` sheet is
    for the file's way back, not for reading.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Value]]
    choices: Mapping[str, Sequence[str]] | None = None
    heading: str = ""
    hidden: bool = False


def _width(values: Sequence[Value]) -> float:
    return min(48.0, max(8.0, *(width(str(value)) for value in values)))


def write(pages: Sequence[Page], *, author: str) -> bytes:
    """The file."""
    held = BytesIO()
    with xlsxwriter.Workbook(held, _OPTIONS) as book:
        book.set_properties({"author": author})
        head = book.add_format(
            {**_FONT, "bold": True, "border": 1, "bg_color": "#E9EEF2", "text_wrap": True}
        )
        cell = book.add_format({**_FONT, "border": 1, "num_format": "@"})
        number = book.add_format({**_FONT, "border": 1, "num_format": "General"})
        for page in pages:
            sheet = book.add_worksheet(page.title)
            sheet.set_landscape()
            sheet.set_paper(_A4)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.freeze_panes(1, 1)
            sheet.set_footer("&C第 &P/&N 页")
            if page.heading:
                sheet.set_header(f"&L{page.heading.replace('&', '&&')[:_HEADING]}")
            if page.hidden:
                sheet.hide()
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
                    if isinstance(value, int | float):
                        sheet.write_number(line, place, value, number)
                    else:
                        sheet.write_string(line, place, safe(value), cell)
    return held.getvalue()
