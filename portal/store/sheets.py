"""Reading an .xlsx file that somebody sent: as plain rows of values, or refused in a sentence.

The file is looked at before it is opened: what kind it really is, how large it becomes when it is
unpacked, whether it carries macros, embedded files or links to other files. Formulas are never
computed; of a formula cell the value that was saved with it is read.
"""

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, cast

from openpyxl import load_workbook

Cell = str | int | float | bool | date | datetime | time | None

MAX_BYTES = 10 * 1024 * 1024
_MAX_UNPACKED = 120 * 1024 * 1024
_MAX_PART_RATIO = 250  # a sheet of equal rows packs to about 1 in 60; a bomb to 1 in 1000
_SMALL_PART = 1024 * 1024  # below this the ratio says nothing
_MAX_PARTS = 500
_MAX_COLUMNS = 200
_MAX_TEXT = 2000
_CONTENT_TYPES = "[Content_Types].xml"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class SheetRefusedError(Exception):
    """Why a file was not taken, in Chinese, with row and column where there is one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row; ``number`` is the one that a spreadsheet program shows."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet's header and the rows below it that are not empty."""

    title: str
    header: tuple[str, ...]
    header_row: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Picked:
    """One row by column key."""

    number: int
    values: dict[str, Cell]


def letter(index: int) -> str:
    """The name of a column as a spreadsheet shows it: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _kind(data: bytes, name: str) -> None:
    if len(data) > MAX_BYTES:
        raise SheetRefusedError(
            f"“{name}”大小为 {len(data) / 1048576:.1f} MB，超过 {MAX_BYTES // 1048576} MB 的上限，"
            "未读取任何内容。请拆分后分次上传。"
        )
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise SheetRefusedError(
                f"“{name}”设置了打开密码，未读取任何内容。请在 WPS 或 Excel 中取消密码后重新上传。"
            )
        raise SheetRefusedError(
            f"“{name}”是旧版 .xls 等格式，未读取任何内容。请另存为 .xlsx 后重新上传。"
        )
    if not data.startswith(_ZIP):
        raise SheetRefusedError(
            f"“{name}”不是 .xlsx 文件，未读取任何内容。请用模板填写，并保存为 .xlsx 后上传。"
        )


def _inspect(data: bytes, name: str) -> None:
    """Look at the file from outside; raises what is wrong with it."""
    _kind(data, name)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = {one.filename: one for one in archive.infolist()}
            _contents(parts, name)
            types = archive.read(_CONTENT_TYPES) if _CONTENT_TYPES in parts else b""
            broken = archive.testzip()  # unpacks every part once, as far as it claims to reach
    except SheetRefusedError:
        raise
    except Exception as error:  # what a damaged archive raises is not one kind
        raise _damaged(name) from error
    if broken is not None:
        raise _damaged(name)
    if not types or "xl/workbook.xml" not in {key.lower() for key in parts}:
        raise SheetRefusedError(
            f"“{name}”里没有工作表，未读取任何内容。请用模板填写，并保存为 .xlsx 后上传。"
        )
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise _with_macros(name)


def _damaged(name: str) -> SheetRefusedError:
    return SheetRefusedError(
        f"“{name}”已损坏或没有传完整，未读取任何内容。请打开检查、重新保存后再上传。"
    )


def _with_macros(name: str) -> SheetRefusedError:
    return SheetRefusedError(f"“{name}”带有宏，未读取任何内容。请另存为不带宏的 .xlsx 后重新上传。")


def _contents(parts: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    sizes = [(one.file_size, max(one.compress_size, 1)) for one in parts.values()]
    bomb = any(size > _SMALL_PART and size / packed > _MAX_PART_RATIO for size, packed in sizes)
    if len(parts) > _MAX_PARTS or bomb or sum(size for size, _ in sizes) > _MAX_UNPACKED:
        raise SheetRefusedError(
            f"“{name}”解压后的内容过大，未读取任何内容。请删除多余的工作表、图片和空行后重新上传。"
        )
    for path in map(str.lower, parts):
        if path.endswith(("vbaproject.bin", ".vbs", ".exe")) or "/macrosheets/" in path:
            raise _with_macros(name)
        if "/externallinks/" in path or "/embeddings/" in path or "/activex/" in path:
            raise SheetRefusedError(
                f"“{name}”含有嵌入文件或指向其他文件的链接，未读取任何内容。"
                "请将内容复制为数值，另存后重新上传。"
            )


def read_sheet(
    data: bytes, *, name: str = "上传的表格", sheet: str | None = None, max_rows: int = 20_000
) -> Sheet:
    """The named sheet, or the first one; the first row with a value is the header.

    Raises :class:`SheetRefusedError`; then nothing of the file has been taken.
    """
    _inspect(data, name)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return _read(book, name, sheet, max_rows)
        finally:
            book.close()
    except SheetRefusedError:
        raise
    except Exception as error:  # a damaged part fails in the reader's depths, in many ways
        raise _damaged(name) from error


def sheet_names(data: bytes, *, name: str = "上传的表格") -> tuple[str, ...]:
    """The visible sheets of a file, in order."""
    _inspect(data, name)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return tuple(one.title for one in book.worksheets if one.sheet_state == "visible")
        finally:
            book.close()
    except Exception as error:
        raise _damaged(name) from error


def _chosen(book: Any, name: str, wanted: str | None) -> Any:
    if wanted is None:
        return next((one for one in book.worksheets if one.sheet_state == "visible"), None)
    if wanted in book.sheetnames:
        return book[wanted]
    there = "、".join(book.sheetnames)
    raise SheetRefusedError(
        f"“{name}”里没有名为“{wanted}”的工作表（现有：{there}）。请用模板填写。"
    )


def _read(book: Any, name: str, wanted: str | None, max_rows: int) -> Sheet:
    page = _chosen(book, name, wanted)
    if page is None:
        raise SheetRefusedError(f"“{name}”里没有可见的工作表。请用模板填写。")
    page.reset_dimensions()  # the size a file claims may be wrong
    lines = _lines(page, name)
    first = next(lines, None)
    if first is None:
        raise SheetRefusedError(f"“{name}”的工作表“{page.title}”是空的。请用模板填写后再上传。")
    header = tuple("" if cell is None else str(cell).strip() for cell in first.cells)
    rows: list[Row] = []
    for row in lines:
        if len(rows) >= max_rows:
            raise SheetRefusedError(
                f"“{name}”的数据超过 {max_rows} 行，未处理任何一行。请拆分后分次上传。"
            )
        rows.append(Row(number=row.number, cells=row.cells[: len(header)]))
    return Sheet(title=page.title, header=header, header_row=first.number, rows=tuple(rows))


def _lines(page: Any, name: str) -> Iterator[Row]:
    """The rows with a value, cut behind their last one."""
    for number, values in enumerate(page.iter_rows(values_only=True), start=1):
        cells = [_value(cell, name, number, place) for place, cell in enumerate(values)]
        while cells and cells[-1] is None:
            cells.pop()
        if len(cells) > _MAX_COLUMNS:
            raise SheetRefusedError(f"“{name}”第 {number} 行超过 {_MAX_COLUMNS} 列，未读取。")
        if cells:
            yield Row(number=number, cells=tuple(cells))


def _value(cell: object, name: str, number: int, place: int) -> Cell:
    if isinstance(cell, str):
        text = cell.strip()
        if len(text) > _MAX_TEXT:
            raise SheetRefusedError(
                f"“{name}”第 {number} 行 {letter(place)} 列超过 {_MAX_TEXT} 字，未处理任何一行。"
            )
        return text or None
    return cast(Cell, cell)


def pick(sheet: Sheet, columns: Mapping[str, str], *, optional: Iterable[str] = ()) -> list[Picked]:
    """The rows by key, where ``columns`` says under which heading each key stands.

    ``optional`` names keys whose column may be missing. Raises :class:`SheetRefusedError` naming
    every heading that is missing, there twice, or unknown.
    """
    found = Counter(one for one in sheet.header if one)
    spare = set(optional)
    missing = [text for key, text in columns.items() if not found[text] and key not in spare]
    twice = [one for one, count in found.items() if count > 1]
    unknown = [
        f"{letter(place)} 列“{one}”"
        for place, one in enumerate(sheet.header)
        if one and one not in columns.values()
    ]
    faults = [
        f"{words}：{'、'.join(those)}"
        for words, those in (("缺少列", missing), ("重复的列", twice), ("不认识的列", unknown))
        if those
    ]
    if faults:
        raise SheetRefusedError(
            f"工作表“{sheet.title}”第 {sheet.header_row} 行（表头）不符合模板，未处理任何一行。"
            f"{'；'.join(faults)}。请下载最新模板对照修改。"
        )
    place = {one: index for index, one in enumerate(sheet.header) if one}
    return [
        Picked(
            number=row.number,
            values={
                key: row.cells[at] if (at := place.get(text, -1)) in range(len(row.cells)) else None
                for key, text in columns.items()
            },
        )
        for row in sheet.rows
    ]


def formula_cells(data: bytes, *, sheet: str | None = None) -> dict[int, tuple[str, ...]]:
    """Where a sheet holds formulas: by row, the letters of the columns.

    For files whose values must have been typed. The file has been looked at by
    :func:`read_sheet` before.
    """
    book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        page = _chosen(book, "上传的表格", sheet)
        page.reset_dimensions()
        found = {
            number: tuple(letter(at) for at, cell in enumerate(row) if cell.data_type == "f")
            for number, row in enumerate(page.iter_rows(), start=1)
        }
        return {number: letters for number, letters in found.items() if letters}
    finally:
        book.close()
