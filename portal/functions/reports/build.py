"""统一报表: statistics in one click, within one's scope, with everything that must be said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.registry import Registry
from portal.functions.reports import closing, grid, known, library, lines, periods, plain, versions
from portal.functions.reports import plan as planning
from portal.functions.reports.grid import Asked, Grid
from portal.functions.reports.known import Catalogue, Own
from portal.functions.reports.laid import Laid
from portal.functions.reports.library import Library
from portal.functions.reports.lines import Grids
from portal.functions.reports.model import Column, Official, Report, Row, Source, View
from portal.functions.reports.plain import Wanted
from portal.functions.reports.plan import WHOLE, Plan
from portal.store import clock, divisions, formulas, measure_closing, measure_reads
from portal.store.citypack import ReportColumn, ReportTemplate, pack
from portal.store.divisions import Division
from portal.store.measure_words import Kind, Period
from portal.store.scope import scoped

VIEW, RECORDS = "reports.view", "records.open"
REST = "未明确到下级"
_PLACE_HEADS = {"city": "区县", "district": "乡镇（街道）", "street": "社区（村）"}
_HEADS = {"lines": "项目", "months": "月份"}
OTHERS = "其他"
MOST_PLANS = 1000
_AGED_AFTER = timedelta(days=2)
NO_VERSIONS = "以前的版本须有档案查阅权限的岗位查看，本岗位可以查看各版本的差异。"
PROTECTED_NOTE = "涉及残疾、低保、儿童的数小于5的显示为“<5”；为避免由合计推算，部分数不公布。"


class NoSuchReport(LookupError):
    """There is no such report, place or period; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A report one may ask for."""

    id: str
    name: str
    about: str
    field: str = "governance"


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a finished report depends on beside who asks for what: part of every cache key."""

    stamp: datetime | None
    day: str
    records: bool


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The reports function of one process: which systems could count, the store has the numbers."""

    registry: Registry
    own: tuple[Own, ...] = ()  # what the platform counts itself

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every measure that a report may name."""
        return known.catalogue(self.registry, self.own)

    @property
    def library(self) -> Library:
        """The templates that can be used, and those that cannot, each with why."""
        city = pack()
        held = self.__dict__.get("_library")
        if held is None or held[0] is not city:
            held = (city, library.of(city, self.registry, self.catalogue))
            self.__dict__["_library"] = held
        found: Library = held[1]
        return found

    def _plan(self, template: ReportTemplate) -> Plan:
        if len(self._plans) > MOST_PLANS:
            self._plans.clear()
        found = self._plans.get(template)
        if found is None:
            found = self._plans[template] = planning.make(template, self.catalogue)
        return found

    @cached_property
    def _plans(self) -> dict[ReportTemplate, Plan]:
        return {}

    def templates(self, principal: Principal) -> tuple[Choice, ...]:
        """The reports of this city."""
        permissions.check(principal, VIEW)
        return tuple(
            Choice(id=one.id, name=one.name, about=one.about, field=one.field)
            for one in self.library.templates
        )

    def periods(self, principal: Principal) -> tuple[str, ...]:
        """The months that have numbers, newest first; the running one always."""
        permissions.check(principal, VIEW)
        today = clock.local(clock.now()).date()
        with scoped(principal.reach) as connection:
            first = measure_reads.first_day(connection)
        return periods.months(first or today, today)

    def spans(self, principal: Principal) -> tuple[str, ...]:
        """The months that have numbers, newest first, then their quarters and years."""
        return periods.with_longer(self.periods(principal))

    def version(self, principal: Principal, region: str) -> Version:
        """Changes whenever a report of that place may change for this post."""
        permissions.check(principal, VIEW, region)
        with scoped(principal.reach) as connection:
            stamp = measure_reads.stamp(connection)
        return Version(
            stamp=stamp,
            day=f"{clock.local(clock.now()):%Y-%m-%d}",
            records=permissions.allowed(principal, RECORDS, region),
        )

    def build(
        self,
        principal: Principal,
        template: str,
        region: str,
        period: str,
        version: int | None = None,
        view: View = "then",
    ) -> Report:
        """The report of a place within the scope for a period."""
        permissions.check(principal, VIEW, region)
        chosen = self.library.find(template)
        return self.of_template(principal, chosen, region, period, version, view)

    def of_line(
        self,
        principal: Principal,
        template: str,
        line: int,
        region: str,
        period: str,
        view: View = "then",
    ) -> Report:
        """One line of a report, place by place: how its figures divide among the places below."""
        found = self.library.find(template)
        if found is None or not 0 <= line < len(found.lines):
            raise NoSuchReport("没有这张报表或这一行，请从“统一报表”重新选择。")
        unfolded = planning.unfolded(found, line)
        return self.of_template(principal, unfolded, region, period, view=view)

    def of_template(
        self,
        principal: Principal,
        template: ReportTemplate | None,
        region: str,
        period: str,
        version: int | None = None,
        view: View = "then",
    ) -> Report:
        """The same by a template of another function, or as an earlier version had it."""
        permissions.check(principal, VIEW, region)
        own = divisions.find(region)
        if template is None or own is None or own.code != region:
            raise NoSuchReport("没有这张报表或这个区划，请从“统一报表”重新选择。")
        try:
            span = periods.parse(period)
        except periods.UnknownPeriodError as error:
            raise NoSuchReport(str(error)) from error
        wish = Laid(region=own.code, span=span, view=view, version=version)
        return self._build(principal, template, own, period, wish)

    def _build(
        self,
        principal: Principal,
        template: ReportTemplate,
        own: Division,
        period: str,
        wish: Laid,
    ) -> Report:
        span = wish.span
        plan = self._plan(template)
        open_records = permissions.allowed(principal, RECORDS, own.code)
        if wish.version is not None and not open_records:
            raise NoSuchReport(NO_VERSIONS)
        with scoped(principal.reach) as connection:
            laid, said = _standing(connection, wish)
            asked = Asked(
                plan=plan,
                own=own,
                above=() if open_records else _above(principal, own),
                open_records=open_records,
                laid=laid,
                alone=template.rows != "places",
            )
            grids = self._grids(connection, asked, span)
            months = self._months(connection, asked, template, span)
        first = grids[""]
        total, rows = _table(template, own, plan, grids, months)
        sources = self._sources(first.wanted[: plan.shown], span)
        return Report(
            template=template.id,
            title=template.name,
            unit=template.unit,
            region_code=own.code,
            region_name=own.name,
            place_head=_HEADS.get(template.rows) or _PLACE_HEADS.get(own.level, "地区"),
            path=_path(principal, own),
            period=period,
            period_name=periods.name(period),
            as_of=min((one.as_of for one in sources if one.as_of), default=None),
            made_at=clock.now(),
            made_by=f"{principal.unit.name} {principal.name}",
            columns=_columns(template, plan, first, {one.system_id: one.name for one in sources}),
            rows=rows,
            total=total,
            sources=sources,
            notes=(
                *laid.words(distinct=_counts_once(first.wanted)),
                *said,
                *_absent(template, plan, first),
                *_notes(template, sources, open_records=open_records),
            ),
            default_note=pack().default_note,
            protected=not open_records,
            official=_official(template),
            below=tuple((one.code, one.name) for one in divisions.children(own.code)),
            total_shown=_has_total(template, span),
            cutoff=_cutoff(span),
            view=laid.view,
            changed=laid.changed,
            meanings=known.meanings(self.catalogue, plan.bases[: plan.shown]),
        )

    def _grids(self, connection: Connection, asked: Asked, span: Period) -> Grids:
        """The period itself, and those that some column compares it with."""
        return {
            one: grid.read(connection, self.catalogue, asked, planning.moved(span, one))
            for one in sorted({"", *asked.plan.compares})
        }

    def _months(
        self, connection: Connection, asked: Asked, template: ReportTemplate, span: Period
    ) -> list[tuple[Period, Grids]]:
        if template.rows != "months":
            return []
        today = clock.local(clock.now()).date()
        return [(one, self._grids(connection, asked, one)) for one in planning.months(span, today)]

    def _sources(self, wanted: Sequence[Wanted], span: Period) -> tuple[Source, ...]:
        """The systems behind the columns, each with from when its data is."""
        found: dict[str, Source] = {}
        today = clock.local(clock.now()).date()
        for one in wanted:
            if one.system_id is None:
                continue
            said = one.snapshot if one.usable else None
            before = found.get(one.system_id)
            if before is not None and (said is None or before.as_of is not None):
                continue
            name, silent = self._named(one.system_id, one.column.measure)
            why = (one.snapshot.problem if one.snapshot else None) or silent
            found[one.system_id] = Source(
                system_id=one.system_id,
                name=name,
                as_of=said.as_of if said else None,
                problem="" if said else why,
                aged=bool(said and span.ends > today and today - said.day > _AGED_AFTER),
                simulated=bool(said and said.simulated),
                unplaced=said.unplaced if said else 0,
                unreadable=said.unreadable if said else 0,
            )
        return tuple(found.values())

    def _named(self, system_id: str, measure: str) -> tuple[str, str]:
        """A source's name, and why it says nothing where nothing else is known."""
        known = self.catalogue.find(measure)
        if known is not None and known.own:
            return known.suppliers[0].name, "本期尚未开始"
        system = self.registry.system(system_id)
        return system.site.name, "本期尚未取数" if system.reachable else system.mode


