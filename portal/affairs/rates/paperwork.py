"""A bulletin as it is handed out: parts with lines and tables, written as .docx and as .xlsx."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO

from portal.affairs.rates.spans import Span
from portal.store import clock, papers, workbooks
from portal.store.workbooks import Value


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table: heads, rows, and how many of its first columns hold words."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    words: int = 1

    def cell(self, row: str, head: str) -> Value:
        """The value of a row (by its first cell) under a head."""
        column = self.heads.index(head)
        return next(one[column] for one in self.rows if one[0] == row)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a bulletin."""

    heading: str
    lines: tuple[str, ...] = ()
    grid: Grid | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bulletin:
    """A bulletin, whole."""

    title: str
    region_code: str
    region_name: str
    span: Span
    parts: tuple[Part, ...]
    sources: tuple[str, ...]
    missing: tuple[str, ...]
    as_of: datetime | None
    made_at: datetime
    made_by: str
    simulated: bool

    def part(self, heading: str) -> Part:
        """A part by the words in its heading."""
        return next(one for one in self.parts if heading in one.heading)

    @property
    def stamp(self) -> str:
        """Span, time of the numbers, who made it when."""
        at = f"{clock.local(self.as_of):%Y-%m-%d %H:%M}" if self.as_of else "无"
        return f"统计期：{self.span.name}　数据时间：{at}"

    @property
    def maker(self) -> str:
        """Who made it when."""
        return f"制表：{self.made_by}　制表时间：{clock.local(self.made_at):%Y-%m-%d %H:%M}"


def shown(value: Value) -> str:
    """A value as a reader sees it."""
    if value is None:
        return "无数据"
    if isinstance(value, str):
        return value
    return f"{value:.2f}" if isinstance(value, Decimal) else f"{value:,}"


def file_name(made: Bulletin, ending: str) -> str:
    """The name under which it is kept."""
    return papers.file_name(f"{made.title}_{made.span.text}", ending)


def _marks(made: Bulletin) -> list[str]:
    marks = ["本通报含模拟数据，仅供演示。"] if made.simulated else []
    return [*marks, *(f"缺：{one}" for one in made.missing)]


def _foot(made: Bulletin) -> Sequence[str]:
    return (*(f"数据来源：{one}" for one in made.sources), made.maker)


def docx(made: Bulletin) -> bytes:
    """The bulletin for reading and printing."""
    paper = papers.Paper(made.title, author=made.made_by)
    paper.under_title(made.stamp)
    for one in _marks(made):
        paper.note(one)
    for part in made.parts:
        paper.heading(part.heading)
        for line in part.lines:
            paper.say(line)
        if part.grid is not None:
            grid = part.grid
            widths = [2.2] * grid.words + [1.0] * (len(grid.heads) - grid.words)
            rows = [tuple(map(shown, row)) for row in grid.rows]
            paper.table(grid.heads, rows, widths=widths, text_columns=grid.words)
        for note in part.notes:
            paper.note(f"说明：{note}")
    for one in _foot(made):
        paper.note(one)
    paper.sign("签发：＿＿＿＿＿＿＿＿")
    return paper.written()


def xlsx(made: Bulletin) -> bytes:
    """The bulletin for reckoning on: one sheet, numbers as numbers."""
    held = BytesIO()
    wide = max(len(part.grid.heads) for part in made.parts if part.grid is not None)
    with (
        workbooks.writing(held, made.title, made.made_by) as book,
        book.sheet(made.title, wide) as sheet,
    ):
        sheet.title(made.title)
        sheet.note(made.stamp)
        for one in _marks(made):
            sheet.note(one, alert=True)
        for part in made.parts:
            sheet.heading(part.heading)
            for line in part.lines:
                sheet.note(line)
            if part.grid is not None:
                sheet.table(part.grid.heads, part.grid.rows)
            for note in part.notes:
                sheet.note(f"说明：{note}")
        for one in _foot(made):
            sheet.note(one)
    return held.getvalue()
