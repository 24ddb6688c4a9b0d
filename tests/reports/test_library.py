"""The library of this city: how many templates, all of them usable, no two of them the same."""

import re
import tomllib
from collections import Counter

import pytest

from portal import plugs
from portal.connectors.registry import Registry, load_registry
from portal.functions.reports import known, library
from portal.functions.reports import plan as planning
from portal.functions.reports.known import Catalogue
from portal.store.citypack import CityPack, ReportTemplate, read_pack
from portal.store.measure_words import Kind, Topic
from tests.connectors.grounds import city

LEAST_TEMPLATES, LEAST_MEASURES, LEAST_SERIES = 90, 80, 200


@pytest.fixture(scope="module")
def xining() -> CityPack:
    return city()


@pytest.fixture(scope="module")
def registry(xining: CityPack) -> Registry:
    return load_registry(
        xining.systems, retired_codes=xining.retired_codes, unread=xining.unread_systems
    )


@pytest.fixture(scope="module")
def catalogue(xining: CityPack, registry: Registry) -> Catalogue:
    return known.catalogue(registry, plugs.own_measures(xining))


def test_there_are_at_least_ninety_templates_and_each_can_be_used(
    xining: CityPack, registry: Registry, catalogue: Catalogue
) -> None:
    found = library.of(xining, registry, catalogue)
    assert [one.words for one in found.refused] == []
    assert len(found.templates) >= LEAST_TEMPLATES
    fields = Counter(one.field for one in found.templates)
    assert min(fields[one] for one in ("party", "governance", "service")) >= 20
    assert {one.rows for one in found.templates} == {"places", "lines", "months"}


def test_no_two_templates_count_the_same_in_the_same_rows(xining: CityPack) -> None:
    seen: dict[object, str] = {}
    for one in xining.reports:
        assert one.shape not in seen, (one.id, seen.get(one.shape))
        seen[one.shape] = one.id
    names = Counter(one.name for one in xining.reports)
    assert [name for name, times in names.items() if times > 1] == []
    renamed = xining.reports[0].model_copy(update={"id": "other", "name": "另一个标题"})
    assert renamed.shape == xining.reports[0].shape, "another title is no other report"


def test_every_measure_says_what_it_counts_and_none_about_hardship_is_a_flow(
    catalogue: Catalogue,
) -> None:
    declared = catalogue.measures.values()
    assert len(declared) >= LEAST_MEASURES
    assert sum(one.series for one in declared) >= LEAST_SERIES
    assert [one.definition.id for one in declared if not (one.about and one.definition.unit)] == []
    assert [one.definition.id for one in declared if not all(s.name for s in one.suppliers)] == []
    # A flow of a few persons a month would be told by the difference of a quarter and its months.
    told = [one for one in declared if one.definition.topic is not Topic.NONE]
    assert len(told) >= 10
    assert {one.definition.kind for one in told} == {Kind.STOCK}
    # Kinds that add up to a whole by the owner's word only would be told by it as well.
    for hidden in ("card_holders", "card_sight", "subsistence_joined", "births"):
        assert catalogue.find(hidden) is None
    assert catalogue.find("grid_events") is not None


def test_every_figure_answers_where_it_is_from_how_it_is_counted_and_where_its_cases_are(
    xining: CityPack, registry: Registry, catalogue: Catalogue
) -> None:
    declared = catalogue.measures.values()
    bases = [planning.whole(one.definition.id) for one in declared]
    found = {one.name: one for one in known.meanings(catalogue, bases)}
    assert set(found) == {one.definition.name for one in declared}
    silent = [
        (one.name, answer)
        for one in found.values()
        for answer in ("about", "unit", "kind", "source", "owner", "basis", "level", "cases")
        if not getattr(one, answer).strip()
    ]
    assert silent == []
    # Who counts it is a system of the registry, or an affair of this platform.
    affairs = set()
    for one in declared:
        for supplier in one.suppliers:
            if one.own:
                assert supplier.system_id.startswith("platform:"), one.definition.id
                affairs.add(supplier.system_id.partition(":")[2])
            else:
                assert supplier.system_id in registry.systems
    assert affairs == set(xining.reporting.affairs), "each affair names its owner and its basis"
    words = str([vars(one) for one in found.values()])
    assert not re.search("登录|在线时长|积分|排名", words), "never log-ins, never points"


BAD = {
    '{ head = "甲", measure = "nothing" }': "第1列“甲”：没有名为“nothing”的指标",
    '{ head = "甲", measure = "residents", from_age = 3, to_age = 9 }': "没有这个年龄段",
    '{ head = "甲", measure = "households", sex = "男" }': "不分性别",
    '{ head = "甲", measure = "urban_cases", slice = "堵车" }': "没有分类“堵车”",
    '{ head = "甲", measure = "urban_cases", system = "grid" }': "“grid”不提供指标",
    '{ head = "甲", measure = "residents", part = "denominator" }': "没有分母",
    '{ head = "甲", measure = "orders_received_class" }': "须写明 slice",
}


def test_a_template_that_fits_no_measure_is_refused_with_its_place(
    xining: CityPack, registry: Registry, catalogue: Catalogue
) -> None:
    for column, reason in BAD.items():
        entry = tomllib.loads(f'id = "bad"\nname = "坏表"\ncolumns = [{column}]')
        bad = ReportTemplate.model_validate(entry)
        texts = xining.reporting
        with_it = type(texts)(
            templates=(*texts.templates, bad),
            lines={**texts.lines, "bad": ("reports/x.toml", 12)},
        )
        found = library.of(xining.model_copy(update={"reporting": with_it}), registry, catalogue)
        assert len(found.templates) == len(texts.templates)
        (refused,) = found.refused
        assert (refused.file, refused.line) == ("reports/x.toml", 12)
        assert reason in refused.reason, (column, refused.reason)


def test_a_system_that_cannot_be_read_takes_no_template_along(
    xining: CityPack, registry: Registry, catalogue: Catalogue
) -> None:
    some = Registry(one for one in registry.systems.values() if one.id != "grid")
    found = library.of(xining, some, known.catalogue(some))
    assert len(found.templates) == len(xining.reports)
    assert read_pack(xining.folder).reports == xining.reports
