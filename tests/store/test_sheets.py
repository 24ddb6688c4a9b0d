"""Files somebody sends: what is read of a good one, in which words a bad one is refused."""

import struct
import zipfile
from datetime import datetime
from io import BytesIO

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook

from portal.store import sheets
from portal.store.sheets import SheetRefusedError, pick, read_sheet, sheet_names

_COLUMNS = {"name": "姓名", "count": "人数"}


def _book(*rows: tuple[object, ...], title: str = "人员") -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _good() -> bytes:
    return _book(("姓名", "人数"), ("甲", 1), ("乙", 2))


def _with_part(data: bytes, path: str, content: bytes) -> bytes:
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path, content)
    return out.getvalue()


def _replaced(data: bytes, path: str, old: bytes, new: bytes) -> bytes:
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for one in source.infolist():
            body = source.read(one)
            target.writestr(one, body.replace(old, new) if one.filename == path else body)
    return out.getvalue()


def _locked(data: bytes) -> bytes:
    out = BytesIO()
    OOXMLFile(BytesIO(data)).encrypt("secret", out)
    return out.getvalue()


def _lying_size(data: bytes) -> bytes:
    """The directory says a sheet is tiny; unpacked it is not."""
    big = _with_part(data, "xl/worksheets/sheet9.xml", b" " * 3_000_000)
    at = big.rindex(b"xl/worksheets/sheet9.xml") - 46 + 24
    return big[:at] + struct.pack("<I", 10) + big[at + 4 :]


def test_rows_keep_the_number_that_the_program_shows() -> None:
    data = _book((), ("姓名", "人数", ""), (), (" 甲 ", 3, ""), ("乙", None))
    sheet = read_sheet(data)
    assert (sheet.title, sheet.header, sheet.header_row) == ("人员", ("姓名", "人数"), 2)
    assert [(row.number, row.cells) for row in sheet.rows] == [(4, ("甲", 3)), (5, ("乙",))]
    assert [one.values for one in pick(sheet, _COLUMNS)] == [
        {"name": "甲", "count": 3},
        {"name": "乙", "count": None},
    ]


def test_dates_come_as_dates_and_a_formula_as_its_saved_value() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["日期", "合计"])
        page.write_datetime(
            1, 0, datetime(2026, 11, 2), book.add_format({"num_format": "yyyy-mm-dd"})
        )
        page.write_formula(1, 1, "=1+1", None, 2)
    assert read_sheet(out.getvalue()).rows[0].cells == (datetime(2026, 11, 2), 2)


def test_the_named_sheet_is_read_and_a_missing_one_is_named() -> None:
    data = _book(("姓名",), ("甲",), title="单位")
    assert sheet_names(data) == ("单位",)
    assert read_sheet(data, sheet="单位").rows[0].cells == ("甲",)
    with pytest.raises(SheetRefusedError, match="没有名为“岗位”的工作表（现有：单位）"):
        read_sheet(data, sheet="岗位")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "不是 .xlsx"),
        ("姓名,人数\n甲,1".encode("gbk"), "不是 .xlsx"),
        (b"<html></html>", "不是 .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版 .xls"),
        (_locked(_good()), "设置了打开密码"),
        (_good()[:900], "已损坏"),
        (_good()[:-40], "已损坏"),
        (_with_part(b"", "word/document.xml", b"<a/>"), "没有工作表"),
        (_with_part(_good(), "xl/vbaProject.bin", b"x"), "带有宏"),
        (_with_part(_good(), "xl/macrosheets/sheet1.xml", b"<a/>"), "带有宏"),
        (
            _replaced(_good(), "[Content_Types].xml", b"sheet.main", b"sheet.macroEnabled.main"),
            "带有宏",
        ),
        (_with_part(_good(), "xl/externalLinks/externalLink1.xml", b"<a/>"), "指向其他文件的链接"),
        (_with_part(_good(), "xl/embeddings/oleObject1.bin", b"x"), "嵌入文件"),
        (_with_part(_good(), "xl/media/big.xml", b" " * 3_000_000), "解压后的内容过大"),
        (_lying_size(_good()), "已损坏"),
        (
            _replaced(
                _good(),
                "xl/worksheets/sheet1.xml",
                b"<worksheet",
                b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet',
            ),
            "已损坏",
        ),
        (_replaced(_good(), "xl/worksheets/sheet1.xml", b"</sheetData>", b"<"), "已损坏"),
        (_book(), "是空的"),
        (_book(("姓名",), ("甲" * 2001,)), "第 2 行 A 列超过 2000 字"),
        (_book(("姓名",) * 201), "超过 200 列"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(SheetRefusedError, match=words) as caught:
        read_sheet(data, name="人员.xlsx")
    assert "人员.xlsx" in caught.value.message


def test_too_many_bytes_or_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SheetRefusedError, match="超过 1 行"):
        read_sheet(_good(), max_rows=1)
    assert len(read_sheet(_good(), max_rows=2).rows) == 2
    monkeypatch.setattr(sheets, "MAX_BYTES", 1024)
    with pytest.raises(SheetRefusedError, match="0 MB 的上限"):
        read_sheet(_good())


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("姓名",), "缺少列：人数。"),
        (("姓名", "人数", "姓名"), "重复的列：姓名。"),
        (("姓名", "", "人数", "电话"), "不认识的列：D 列“电话”。"),
        (("名字", "人数"), "缺少列：姓名；不认识的列：A 列“名字”。"),
    ],
)
def test_wrong_columns_are_named(header: tuple[str, ...], words: str) -> None:
    with pytest.raises(SheetRefusedError) as caught:
        pick(read_sheet(_book(header, ("甲", 1))), _COLUMNS)
    assert words in caught.value.message


def test_an_optional_column_may_be_missing() -> None:
    rows = pick(read_sheet(_book(("姓名",), ("甲",))), _COLUMNS, optional=["count"])
    assert rows[0].values == {"name": "甲", "count": None}


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_columns_are_named_as_the_program_names_them(index: int, name: str) -> None:
    assert sheets.letter(index) == name


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=40))
def test_a_file_hurt_anywhere_is_read_or_refused_and_never_fails(at: int, junk: bytes) -> None:
    data = bytearray(_good())
    at %= len(data)
    data[at : at + len(junk)] = junk
    try:
        read_sheet(bytes(data))
    except SheetRefusedError as refused:
        assert "上传" in refused.message
