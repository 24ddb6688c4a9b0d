"""统一报表: statistics in one click, within one's scope, with everything that must be said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.registry import Registry
from portal.functions.reports import closing, dressing, grid, known, library, periods, versions
from portal.functions.reports import plan as planning
from portal.functions.reports.grid import Asked
from portal.functions.reports.known import Catalogue, Own
from portal.functions.reports.laid import Laid
from portal.functions.reports.library import Library
from portal.functions.reports.lines import Grids
from portal.functions.reports.model import Report, Source, View
from portal.functions.reports.plain import Wanted
from portal.functions.reports.plan import Plan
from portal.store import clock, divisions, measure_closing, measure_reads
from portal.store.citypack import ReportTemplate, pack
from portal.store.divisions import Division
from portal.store.measure_words import Kind, Period
from portal.store.scope import scoped

VIEW, RECORDS = "reports.view", "records.open"
_PLACE_HEADS = {"city": "区县", "district": "乡镇（街道）", "street": "社区（村）"}
_HEADS = {"lines": "项目", "months": "月份"}
MOST_PLANS = 1000
_AGED_AFTER = timedelta(days=2)
NO_VERSIONS = "以前的版本须有档案查阅权限的岗位查看，本岗位可以查看各版本的差异。"


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
        span, plan = wish.span, self._plan(template)
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
        total, rows = dressing.table(template, own, plan, grids, months)
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
            columns=dressing.columns(
                template, plan, first, {one.system_id: one.name for one in sources}
            ),
            rows=rows,
            total=total,
            sources=sources,
            notes=(
                *laid.words(distinct=_counts_once(first.wanted)),
                *said,
                *dressing.absent(template, plan, first),
                *dressing.notes(template, sources, open_records=open_records),
            ),
            default_note=pack().default_note,
            protected=not open_records,
            official=dressing.official(template),
            below=tuple((one.code, one.name) for one in divisions.children(own.code)),
            total_shown=dressing.has_total(template, span),
            cutoff=dressing.cutoff(span),
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
