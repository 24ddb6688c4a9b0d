"""数据资源目录: what is shared by whom, checked against the manifests; nothing of a person."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from auth.permissions import Denied
from portal.connectors.registry import Registry, load_registry
from portal.functions import trailwords
from portal.functions.reports import Reports
from portal.functions.resources import Entry, Resources, load, problems
from portal.functions.resources import catalogue as module
from portal.store import citypack
from portal.store.citypack import CityPack
from portal.store.resource_texts import Library, Resource, ResourceTexts
from tests import people
from tests.functions.test_reports import WILLOW, Town, person

XINING = Path(__file__).parents[2] / "city" / "xining"
LEADER = people.principal(  # sees systems and numbers, opens nobody's records
    roles=("leader", "operator"),
    prefixes=("9901",),
    kind="government",
    level="city",
    region_code="9901",
)


@pytest.fixture
def city(hailing: CityPack, monkeypatch: pytest.MonkeyPatch) -> CityPack:
    """The real catalogue over an empty register of persons."""
    read = citypack.read_pack(XINING)
    monkeypatch.setattr(module, "pack", lambda: read)
    monkeypatch.setattr(trailwords, "pack", lambda: read)
    return read


@pytest.fixture
def registry(city: CityPack) -> Registry:
    return load_registry(city.systems, secret=lambda name: name)


@pytest.fixture
def resources(registry: Registry) -> Resources:
    return Resources(registry=registry, reports=Reports(registry=registry))


def by_id(found: tuple[Entry, ...]) -> dict[str, Entry]:
    return {one.id: one for one in found}


def test_the_city_has_56_resources_in_18_libraries_and_all_of_them_exist(
    city: CityPack, registry: Registry
) -> None:
    texts = city.resources
    assert (len(texts.resource), len(texts.library)) == (56, 18)
    assert list(problems(texts, registry, [one.id for one in city.systems])) == []


def test_each_says_what_from_whom_on_which_basis_for_whom(resources: Resources) -> None:
    found = by_id(resources.entries(people.principal()))
    assert len(found) == 56
    for one in found.values():
        assert one.contents and one.owner and one.basis and one.users and one.libraries, one.id
        assert not [word for word in one.purposes if word.isascii()], one.purposes
        assert one.as_of is None, "nobody has answered yet"
    chronic = found["chronic_conclusions"]
    assert chronic.sharing == "核验共享" and "入户走访核实" not in chronic.purposes
    assert "社区（村）工作人员" in found["pension_benefits"].users
    assert "市级领导" not in "".join(found["pension_benefits"].users)


@pytest.mark.parametrize(
    ("typed", "some"),
    [("高龄", "elder_allowances"), ("gljt", "elder_allowances"), ("网格化", "dwellings"),
     ("致困", "low_income_causes")],
)  # fmt: skip
def test_it_is_found_by_name_pinyin_system_and_content(
    resources: Resources, typed: str, some: str
) -> None:
    found = by_id(resources.entries(people.principal(), typed))
    assert some in found and len(found) < 56


def test_a_library_narrows_the_catalogue(resources: Resources) -> None:
    found = by_id(resources.entries(people.principal(), library="pension"))
    assert set(found) == {"pension_enrolment", "pension_payments", "pension_benefits",
                          "pension_certificates"}  # fmt: skip
    topic = next(one for one in resources.topics(people.principal()) if one.id == "pension")
    assert (len(topic.resources), topic.systems, topic.numbers) == (4, 1, 0)


def test_a_post_without_the_right_sees_nothing(resources: Resources) -> None:
    nobody = people.principal(roles=("reader",))
    for ask in (resources.entries, resources.topics):
        with pytest.raises(Denied):
            ask(nobody)
    with pytest.raises(Denied):
        resources.numbers(nobody, "population")


def test_the_numbers_of_a_library_are_those_of_the_report_and_as_protected(
    hailing: CityPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(tmp_path)
    town.gateway.start()
    try:
        town.rows["a"] = [person(WILLOW) for _ in range(7)]
        town.rows["b"] = [person(WILLOW) for _ in range(2)]
        town.say("a"), town.say("b")
    finally:
        town.gateway.stop()
    texts = ResourceTexts(
        resource=(
            Resource(id="all", name="人口", system="a", sharing="无条件共享",
                     measures=("residents", "households")),
            Resource(id="poor", name="低保", system="b", sharing="无条件共享",
                     measures=("subsistence_persons",)),
        ),
        library=(Library(id="people", name="人口库", about="人", resources=("all", "poor")),),
    )  # fmt: skip
    city = hailing.model_copy(update={"resources": texts})
    monkeypatch.setattr(module, "pack", lambda: city)
    function = Resources(registry=town.registry, reports=town.reports)
    clerk = people.principal()
    assert [one.text for one in function.numbers(clerk, "people")] == ["7", "7", "2"]
    leader = [one.text for one in function.numbers(LEADER, "people")]
    assert leader == ["7", "7", "不公布"], "so few residents that a number tells"
    assert function.numbers(clerk, "nothing") == ()


WHOLE = {"id": "a", "name": "甲", "system": "grid", "sharing": "有条件共享", "fields": ["name"]}
SHELF = {"id": "l", "name": "库", "about": "库", "resources": ["a"]}


@pytest.mark.parametrize(
    ("resource", "library", "said"),
    [
        ([{**WHOLE, "fields": []}], [SHELF], "没有写明字段、指标或任务"),
        ([{**WHOLE, "sharing": "随意"}], [SHELF], "sharing"),
        ([WHOLE, WHOLE], [SHELF], "重复"),
        ([WHOLE], [{**SHELF, "resources": ["a", "b"]}], "引用了没有的数据资源“b”"),
        ([WHOLE], [], "不属于任何专题库"),
        ([{**WHOLE, "colour": 1}], [SHELF], "colour"),
    ],
)
def test_a_catalogue_that_does_not_fit_together_is_refused(
    resource: list[object], library: list[object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        ResourceTexts.model_validate({"resource": resource, "library": library})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"system": "nothing"}, "没有业务系统“nothing”"),
        ({"fields": ["religion"]}, "没有字段“religion”"),
        ({"measures": ["souls"]}, "没有统计指标“souls”"),
        ({"system": "birth_registration", "fields": ["registered"], "tasks": True}, "没有任务"),
    ],
)
def test_what_no_system_shares_is_named(
    city: CityPack, registry: Registry, change: dict[str, object], said: str
) -> None:
    texts = ResourceTexts.model_validate({"resource": [WHOLE | change], "library": [SHELF]})
    with pytest.raises(ValueError, match=said):
        load(registry, texts, [one.id for one in city.systems])
