"""统一报表: statistics in one click, within one's scope, with everything that must be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.registry import Registry
from portal.functions.reports import closing, periods, plain, versions
from portal.functions.reports.model import (
    VIEWS,
    Cell,
    Column,
    Report,
    Row,
    Source,
    View,
    exact,
)
from portal.functions.reports.plain import Numbers, Places, Wanted
from portal.functions.reports.protect import Table, protect
from portal.store import clock, divisions, measure_closing, measure_reads
from portal.store.citypack import ReportTemplate, pack
from portal.store.divisions import Division
from portal.store.measure_words import Kind, Period
from portal.store.scope import scoped

VIEW, RECORDS = "reports.view", "records.open"
REST = "未明确到下级"
_PLACE_HEADS = {"city": "区县", "district": "乡镇（街道）", "street": "社区（村）"}
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


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a finished report depends on beside who asks for what: part of every cache key."""

    stamp: datetime | None
    day: str
    records: bool


@dataclass(frozen=True)
class _Shown:
    """As which version, and by which divisions."""

    version: int | None
    view: View


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The reports function of one process: which systems could count, the store has the numbers."""

    registry: Registry

    def templates(self, principal: Principal) -> tuple[Choice, ...]:
        """The reports of this city."""
        permissions.check(principal, VIEW)
        return tuple(Choice(id=one.id, name=one.name, about=one.about) for one in pack().reports)

    def periods(self, principal: Principal) -> tuple[str, ...]:
        """The months that have numbers, newest first; the running one always."""
        permissions.check(principal, VIEW)
        today = clock.local(clock.now()).date()
        with scoped(principal.reach) as connection:
            first = measure_reads.first_day(connection)
        return periods.months(first or today, today)

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
        chosen = next((one for one in pack().reports if one.id == template), None)
        return self.of_template(principal, chosen, region, period, version, view)

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
        return self._build(principal, template, own, period, span, _Shown(version, view))

    def _build(
        self,
        principal: Principal,
        template: ReportTemplate,
        own: Division,
        period: str,
        span: Period,
        shown: _Shown,
    ) -> Report:
        open_records = permissions.allowed(principal, RECORDS, own.code)
        if shown.version is not None and not open_records:
            raise NoSuchReport(NO_VERSIONS)
        above = [] if open_records else _above(principal, own)
        numbers = Numbers()
        with scoped(principal.reach) as connection:
            wanted = plain.wanted(connection, self.registry, template, span)
            reading, said = _reading(connection, own.code, span, shown)
            for place in (*above, own):
                plain.read(place, wanted, reading, numbers)
        below = plain.now_below(numbers) if shown.view == "now" else plain.then_below(span)
        here = plain.places(own, wanted, numbers, below)
        total, rows = _cells(here, above, own, wanted, numbers, below, open_records=open_records)
        changed = _changed(own.code, span)
        sources = self._sources(wanted, span)
        return Report(
            template=template.id,
            title=template.name,
            unit=template.unit,
            region_code=own.code,
            region_name=own.name,
            place_head=_PLACE_HEADS.get(own.level, "地区"),
            path=_path(principal, own),
            period=period,
            period_name=periods.name(period),
            as_of=min((one.as_of for one in sources if one.as_of), default=None),
            made_at=clock.now(),
            made_by=f"{principal.unit.name} {principal.name}",
            columns=_columns(wanted, numbers, {one.system_id: one.name for one in sources}),
            rows=_rows(here, rows),
            total=Row(
                code=None,
                name="合计" if here.below else own.name,
                cells=tuple(total),
                statistics_only=own.statistics_only,
            ),
            sources=sources,
            notes=(
                *_of_view(shown.view, wanted, changed=changed),
                *said,
                *_notes(template, sources, open_records=open_records),
            ),
            default_note=pack().default_note,
            protected=not open_records,
            view=shown.view,
            changed=changed,
        )

    def _sources(self, wanted: Sequence[Wanted], span: Period) -> tuple[Source, ...]:
        """The systems behind the columns, each with from when its data is."""
        found: dict[str, Source] = {}
        today = clock.local(clock.now()).date()
        for one in wanted:
            if one.system_id is None:
                continue
            system = self.registry.system(one.system_id)
            site = system.site
            said = one.snapshot if one.usable else None
            before = found.get(one.system_id)
            if before is not None and (said is None or before.as_of is not None):
                continue
            why = (one.snapshot.problem if one.snapshot else None) or (
                "本期尚未取数" if system.reachable else system.mode
            )
            found[one.system_id] = Source(
                system_id=one.system_id,
                name=site.name,
                as_of=said.as_of if said else None,
                problem="" if said else why,
                aged=bool(said and span.ends > today and today - said.day > _AGED_AFTER),
                simulated=bool(said and said.simulated),
                unplaced=said.unplaced if said else 0,
                unreadable=said.unreadable if said else 0,
            )
        return tuple(found.values())


def export(principal: Principal, report: Report, form: str) -> None:
    """Put into the audit that a report leaves the house as a file."""
    audit.append(
        action="reports.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=report.region_code,
        detail={"template": report.template, "period": report.period, "form": form},
    )


def _changed(region: str, span: Period) -> bool:
    """Whether the two views of a period may differ: a division changed after its first day."""
    return any(
        one.day > span.starts
        and any(code.startswith(region) for code in (one.old, *dict(one.heirs)))
        for one in divisions.passings()
    )


def _of_view(view: View, wanted: Sequence[Wanted], *, changed: bool) -> tuple[str, ...]:
    """By which divisions the table is laid out; nothing where it makes no difference."""
    if not changed:
        return ()
    if view == "then":
        return (f"本表{VIEWS[view]}统计，此后区划有变更；可改为{VIEWS['now']}查看。",)
    words = f"本表{VIEWS[view]}统计：变更前各期的数并入现在的区划，未写明分摊份额的仍单列。"
    distinct = any(one.definition and one.definition.kind is Kind.DISTINCT for one in wanted)
    more = ("去重统计的列不能相加，变更前各期仍为当时区划的数。",) if distinct else ()
    return (words, *more)


def _reading(
    connection: Connection, region: str, span: Period, shown: _Shown
) -> tuple[plain.Reading, tuple[str, ...]]:
    """Where the numbers come from, and what the report says about that."""
    version = shown.version
    if version is not None:
        if shown.view == "now":
            raise NoSuchReport("以前的版本只按当时区划查看，请改选当时区划。")
        try:
            one, stands = versions.of_version(connection, region, span, version)
        except versions.NoSuchVersion as error:
            raise NoSuchReport(error.message) from error
        if not stands:
            kept = plain.of_version(connection, region, span, version)
            return kept, (versions.words(one),)
    path = [one.code for one in divisions.path(region)]
    closed = measure_closing.standing(connection, path, region, span)
    of_view = plain.of_today if shown.view == "now" else plain.of_now
    return of_view(connection, span), closing.words(closed, region)


def _above(principal: Principal, own: Division) -> list[Division]:
    """The places above within the scope, from its top: they decide what is shown here."""
    return [
        one
        for one in divisions.path(own.code)[:-1]
        if any(one.code.startswith(prefix) for prefix in principal.prefixes)
    ]


def _path(principal: Principal, own: Division) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, one.name) for one in (*_above(principal, own), own))


def _cells(
    here: Places,
    above: Sequence[Division],
    own: Division,
    wanted: Sequence[Wanted],
    numbers: Numbers,
    below: plain.Below,
    *,
    open_records: bool,
) -> tuple[list[Cell], list[list[Cell]]]:
    if open_records:
        table = here.table
        return [exact(one) for one in table.total], [[exact(n) for n in row] for row in table.rows]
    way: list[tuple[Table, int]] = []
    for place, next_one in pairwise((*above, own)):
        table_above = plain.places(place, wanted, numbers, below)
        codes = [one.code for one in table_above.below]
        if next_one.code not in codes:
            raise NoSuchReport(f"{next_one.name}在所选统计期还没有设立或已撤销，请改选统计期。")
        way.append((table_above.table, codes.index(next_one.code)))
    return protect(way, here.table, plain.groups(wanted))


def _columns(
    wanted: Sequence[Wanted], numbers: Numbers, names: dict[str, str]
) -> tuple[Column, ...]:
    return tuple(
        Column(
            head=one.column.head,
            group=one.column.group,
            unit=one.definition.unit if one.definition else "人",
            source=names.get(one.system_id or "", "")
            or ("人口普查公报" if one.column.source == "census" else ""),
            problem=plain.problem(place, one, numbers),
            chart=one.column.chart,
            home=one.column.home,
        )
        for place, one in enumerate(wanted)
    )


def _rows(here: Places, cells: Sequence[Sequence[Cell]]) -> tuple[Row, ...]:
    named: list[tuple[str | None, str, bool]] = [
        (one.code, one.name, one.statistics_only) for one in here.below
    ]
    if here.with_rest:
        named.append((None, REST, False))
    return tuple(
        Row(code=code, name=name, cells=tuple(line), statistics_only=only)
        for (code, name, only), line in zip(named, cells, strict=True)
    )


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
