"""The library of report templates: those that can be used, and those that cannot, each with why.

What a template says about itself was checked when the pack was read; here it is held against the
measures that there are. While a system's manifest cannot be read nobody knows what it counts: then
a report shows "无数据" in that column instead of vanishing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from portal.connectors.registry import Registry
from portal.functions.reports.known import Catalogue, Known
from portal.functions.reports.plan import Base, base
from portal.store.citypack import CityPack, ReportTemplate
from portal.store.measure_words import Kind, Topic
from portal.store.report_texts import UnreadReport


@dataclass(frozen=True, kw_only=True)
class Library:
    """The templates of a city."""

    templates: tuple[ReportTemplate, ...]
    refused: tuple[UnreadReport, ...] = ()

    def find(self, template: str) -> ReportTemplate | None:
        """The template of that id, if it can be used."""
        return next((one for one in self.templates if one.id == template), None)


def of(city: CityPack, registry: Registry, catalogue: Catalogue) -> Library:
    """Check every template of a pack."""
    whole = all(one.id in registry.systems for one in city.systems) and not city.unread_systems
    good, bad = [], list(city.reporting.unread)
    for one in city.reports:
        found = problems_of(one, catalogue, city.reporting.awaited) if whole else ()
        problems = list(dict.fromkeys(found))
        if not problems:
            good.append(one)
            continue
        file, line = city.reporting.lines.get(one.id, ("", 0))
        bad.append(UnreadReport(file=file, line=line, id=one.id, reason="；".join(problems)))
    return Library(templates=tuple(good), refused=tuple(bad))


def problems_of(
    template: ReportTemplate, catalogue: Catalogue, awaited: Collection[str] = ()
) -> Iterator[str]:
    """Why a template does not fit the measures, place by place."""
    for where, one in _cells(template):
        if not one.measure:
            continue
        known = catalogue.find(one.measure)
        if known is None and one.measure in awaited:
            continue
        if known is None:
            yield f"{where}：没有名为“{one.measure}”的指标"
        elif one.system and catalogue.supplier(one.measure, one.system) is None:
            yield f"{where}：“{one.system}”不提供指标“{one.measure}”"
        else:
            yield from (f"{where}：{why}" for why in _unfit(template, one, known))


def _cells(template: ReportTemplate) -> Iterator[tuple[str, Base]]:
    for place, column in enumerate(template.columns, start=1):
        if column.formula:
            continue
        named = f"第{place}列“{column.head}”"
        if not template.lines or template.rest:
            yield named, base(column)
        for number, line in enumerate(template.lines, start=1):
            yield f"第{number}行“{line.head}”{named}", base(column, line)


def _unfit(template: ReportTemplate, one: Base, known: Known) -> Iterator[str]:
    if one.slice and known.slices is not None and one.slice not in known.slices:
        yield f"指标“{one.measure}”没有分类“{one.slice}”"
    if not one.slice and not known.divides:
        yield f"指标“{one.measure}”的分类不相加，须写明 slice"
    if one.part == "denominator" and not known.fraction:
        yield f"指标“{one.measure}”没有分母"
    if one.sex and not known.by_sex:
        yield f"指标“{one.measure}”不分性别"
    if (one.from_age is not None or one.to_age is not None) and not _banded(one, known):
        yield f"指标“{one.measure}”没有这个年龄段"
    if known.definition.topic is not Topic.NONE and known.definition.kind is Kind.FLOW:
        yield f"指标“{one.measure}”涉及个人困难且按发生数统计，不能进入报表"


def _banded(one: Base, known: Known) -> bool:
    firsts = {first for first, _ in known.bands}
    lasts = {last for _, last in known.bands}
    return (one.from_age or 0) in firsts and one.to_age in lasts
