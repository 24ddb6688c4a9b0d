"""A report as an .xlsx file: values, not pictures; ready to print; no cell is ever a formula."""

from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Any

import xlsxwriter

from portal.functions.reports.model import Column, Report, Row
from portal.store import clock
from portal.store.workbooks import MEDIA_TYPE, footer_text, safe, sheet_name, width

__all__ = ["MEDIA_TYPE", "file_name", "safe", "write"]

_A4 = 9
_MEANING_HEADS = (
    ("指标", 22),
    ("统计什么", 48),
    ("计量单位", 10),
    ("性质", 10),
    ("数据来源", 26),
    ("主管单位", 22),
    ("依据", 26),
    ("最低层级", 12),
    ("明细在哪里看", 30),
)
_FORMATS = {"number": "#,##0", "percent": "0.00%", "decimal": "#,##0.00"}
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_BOX = {**_FONT, "border": 1}


def file_name(report: Report) -> str:
    """The name under which the file is kept."""
    name = f"{report.region_name}{report.title}_{report.period}"
    return "".join("_" if char in '\\/:*?"<>|\r\n\t' else char for char in name) + ".xlsx"


@dataclass
class _Writer:
    """Writes one report into one sheet, from top to bottom."""

    report: Report
    book: Any
    sheet: Any
    line: int = 0

    def __post_init__(self) -> None:
        made = self.book.add_format
        self.title = made({**_FONT, "font_size": 16, "bold": True, "align": "center"})
        self.plain = made({**_FONT, "text_wrap": True, "valign": "top"})
        self.alert = made({**_FONT, "bold": True, "text_wrap": True, "valign": "top"})
        head = {**_BOX, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E9EEF2"}
        self.head = made(head)
        self.name, self.whole_name = made(_BOX), made({**_BOX, "bold": True})
        self.word = made({**_BOX, "align": "right", "font_color": "#55626D"})
        self.numbers = {
            (style, bold): made({**_BOX, "num_format": form, "bold": bold})
            for style, form in _FORMATS.items()
            for bold in (False, True)
        }

    @property
    def _shown(self) -> list[Row]:
        report = self.report
        return [*report.rows, *([report.total] if report.total_shown else [])]

    @property
    def last(self) -> int:
        return len(self.report.columns)

    def text(self, row: int, column: int, text: str, form: Any) -> None:
        self.sheet.write_string(row, column, safe(text), form)

    def across(self, text: str, form: Any, height: float = 15) -> None:
        """A line over the whole width of the table."""
        self.sheet.merge_range(self.line, 0, self.line, self.last, "", form)
        self.text(self.line, 0, text, form)
        lines = -(-int(width(text)) // max(1, int(self._total_width())))
        self.sheet.set_row(self.line, height * max(1, lines))
        self.line += 1

    def _total_width(self) -> float:
        return sum(self._widths())

    def _widths(self) -> list[float]:
        report = self.report
        names = [row_name(row) for row in self._shown]
        widths = [min(40.0, max(map(width, [report.place_head, *names])))]
        for place, column in enumerate(report.columns):
            shown = [row.cells[place].text for row in self._shown]
            widths.append(max(8.0, *map(width, [head_words(column), *shown])))
        return widths

    def write(self) -> None:
        report = self.report
        for place, wide in enumerate(self._widths()):
            self.sheet.set_column(place, place, wide)
        self.across(report.title, self.title, 26)
        self._official()
        about = [
            f"地区：{report.region_name}",
            f"统计期：{report.period_name}",
            *([f"统计截止：{report.cutoff}"] if report.cutoff else []),
            f"数据时间：{moment_words(report.as_of)}",
            f"计量单位：{report.unit}",
        ]
        self.across("　　".join(about), self.plain)
        if report.missing_words:
            self.across(report.missing_words, self.alert)
        top = self.line
        self._heads()
        self.sheet.freeze_panes(self.line, 1)
        self.sheet.repeat_rows(top, self.line - 1)
        for row in report.rows:
            self._row(row, self.name, bold=False)
        if report.total_shown:
            self._row(report.total, self.whole_name, bold=True)
        self._foot()
        self.sheet.print_area(0, 0, self.line - 1, self.last)

    def _official(self) -> None:
        """The head of the official table; a table that has none goes without."""
        official = self.report.official
        if said := official_words(self.report):
            self.across(said, self.plain)
        top = self.line
        for line, column, words in official.cells:
            self.text(top + line, column, words, self.plain)
        self.line += 1 + max((line for line, _, _ in official.cells), default=-1)

    def _heads(self) -> None:
        """Two lines: groups above, columns below; a column without a group takes both."""
        first, second = self.line, self.line + 1
        self.sheet.merge_range(first, 0, second, 0, "", self.head)
        self.text(first, 0, self.report.place_head, self.head)
        place = 1
        for group, found in groupby(self.report.columns, key=lambda one: one.group):
            columns = list(found)
            if group and len(columns) > 1:
                self.sheet.merge_range(first, place, first, place + len(columns) - 1, "", self.head)
            if group:
                self.text(first, place, group, self.head)
            for column in columns:
                if group:
                    self.text(second, place, head_words(column), self.head)
                else:
                    self.sheet.merge_range(first, place, second, place, "", self.head)
                    self.text(first, place, head_words(column), self.head)
                place += 1
        self.line += 2

    def _row(self, row: Row, name: Any, *, bold: bool) -> None:
        self.text(self.line, 0, row_name(row), name)
        for place, cell in enumerate(row.cells, start=1):
            if cell.value is None:
                self.text(self.line, place, cell.text, self.word)
            else:
                form = self.numbers[cell.style, bold]
                self.sheet.write_number(self.line, place, float(cell.value), form)
        self.line += 1

    def _foot(self) -> None:
        report = self.report
        self.line += 1
        for one in report.sources:
            mark = "（模拟数据）" if one.simulated else ""
            aged = "，数据较旧" if one.aged else ""
            said = (
                f"数据时间 {moment_words(one.as_of)}{aged}" if one.as_of else f"缺：{one.problem}"
            )
            self.across(f"数据来源：{one.name}{mark}，{said}", self.plain)
        for column in report.columns:
            if column.problem:
                self.across(f"“{column.head}”无数据：{column.problem}", self.plain)
        for note in report.notes:
            self.across(f"说明：{note}", self.plain)
        self.across(f"报表格式与指标为{report.default_note}。", self.plain)
        made = f"{clock.local(report.made_at):%Y-%m-%d %H:%M}"
        self.across(f"制表：{report.made_by}　　制表时间：{made}", self.plain)
        if report.official.number:
            self.across("单位负责人：　　　　　　审核人：　　　　　　填表人：", self.plain)


def row_name(row: Row) -> str:
    """What stands at the left of a row."""
    group = f"{row.group}·" if row.group else ""
    unit = f"（{row.unit}）" if row.unit else ""
    return group + row.name + unit + ("（仅统计）" if row.statistics_only else "")


def official_words(report: Report) -> str:
    """Number, maker, approval and validity of the official table."""
    official = report.official
    given = (
        ("表号", official.number),
        ("制定机关", official.issuer),
        ("批准（备案）文号", official.approval),
        ("有效期至", official.valid_until),
    )
    return "　　".join(f"{name}：{value}" for name, value in given if value)


def head_words(column: Column) -> str:
    """What stands over a column."""
    return f"{column.head}（{column.unit}）" if column.unit else column.head


def moment_words(at: Any) -> str:
    """A moment, or that there is none."""
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else "无"


def write(report: Report) -> bytes:
    """The file."""
    held = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"title": report.title, "author": report.made_by})
        sheet = book.add_worksheet(sheet_name(report.title))
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.set_footer(f"&L{footer_text(report.made_by)}&C第 &P/&N 页")
        _Writer(report=report, book=book, sheet=sheet).write()
        if report.meanings:
            _meanings(book, report)
    return held.getvalue()


def _meanings(book: Any, report: Report) -> None:
    """A second sheet: what each measure counts, who says so, on which basis."""
    sheet = book.add_worksheet("指标说明")
    head = book.add_format({**_BOX, "bold": True, "text_wrap": True, "bg_color": "#E9EEF2"})
    cell = book.add_format({**_BOX, "text_wrap": True, "valign": "top"})
    for place, (words, wide) in enumerate(_MEANING_HEADS):
        sheet.set_column(place, place, wide)
        sheet.write_string(0, place, words, head)
    for line, one in enumerate(report.meanings, start=1):
        given = (one.name, one.about, one.unit, one.kind, one.source, one.owner, one.basis)
        for place, words in enumerate((*given, one.level, one.cases)):
            sheet.write_string(line, place, safe(words), cell)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{footer_text(report.made_by)}&C第 &P/&N 页")
