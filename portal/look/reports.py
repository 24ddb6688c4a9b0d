"""How a report looks on a page: its table with grouped heads, its time, its sources."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from portal.look import states
from portal.look.markup import Html, join, tag, text


class _Cell(Protocol):
    @property
    def value(self) -> int | Decimal | None: ...
    @property
    def text(self) -> str: ...


class _Column(Protocol):
    @property
    def head(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def problem(self) -> str: ...


class _Row(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def statistics_only(self) -> bool: ...
    @property
    def cells(self) -> Sequence[_Cell]: ...


class _Source(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def as_of(self) -> datetime | None: ...
    @property
    def problem(self) -> str: ...
    @property
    def aged(self) -> bool: ...
    @property
    def simulated(self) -> bool: ...


class _Meaning(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def cases(self) -> str: ...


class Shape(Protocol):
    """What a page must know of a report to draw it."""

    @property
    def title(self) -> str: ...
    @property
    def place_head(self) -> str: ...
    @property
    def region_name(self) -> str: ...
    @property
    def period_name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def as_of(self) -> datetime | None: ...
    @property
    def columns(self) -> Sequence[_Column]: ...
    @property
    def rows(self) -> Sequence[_Row]: ...
    @property
    def total(self) -> _Row: ...
    @property
    def sources(self) -> Sequence[_Source]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def meanings(self) -> Sequence[_Meaning]: ...
    @property
    def default_note(self) -> str: ...
    @property
    def total_shown(self) -> bool: ...


def month(period: str) -> str:
    """2026-11 as people write it."""
    year, _, number = period.partition("-")
    return f"{year}年{int(number)}月" if number.isdigit() else period


def stamp(report: Shape) -> Html:
    """Period, time of the data and unit, beside the title."""
    said = states.moment(report.as_of) if report.as_of else "无"
    return text(f"{report.period_name} · 数据时间 {said} · 单位：{report.unit}")


def _heads(report: Shape) -> Html:
    """Two lines: groups, then columns; a column without a group takes both."""
    top = [tag("th", text(report.place_head), scope="col", rowspan="2")]
    below: list[Html] = []
    for group, found in groupby(report.columns, key=lambda one: one.group):
        columns = list(found)
        heads = [tag("th", text(one.head), scope="col", class_="num") for one in columns]
        if group:
            span = str(len(columns))
            top.append(tag("th", text(group), scope="colgroup", colspan=span, class_="group"))
            below += heads
        else:
            top += [
                tag("th", text(one.head), scope="col", rowspan="2", class_="num") for one in columns
            ]
    return tag("thead", tag("tr", join(top)) + tag("tr", join(below)))


def _cell(cell: _Cell, column: _Column) -> Html:
    if cell.value is not None:
        return tag("td", text(cell.text), class_="num")
    why = {"title": column.problem} if column.problem else {}
    return tag("td", tag("span", text(cell.text), class_="none"), class_="num", **why)


def _row(row: _Row, columns: Sequence[_Column], kind: str = "") -> Html:
    only = " " + tag("span", "仅统计", class_="chip quiet") if row.statistics_only else ""
    cells = join(_cell(cell, column) for cell, column in zip(row.cells, columns, strict=True))
    named = f"{row.name}（{row.unit}）" if row.unit else row.name
    before = tag("span", text(row.group), class_="chip quiet") + " " if row.group else ""
    head = tag("th", before + text(named) + only, scope="row")
    return tag("tr", head + cells, **({"class_": kind} if kind else {}))


def table(report: Shape) -> Html:
    """The whole table; its first column stays when it is scrolled sideways."""
    lines = join(_row(one, report.columns) for one in report.rows)
    whole = _row(report.total, report.columns, "total") if report.total_shown else ""
    caption = f"{report.region_name}{report.title}"
    body = tag("caption", text(caption)) + _heads(report) + tag("tbody", lines + whole)
    return tag(
        "div",
        tag("table", body, class_="t report"),
        class_="sheet",
        role="region",
        aria_label=caption,
        tabindex="0",
    )


def _source(one: _Source) -> Html:
    mark = " " + states.mock() if one.simulated else ""
    if one.as_of is None:
        return tag("li", text(f"{one.name}：缺（{one.problem}）") + mark)
    aged = "，数据较旧" if one.aged else ""
    return tag("li", text(f"{one.name}：数据时间 {states.moment(one.as_of)}{aged}") + mark)


def notes(report: Shape) -> Html:
    """Sources with their times, columns without numbers with their reasons, the notes."""
    lines = [_source(one) for one in report.sources]
    lines += [
        tag("li", text(f"“{one.head}”无数据：{one.problem}"))
        for one in report.columns
        if one.problem
    ]
    lines += [tag("li", text(one)) for one in report.notes]
    lines.append(tag("li", text(f"报表格式与指标为{report.default_note}")))
    return tag("ul", join(lines), class_="notes") + _meanings(report.meanings)


def _meanings(found: Sequence[_Meaning]) -> Html:
    """What each number counts, who says so, on which basis, and where its cases are."""
    if not found:
        return Html("")
    lines = [tag("li", tag("b", text(one.name)) + text(f"：{_meaning(one)}")) for one in found]
    return tag("details", tag("summary", "指标说明") + tag("ul", join(lines), class_="notes"))


def _meaning(one: _Meaning) -> str:
    said = [f"{one.about}（{one.unit}，{one.kind}，统计到{one.level}）"]
    said.append(f"来源：{one.source}" + (f"，{one.owner}" if one.owner else ""))
    said += [f"依据：{one.basis}"] if one.basis else []
    return "；".join([*said, f"明细：{one.cases}"])


def alt(report: Shape) -> str:
    """The chart in words."""
    rows = report.rows or (report.total,)
    return f"{report.region_name}{report.title}按{report.place_head}的条形图，共 {len(rows)} 项"
