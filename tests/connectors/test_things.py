"""Households, houses and enterprises: asked for over both grounds, and what a manifest may say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stdnum.cn import uscc

from portal.connectors import conformance, trial
from portal.connectors.children import is_child
from portal.connectors.contract import (
    ABOUT,
    Answer,
    RegisterEntry,
    State,
    Subject,
    SubjectKind,
)
from portal.connectors.gateway import Gateway
from portal.connectors.recorder import CallRecorder
from portal.connectors.registry import ManifestError, read_manifest, read_manifests
from portal.connectors.template import values_for
from portal.store.clock import local, now
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import NOBODY, Ground, city
from tests.connectors.support import MANIFEST

MANIFESTS = read_manifests()
RETIRED = tuple(city().retired_codes.values())
LISTED = sorted(one for one, manifest in MANIFESTS.items() if manifest.registers)
ANSWERING = sorted(
    (one, kind)
    for one, manifest in MANIFESTS.items()
    for kind, able in ABOUT.items()
    if able in manifest.capabilities and kind is not SubjectKind.PERSON
)


@pytest.fixture(params=["recorded", "sandbox"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(configured: Path, ground: Ground) -> Iterator[Desk]:
    with desk_on(ground) as made:
        yield made


def subject_of(system_id: str, one: RegisterEntry) -> Subject:
    return Subject(
        id=f"{one.kind}-{one.foreign_id}",
        kind=one.kind,
        name=one.name or one.address,
        address=one.address,
        credit_code=one.credit_code,
        region_code=one.region_code,
        numbers={system_id: (one.foreign_id,)},
    )


def some(desk: Desk, ground: Ground, system_id: str, kind: SubjectKind) -> Iterator[Subject]:
    """Subjects to ask a system about: from its own lists, else from the grid's."""
    if kind is SubjectKind.HOUSEHOLD:
        numbers: dict[str, None] = {}
        for entry in desk.gateway.roster(system_id):
            if entry.household_no:
                numbers[entry.household_no] = None
        for number in list(numbers)[:400]:
            yield Subject(
                id=number, kind=kind, name="", region_code="", numbers={system_id: (number,)}
            )
        return
    own = kind.value in MANIFESTS[system_id].registers
    listed = [one for one in desk.gateway.register(system_id if own else "grid")]
    yield from (subject_of(system_id, one) for one in listed if one.kind is kind)
    if ground.name == "recorded" and system_id == "gov_service":  # recorded in another town
        code = "92630102181FF45RCC"
        yield Subject(id="e", kind=kind, name="", credit_code=code, region_code="630102101003")


def found(desk: Desk, ground: Ground, system_id: str, kind: SubjectKind) -> list[Answer]:
    answers: list[Answer] = []
    for subject in some(desk, ground, system_id, kind):
        answer = desk.ask_one(system_id, subject)
        if answer.state is State.RETURNED:
            answers.append(answer)
        else:
            assert answer.state is State.NOT_FOUND, answer.message
        if len(answers) >= 60:
            break
    return answers


@pytest.mark.parametrize("system_id", LISTED)
def test_a_list_of_things_is_readable_placed_and_without_doubles(
    system_id: str, desk: Desk
) -> None:
    register = desk.gateway.register(system_id)
    listed = list(register)
    assert list(conformance.listed(listed, register.unreadable, RETIRED)) == []
    assert {one.kind.value for one in listed} == set(MANIFESTS[system_id].registers)
    for one in listed:
        assert one.kind is SubjectKind.HOUSE or uscc.is_valid(one.credit_code)
    rows = [row for row in desk.rows if row["system_id"] == system_id]
    assert {row["purpose"] for row in rows} == {"register"}


@pytest.mark.parametrize(("system_id", "kind"), ANSWERING)
def test_what_a_system_knows_comes_back_as_that_very_thing(
    system_id: str, kind: SubjectKind, ground: Ground, desk: Desk
) -> None:
    answers = found(desk, ground, system_id, kind)
    assert answers, f"{ground.name} knows nothing of this kind in {system_id}"
    wanted = set(desk.gateway.registry.system(system_id).told[kind])
    seen: set[str] = set()
    for answer in answers:
        assert answer.as_of is not None and answer.simulated
        assert list(conformance.styles(answer, MANIFESTS[system_id])) == []
        for record in answer.records:
            seen |= {one.name for one in record.fields if one.value}
            assert {one.name for one in record.fields} <= wanted, "of other kinds nothing is told"
    if ground.name == "sandbox":
        assert seen == wanted
    else:
        assert len(wanted - seen) <= len(wanted) / 3, wanted - seen


@pytest.mark.parametrize(("system_id", "kind"), ANSWERING)
def test_what_a_system_does_not_know_is_said(system_id: str, kind: SubjectKind, desk: Desk) -> None:
    unknown = Subject(
        id="none",
        kind=kind,
        name="",
        address="没有这一处",
        credit_code="91630102MA0000000Q",
        region_code="630102101003",
        numbers={system_id: ("DB630102101003999999",)},
    )
    answer = desk.ask_one(system_id, unknown)
    if MANIFESTS[system_id].answers == "verification":
        assert [one.value for one in answer.records[0].fields] == ["否"]
        return
    assert answer.state is State.NOT_FOUND and "此人" not in answer.message
    without = desk.ask_one(system_id, replace(unknown, id="unlisted", numbers={}))
    assert without.state is State.NOT_FOUND