def export(principal: Principal, report: Report, form: str) -> None:
    """Put into the audit that a report leaves the house as a file."""
    audit.append(
        action="reports.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=report.region_code,
        detail={"template": report.template, "period": report.period, "form": form},
    )


def _above(principal: Principal, own: Division) -> list[Division]:
    """The places above within the scope, from its top: they decide what is shown here."""
    return [
        one
        for one in divisions.path(own.code)[:-1]
        if any(one.code.startswith(prefix) for prefix in principal.prefixes)
    ]


def _path(principal: Principal, own: Division) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, one.name) for one in (*_above(principal, own), own))


def _counts_once(wanted: Sequence[Wanted]) -> bool:
    """Whether any number adds over nothing."""
    return any(one.definition and one.definition.kind is Kind.DISTINCT for one in wanted)


def _standing(connection: Connection, wish: Laid) -> tuple[Laid, tuple[str, ...]]:
    """The layout as far as it is really another one, and what the report says of its version."""
    if wish.version is not None:
        if wish.view == "now":
            raise NoSuchReport("以前的版本只按当时区划查看，请改选当时区划。")
        try:
            one = versions.of_version(connection, wish.region, wish.span, wish.version)
        except versions.NoSuchVersion as error:
            raise NoSuchReport(error.message) from error
        if not one.stands:
            return wish, (versions.words(one),)
    path = [one.code for one in divisions.path(wish.region)]
    closed = measure_closing.standing(connection, path, wish.region, wish.span)
    return replace(wish, version=None), closing.words(closed, wish.region)


