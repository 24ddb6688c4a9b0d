"""A report as a paper: the table, what is missing, the sources, where people sign."""

from portal.functions.reports.model import Report, Row
from portal.functions.reports.xlsx import head_words, moment_words, official_words, row_name
from portal.store import clock
from portal.store.papers import MEDIA_TYPE, Paper, file_name

__all__ = ["MEDIA_TYPE", "name_of", "write"]

_FEW_COLUMNS = 6
_NAME_SHARE = 2.2


def name_of(report: Report) -> str:
    """The name under which the file is kept."""
    return file_name(f"{report.region_name}{report.title}_{report.period}", ".docx")


def _line(row: Row) -> list[str]:
    return [row_name(row), *(cell.text for cell in row.cells)]


def write(report: Report) -> bytes:
    """The file."""
    wide = len(report.columns) > _FEW_COLUMNS
    paper = Paper(report.title, author=report.made_by, landscape=wide)
    if said := official_words(report):
        paper.under_title(said)
    paper.under_title(
        f"地区：{report.region_name}　统计期：{report.period_name}　统计截止：{report.cutoff}"
        f"　数据时间：{moment_words(report.as_of)}"
    )
    if report.missing_words:
        paper.say(report.missing_words)
    heads = [report.place_head]
    for column in report.columns:
        named = head_words(column)
        heads.append(f"{column.group}·{named}" if column.group else named)
    rows = [_line(row) for row in report.rows]
    if report.total_shown:
        rows.append(_line(report.total))
    paper.table(heads, rows, widths=[_NAME_SHARE, *[1.0] * len(report.columns)])
    _foot(paper, report)
    if report.official.number:
        paper.sign("单位负责人：　　　　　　审核人：　　　　　　填表人：　　　　　　")
    return paper.written()


def _foot(paper: Paper, report: Report) -> None:
    """Where the numbers come from, what is not there and why."""
    for one in report.sources:
        mark = "（模拟数据）" if one.simulated else ""
        said = f"数据时间 {moment_words(one.as_of)}" if one.as_of else f"缺：{one.problem}"
        paper.note(f"数据来源：{one.name}{mark}，{said}")
    for column in report.columns:
        if column.problem:
            paper.note(f"“{column.head}”无数据：{column.problem}")
    for note in report.notes:
        paper.note(f"说明：{note}")
    paper.note(f"报表格式与指标为{report.default_note}。")
    paper.note(f"制表：{report.made_by}　制表时间：{clock.local(report.made_at):%Y-%m-%d %H:%M}")
