"""Reading what a clerk sends back: .xlsx, .xls, .csv or lines pasted from a spreadsheet.

Good cells are offered and bad ones listed with address and reason. Nothing is stored here.
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO

import xlrd

from portal.affairs.forms.baseline import SHEET as BEFORE
from portal.store import sheets
from portal.store.sheets import MAX_BYTES, Cell, SheetRefusedError, letter

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MERGED = re.compile(rb'<mergeCell\s[^>]*ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
_ESCAPED = ("'=", "'+", "'-", "'@")
_MOST_MERGED = 10_000


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table as it was sent: its head, its rows, and the addresses that must not be read."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    barred: dict[tuple[int, int], str]  # row as shown, column from 0 -> why
    before: tuple[tuple[str, ...], ...] = ()  # the sheet of what went out: its head, its lines


def words(value: Cell) -> str:
    """A cell as text; what was escaped on the way out is as it was."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return f"{int(value)}"
    text = "" if value is None else f"{value}".strip()
    return text[1:] if text.startswith(_ESCAPED) else text


def read(data: bytes, name: str) -> Grid:
    """The table of a file, by what the file is; ``SheetRefusedError`` says what to do instead."""
    lower = name.casefold()
    if lower.endswith((".et", ".ett", ".wps", ".ods")):
        raise SheetRefusedError(
            f"“{name}”是 WPS 自有格式，未读取任何内容。请在 WPS 中“另存为”.xlsx 后重新上传。"
        )
    if len(data) > MAX_BYTES:
        raise SheetRefusedError(f"“{name}”超过 {MAX_BYTES // 1048576} MB，未读取任何内容。")
    if lower.endswith(".csv"):
        return _csv(data, name)
    if data.startswith(_OLE) and lower.endswith(".xls"):
        return _xls(data, name)
    return _xlsx(data, name)


def _xlsx(data: bytes, name: str) -> Grid:
    sheet = sheets.read_sheet(data, name=name)
    barred = {
        (row, _column(one)): "含有公式，请粘贴为数值"
        for row, letters in sheets.formula_cells(data, sheet=sheet.title).items()
        for one in letters
    }
    return Grid(
        title=sheet.title,
        header=sheet.header,
        rows=tuple((one.number, one.cells) for one in sheet.rows),
        barred=barred | _merged(data),
        before=_before(data, name),
    )


def _before(data: bytes, name: str) -> tuple[tuple[str, ...], ...]:
    try:
        sheet = sheets.read_sheet(data, name=name, sheet=BEFORE)
    except SheetRefusedError:
        return ()  # the file is not from here, or somebody has taken the sheet out
    return (sheet.header, *(tuple(map(words, one.cells)) for one in sheet.rows))


def _column(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number - 1


def _merged(data: bytes) -> dict[tuple[int, int], str]:
    """Merged cells of a workbook that was looked at: of which cell is the value?"""
    found: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        pages = [one for one in archive.namelist() if one.startswith("xl/worksheets/sheet")]
        for left, top, right, bottom in _MERGED.findall(archive.read(sorted(pages)[0])):
            columns = range(_column(left.decode()), _column(right.decode()) + 1)
            _bar(found, range(int(top), int(bottom) + 1), columns)
    return found


def _bar(found: dict[tuple[int, int], str], rows: Iterable[int], columns: Sequence[int]) -> None:
    for row in rows:
        for column in columns:
            if len(found) >= _MOST_MERGED:
                return
            found[row, column] = "是合并单元格，请取消合并后逐格填写"


def _csv(data: bytes, name: str) -> Grid:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetRefusedError(f"“{name}”的文字编码无法识别，未读取。请另存为 .xlsx 后上传。")
    return lines(csv.reader(StringIO(text)), name)


def lines(given: Iterable[Sequence[str]], name: str) -> Grid:
    """A table from lines of texts; the first that is not empty is the head."""
    try:
        rows = [
            (number, tuple(one.strip() or None for one in row))
            for number, row in enumerate(given, start=1)
            if any(one.strip() for one in row)
        ]
    except csv.Error as error:
        raise SheetRefusedError(f"“{name}”不是完整的表格，未读取任何内容。") from error
    if not rows:
        raise SheetRefusedError(f"“{name}”是空的，未读取任何内容。")
    header = tuple(one or "" for one in rows[0][1])
    return Grid(title="", header=header, rows=tuple(rows[1:]), barred={})


def _xls(data: bytes, name: str) -> Grid:
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True)
        sheet = book.sheet_by_index(0)
        rows = [
            (number + 1, tuple(_old(book, one) for one in sheet.row(number)))
            for number in range(sheet.nrows)
        ]
    except Exception as error:  # what a damaged file raises is not one kind
        raise SheetRefusedError(
            f"“{name}”已损坏或设有密码，未读取任何内容。请另存为 .xlsx 后重新上传。"
        ) from error
    barred: dict[tuple[int, int], str] = {}
    for top, bottom, left, right in sheet.merged_cells:
        _bar(barred, range(top + 1, bottom + 1), range(left, right))
    kept = [(number, row) for number, row in rows if any(one is not None for one in row)]
    if not kept:
        raise SheetRefusedError(f"“{name}”是空的，未读取任何内容。")
    header = tuple(words(one) for one in kept[0][1])
    return Grid(title=sheet.name, header=header, rows=tuple(kept[1:]), barred=barred,
                before=_old_before(book))  # fmt: skip


def _old_before(book: xlrd.book.Book) -> tuple[tuple[str, ...], ...]:
    if BEFORE not in book.sheet_names():
        return ()
    sheet = book.sheet_by_name(BEFORE)
    return tuple(
        tuple(words(_old(book, one)) for one in sheet.row(number)) for number in range(sheet.nrows)
    )


def _old(book: xlrd.book.Book, cell: xlrd.sheet.Cell) -> Cell:
    if cell.ctype == xlrd.XL_CELL_DATE:
        made: datetime = xlrd.xldate_as_datetime(cell.value, book.datemode)
        return made
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return None
    value: Cell = cell.value
    return value if value != "" else None


def address(row: int, column: int) -> str:
    """Where a cell stands, as a spreadsheet shows it."""
    return f"{letter(column)}{row}"