def _table(
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


def _columns(
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


def _absent(template: ReportTemplate, plan: Plan, first: Grid) -> list[str]:
    """Which lines have no numbers, and why."""
    said = []
    for number, line in enumerate(template.lines):
        slot = plan.slots[number, _plain(template)]
        problem = plain.problem(slot, first.wanted[slot], first.numbers)
        if problem:
            said.append(f"“{line.head}”无数据：{problem}")
    return said


def _official(template: ReportTemplate) -> Official:
    cells = tuple((*one.place, one.text) for one in template.cells if one.place is not None)
    return Official(
        number=template.number,
        issuer=template.issuer,
        approval=template.approval,
        valid_until=template.valid_until,
        cells=cells,
    )


def _has_total(template: ReportTemplate, span: Period) -> bool:
    """Months of a year so far do not add up to any period that is kept."""
    if template.rows == "months":
        return span.grain in ("quarter", "year")
    return template.rows == "places" or template.rest


def _cutoff(span: Period) -> str:
    last = min(span.ends - timedelta(days=1), clock.local(clock.now()).date())
    return f"{last.year}年{last.month}月{last.day}日"


def _notes(
    template: ReportTemplate, sources: Sequence[Source], *, open_records: bool
) -> tuple[str, ...]:
    notes = list(template.notes)
    for one in sources:
        left = one.unplaced + one.unreadable
        if left:
            notes.append(f"{one.name}另有 {left} 条记录无现居住地或无法识别，未计入。")
    if not open_records:
        notes.append(PROTECTED_NOTE)
    return tuple(notes)
