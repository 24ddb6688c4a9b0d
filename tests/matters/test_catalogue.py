"""The city's own catalogue is usable, complete, and found as one speaks."""

from pathlib import Path

import pytest

from portal.connectors.registry import load_registry
from portal.functions.matters import catalogue, load
from portal.settings import ROOT
from portal.store.citypack import read_pack
from portal.store.matter_texts import Condition, Matter, MatterTexts
from tests.connectors import support

CITY = read_pack(ROOT / "city" / "xining", production=True)
TEXTS = CITY.matters


def test_every_check_and_every_field_of_the_city_s_matters_exists() -> None:
    assert list(catalogue.problems(TEXTS, load_registry(CITY.systems))) == []


def test_a_clerk_finds_the_matters_of_every_day() -> None:
    assert len(TEXTS.matter) >= 20
    assert len({one.name for one in TEXTS.matter}) == len(TEXTS.matter)


@pytest.mark.parametrize("matter", TEXTS.matter, ids=lambda one: one.id)
def test_a_matter_says_all_that_a_resident_asks(matter: Matter) -> None:
    assert matter.conditions and matter.materials
    assert matter.promised_days <= matter.legal_days
    assert matter.default  # nothing of it has been confirmed by its unit yet


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("高龄津贴", "elderly_allowance"),
        ("gljt", "elderly_allowance"),
        ("gaoling", "elderly_allowance"),
        ("低保", "subsistence_allowance"),
        ("db", "subsistence_allowance"),
        ("两项补贴", "disability_nursing"),
        ("公租房", "public_rental"),
        ("居住证", "floating_population"),
        ("认证", "pension_certification"),
    ],
)
def test_a_matter_is_found_as_one_speaks(typed: str, found: str) -> None:
    assert found in [one.id for one in catalogue.found(TEXTS, typed)]


def test_what_nobody_means_finds_nothing_and_nothing_typed_finds_all() -> None:
    assert catalogue.found(TEXTS, "没有的事") == ()
    assert catalogue.found(TEXTS, " ") == TEXTS.matter
    assert sum(map(len, catalogue.grouped(TEXTS.matter).values())) == len(TEXTS.matter)


def _matter(**changes: object) -> MatterTexts:
    values: dict[str, object] = {
        "id": "one", "name": "一", "group": "组", "system": "a", "system_name": "A",
        "owner": "局", "handler": "社区", "legal_days": 1, "promised_days": 1, **changes,
    }  # fmt: skip
    return MatterTexts(matter=(Matter.model_validate(values),))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conditions": (Condition(words="x", check="a.grade ="),)}, "one：判断式"),
        ({"conditions": (Condition(words="x", check="a.wealth == '1'"),)}, "没有名为“a.wealth”"),
        ({"materials": ({"name": "证", "held": ("a.no_such",)},)}, "没有名为“a.no_such”"),
        (
            {"form": ({"name": "x", "label": "栏", "sources": ("resident.faith",)},)},
            "resident.faith",
        ),
        ({"link": "nowhere"}, "没有登记页面“nowhere”"),
    ],
)
def test_a_catalogue_that_could_not_be_used_is_refused_with_its_reason(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    registry = support.load(tmp_path, ["a"])
    with pytest.raises(ValueError, match=said):
        load(registry, _matter(**changes))