def test_a_system_whose_list_lacks_a_household_is_not_asked(desk: Desk) -> None:
    nobody = Subject(id="h", kind=SubjectKind.HOUSEHOLD, name="", region_code="")
    answer = desk.ask_one("subsistence", nobody)
    desk.gateway.settle()
    assert "名册" in answer.message and desk.calls("subsistence") == 0


def test_a_child_in_a_household_is_told_by_who_alone(ground: Ground, desk: Desk) -> None:
    today = local(now()).date()
    children = grown = 0
    for answer in found(desk, ground, "grid", SubjectKind.HOUSEHOLD):
        for record in answer.records:
            values = {one.name: one.value for one in record.fields}
            if is_child(values["id_number"] or "", today):
                children += 1
                assert set(values) <= {"household_no", "name", "id_number", "current_region"}
            else:
                grown += 1
                assert "relation" in values
    assert grown and (children or ground.name == "recorded")


def test_a_question_about_a_person_brings_no_record_of_a_house(desk: Desk, ground: Ground) -> None:
    answers = desk.ask(ground.known["grid"][0])
    assert "place_names" not in answers
    told = {one.name for record in answers["grid"].records for one in record.fields}
    assert "house_kind" not in told
    assert "place_names" not in desk.ask(NOBODY)


def test_checking_a_system_walks_its_lists_and_asks_for_the_first(ground: Ground) -> None:
    system = ground.registry().system("grid")
    gateway = Gateway(trial.alone(system), recorder=CallRecorder(lambda rows: None))
    gateway.start()
    try:
        told = {one.rule: one for one in trial.conform(gateway, system, now=now())}
    finally:
        gateway.stop()
    assert told["房屋、企业名单可读"].short == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ""),
        ({"foreign_id": "1"}, "有重复的编号"),
        ({"region_code": "6301"}, "有不成样的区划代码"),
        ({"region_code": "630122102205"}, "仍有停用的旧区划代码"),
    ],
)
def test_what_falls_short_in_a_list_is_said(change: dict[str, str], told: str) -> None:
    one = RegisterEntry(
        kind=SubjectKind.HOUSE, foreign_id="1", region_code="630102101003", address="1号"
    )
    entries = [one, replace(one, **{"foreign_id": "2", **change})]
    assert [*conformance.listed(entries, 0, RETIRED), ""][0] == told
    assert list(conformance.listed([], 3)) == ["名单是空的", "3 行读不懂"]


def test_each_of_a_system_s_own_numbers_is_asked_for() -> None:
    both = Subject(
        id="h", kind=SubjectKind.HOUSEHOLD, name="", region_code="", numbers={"a": ("1", "2")}
    )
    asked = values_for(both, "a", {"household_no"})
    assert [one["household_no"] for one in asked] == ["1", "2"]
    assert values_for(both, "b", {"household_no"}) == []
    assert len(values_for(both, "b", {"address"})) == 1


HOUSE = """
[calls.house]
path = "/house"
query = {{ no = "{house_no}" }}
items = "rows"
[calls.houses]
path = "/houses"
items = "rows"
[registers.house]
foreign_id = "no"
region_code = "place"
address = "address"
[[records]]
title = "房屋"
of = "house"
[records.map]
house_no = "no"
owner = "owner"
owner_number = {{ from = "number", convert = ["id_number"] }}
[fields.house_no]
label = "编号"
sensitivity = "open"
[fields.owner]
label = "产权人"
sensitivity = "personal"
mask = "name"
[fields.owner_number]
label = "证件号"
sensitivity = "sensitive"
mask = "id_number"
"""


def written(folder: Path, change: tuple[str, str] | None = None) -> Any:
    text = MANIFEST.format(id="a").replace('"roster"]', '"roster", "houses"]')
    text += HOUSE.replace("{{", "{").replace("}}", "}")
    if change:
        assert change[0] in text
        text = text.replace(*change)
    file = folder / "service" / "a.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return read_manifest(file)


def test_a_manifest_may_speak_of_houses(tmp_path: Path) -> None:
    assert written(tmp_path).registers["house"].address is not None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (('no = "{house_no}"', 'no = "1"'), "calls.house"),
        ((', "houses"]', "]"), "capabilities"),
        (('house_no = "no"\n', 'other_no = "no"\n'), "records"),
        (('path = "/houses"', 'path = "/h{credit_code}"'), "calls.houses.path"),
        (('address = "address"\n', ""), "registers.house.address"),
        (("[registers.house]", "[registers.enterprise]"), "registers.house"),
        (('owner_number = { from = "number", convert = ["id_number"] }\n', ""), "records[1].map"),
        (('of = "house"', 'of = "farm"'), "records.1.of"),
        (('field = "service"', 'field = "service"\nnature = "police"'), "capabilities"),
    ],
)
def test_what_a_manifest_may_not_say_of_houses(
    tmp_path: Path, change: tuple[str, str], key: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        written(tmp_path, change)
    assert key in {one.key for one in refused.value.refusals}
