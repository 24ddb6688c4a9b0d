"""What a report shows of its numbers: named rows, columns with sources, what must be said."""

from collections.abc import Sequence
from datetime import timedelta

from portal.functions.reports import lines, periods, plain
from portal.functions.reports.grid import Grid
from portal.functions.reports.lines import Grids
from portal.functions.reports.model import Column, Official, Row, Source
from portal.functions.reports.plain import Wanted
from portal.functions.reports.plan import WHOLE, Plan
from portal.store import clock, formulas
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.divisions import Division
from portal.store.measure_words import Period

REST = "未明确到下级"
OTHERS = "其他"
PROTECTED_NOTE = "涉及残疾、低保、儿童的数小于5的显示为“<5”；为避免由合计推算，部分数不公布。"


def table(
    template: ReportTemplate,
    own: Division,
    plan: Plan,
    grids: Grids,
    months: Sequence[tuple[Period, Grids]],
) -> tuple[Row, tuple[Row, ...]]:
    """The last row and those above it."""
    if template.rows == "lines":
        return _of_lines(template, plan, grids)
    whole = Row(
        code=None,
        name=own.name if template.rows == "places" and not grids[""].below else "合计",
        cells=lines.total(template, plan, grids),
        statistics_only=own.statistics_only,
    )
    if template.rows == "months":
        return whole, tuple(
            Row(
                code=None,
                name=periods.name(periods.text_of(month)),
                cells=lines.total(template, plan, some),
            )
            for month, some in months
        )
    return whole, _of_places(template, plan, grids)


def _of_lines(template: ReportTemplate, plan: Plan, grids: Grids) -> tuple[Row, tuple[Row, ...]]:
    found = [
        Row(code=None, name=line.head, cells=cells, group=line.group, unit=line.unit, line=number)
        for number, (line, cells) in enumerate(
            zip(template.lines, lines.line_rows(template, plan, grids), strict=True)
        )
    ]
    if not template.rest:
        return Row(code=None, name="", cells=()), tuple(found)
    if (rest := lines.rest_row(template, plan, grids)) is not None:
        found.append(Row(code=None, name=OTHERS, cells=rest))
    return Row(code=None, name="合计", cells=lines.total(template, plan, grids)), tuple(found)


def _of_places(template: ReportTemplate, plan: Plan, grids: Grids) -> tuple[Row, ...]:
    named: list[tuple[str | None, str, bool]] = [
        (one.code, one.name, one.statistics_only) for one in grids[""].below
    ]
    found = lines.place_rows(template, plan, grids)
    if len(found) > len(named):
        named.append((None, REST, False))
    return tuple(
        Row(code=code, name=name, cells=cells, statistics_only=only)
        for (code, name, only), cells in zip(named, found, strict=True)
    )


def columns(
    template: ReportTemplate, plan: Plan, first: Grid, names: dict[str, str]
) -> tuple[Column, ...]:
    """The columns with their sources; a formula has no numbers when what it needs has none."""
    line = WHOLE if (WHOLE, _plain(template)) in plan.slots else 0
    problems: dict[str, str] = {}
    found = []
    for place, column in enumerate(template.columns):
        slot = plan.slots.get((line, place))
        want = first.wanted[slot] if slot is not None else None
        own = want is not None and (template.rows != "lines" or bool(column.measure))
        problem = (
            plain.problem(slot, want, first.numbers) if want and slot is not None and own else ""
        )
        if column.formula:
            needed = formulas.read(column.formula).names
            problem = next((problems[one] for one in needed if problems.get(one)), "")
        problems[column.id] = problem
        found.append(
            Column(
                head=column.head,
                group=column.group,
                unit=_unit(template, column, want if own else None),
                source=_source(column, want if own else None, names),
                problem=problem,
                chart=column.chart,
                home=column.home,
                style=column.style,
            )
        )
    return tuple(found)


def _plain(template: ReportTemplate) -> int:
    """The first column that is read."""
    return next((n for n, one in enumerate(template.columns) if not one.formula), 0)


def _unit(template: ReportTemplate, column: ReportColumn, want: Wanted | None) -> str:
    if column.unit or column.style == "percent":
        return column.unit or "%"
    if column.source == "census":
        return "人"
    return want.definition.unit if want and want.definition else ""


def _source(column: ReportColumn, want: Wanted | None, names: dict[str, str]) -> str:
    if column.formula:
        return "按表内各列计算"
    if column.source == "census":
        return "人口普查公报"
    return names.get(want.system_id or "", "") if want else ""


def absent(template: ReportTemplate, plan: Plan, first: Grid) -> list[str]:
    """Which lines have no numbers, and why."""
    said = []
    for number, line in enumerate(template.lines):
        slot = plan.slots[number, _plain(template)]
        problem = plain.problem(slot, first.wanted[slot], first.numbers)
        if problem:
            said.append(f"“{line.head}”无数据：{problem}")
    return said


def official(template: ReportTemplate) -> Official:
    """What the official table has around it."""
    cells = tuple((*one.place, one.text) for one in template.cells if one.place is not None)
    return Official(
        number=template.number,
        issuer=template.issuer,
        approval=template.approval,
        valid_until=template.valid_until,
        cells=cells,
    )


def has_total(template: ReportTemplate, span: Period) -> bool:
    """Months of a year so far do not add up to any period that is kept."""
    if template.rows == "months":
        return span.grain in ("quarter", "year")
    return template.rows == "places" or template.rest


def cutoff(span: Period) -> str:
    """Until when is counted."""
    last = min(span.ends - timedelta(days=1), clock.local(clock.now()).date())
    return f"{last.year}年{last.month}月{last.day}日"


def notes(
    template: ReportTemplate, sources: Sequence[Source], *, open_records: bool
) -> tuple[str, ...]:
    """What must be said below the table."""
    notes = list(template.notes)
    for one in sources:
        left = one.unplaced + one.unreadable
        if left:
            notes.append(f"{one.name}另有 {left} 条记录无现居住地或无法识别，未计入。")
    if not open_records:
        notes.append(PROTECTED_NOTE)
    return tuple(notes)
