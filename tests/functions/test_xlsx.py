"""The file: the report's own values, ready to print, and nothing in it that a program would run."""

from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal.functions.reports import Cell, Column, Report, Row, Shown, Source, xlsx
from portal.functions.reports.model import SMALL, UNKNOWN, WITHHELD, exact
from portal.store import clock

NOON = datetime.fromisoformat("2026-11-23T12:00:00+08:00")


def report(**changes: Any) -> Report:
    columns = (
        Column(head="普查常住人口", group="", unit="人", source="人口普查公报"),
        Column(head="0—6岁", group="按年龄", unit="人", source="系统a", chart=True),
        Column(head="7岁及以上", group="按年龄", unit="人", source="系统a", chart=True),
        Column(head="低保对象", group="重点", unit="人", source="系统b", problem="本期尚未取数"),
    )
    rows = (
        Row(code="990102", name="东湖区", cells=(exact(20000), SMALL, exact(41), UNKNOWN)),
        Row(
            code="990103",
            name="高新园",
            cells=(UNKNOWN, exact(0), WITHHELD, UNKNOWN),
            statistics_only=True,
        ),
    )
    values: dict[str, Any] = {
        "template": "population",
        "title": "人口结构统计表",
        "unit": "人、户",
        "region_code": "9901",
        "region_name": "海陵市",
        "place_head": "区县",
        "path": (("9901", "海陵市"),),
        "period": "2026-11",
        "period_name": "2026年11月",
        "as_of": NOON,
        "made_at": NOON,
        "made_by": "海陵市 王小梅",
        "columns": columns,
        "rows": rows,
        "total": Row(code=None, name="合计", cells=(exact(30000), SMALL, exact(1234567), UNKNOWN)),
        "sources": (
            Source(system_id="a", name="系统a", as_of=NOON, simulated=True),
            Source(system_id="b", name="系统b", as_of=None, problem="取数时超时"),
        ),
        "notes": ("年龄按周岁计算。",),
        "default_note": "系统默认，可修改",
        "protected": True,
    }
    return Report(**{**values, **changes})


def sheet_of(content: bytes) -> Any:
    return load_workbook(BytesIO(content)).worksheets[0]


def grid(content: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet_of(content).iter_rows()]


def test_the_file_holds_the_values_of_the_report_cell_by_cell() -> None:
    made = report()
    lines = {row[0]: row[1:] for row in grid(xlsx.write(made))}
    for row, name in (
        (made.rows[0], "东湖区"),
        (made.rows[1], "高新园（仅统计）"),
        (made.total, "合计"),
    ):
        assert lines[name] == [
            cell.value if cell.value is not None else cell.text for cell in row.cells
        ]
    assert lines["东湖区"][1] == "<5" and lines["高新园（仅统计）"][1] == 0
    assert lines["合计"][2] == 1234567, "a number, not text"


def test_the_file_says_when_whence_who_and_who_is_missing() -> None:
    text = "\n".join(str(value) for row in grid(xlsx.write(report())) for value in row if value)
    for words in (
        "人口结构统计表",
        "地区：海陵市",
        "统计期：2026年11月",
        "数据时间：2026-11-23 12:00",
        "计量单位：人、户",
        "缺 1 家系统：系统b（取数时超时）",
        "数据来源：系统a（模拟数据），数据时间 2026-11-23 12:00",
        "“低保对象”无数据：本期尚未取数",
        "说明：年龄按周岁计算。",
        "系统默认，可修改",
        "制表：海陵市 王小梅",
    ):
        assert words in text, words


def test_the_sheet_prints_on_a4_with_its_head_on_every_page() -> None:
    sheet = sheet_of(xlsx.write(report()))
    assert sheet.title == "人口结构统计表"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.page_setup.fitToWidth in (None, 1), "one page wide"
    assert sheet.page_setup.fitToHeight == 0, "as many pages long as it takes"
    head = next(cell.row for cell in sheet["A"] if cell.value == "区县")
    assert sheet.print_title_rows == f"${head}:${head + 1}"
    assert sheet.freeze_panes == f"B{head + 2}"
    assert "&P/&N" in sheet.oddFooter.center.text
    assert sheet.print_area


def test_numbers_have_separators_and_columns_have_room() -> None:
    sheet = sheet_of(xlsx.write(report()))
    total = next(row for row in sheet.iter_rows() if row[0].value == "合计")
    assert total[3].number_format == "#,##0"
    assert sheet.column_dimensions["A"].width >= 12
    assert sheet.column_dimensions["B"].width >= 16


hostile = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", ""]),
    st.sampled_from(["1+1", "cmd|' /C calc'!A0", "SUM(A1)", "http://a.b/c", "{=1}", "'x", "中文"]),
)


@given(name=hostile, note=hostile, maker=hostile, title=hostile)
@settings(max_examples=60, deadline=None)
def test_no_text_becomes_a_formula_or_a_link(name: str, note: str, maker: str, title: str) -> None:
    made = report(
        title=title, made_by=maker, notes=(note,), region_name=name,
        rows=(replace(report().rows[0], name=name),),
    )  # fmt: skip
    sheet = sheet_of(xlsx.write(made))
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None
            if isinstance(cell.value, str):
                assert not cell.value.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("海陵市", "海陵市人口结构统计表_2026-11.xlsx"),
        ("a/../b\r\nX: 1", "a_.._b__X_ 1人口结构统计表_2026-11.xlsx"),
    ],
)
def test_the_file_name_is_chinese_and_no_path(region: str, name: str) -> None:
    assert xlsx.file_name(report(region_name=region)) == name


def test_a_sheet_name_that_no_program_takes_is_cut_to_one() -> None:
    title = "报表[1]:*?/\\" + "长" * 40
    assert len(sheet_of(xlsx.write(report(title=title))).title) == 31


def test_a_report_without_rows_still_is_a_file() -> None:
    assert grid(xlsx.write(report(rows=())))[0][0] == "人口结构统计表"


def test_cells_say_what_they_are() -> None:
    assert [one.text for one in (SMALL, WITHHELD, UNKNOWN, exact(0), exact(1234))] == [
        "<5",
        "不公布",
        "无数据",
        "0",
        "1,234",
    ]
    assert exact(None) is UNKNOWN
    assert Cell(shown=Shown.EXACT, value=3).text == "3"
    assert clock.local(NOON).hour == 12
