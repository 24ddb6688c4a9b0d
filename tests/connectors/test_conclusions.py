"""Conclusions only: which manifests may promise them, and who is told nothing else."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from portal.connectors.children import CHILD_UNTIL, is_child
from portal.connectors.contract import State
from portal.connectors.registry import ManifestError, read_manifest, read_manifests
from portal.store.clock import local
from tests.connectors.conftest import MakeWorld
from tests.connectors.support import (
    MANIFEST,
    NOON,
    SUBJECT,
    FakeTransport,
    always,
    values_of,
)

FIELD = 'grade = { label = "等级", sensitivity = "open" }'
TOLD = 'grade = { label = "是否符合", sensitivity = "open", conclusion = true }'
MAP = 'grade = "grade"'
CODED = 'grade = { from = "grade", convert = ["code:yes"] }'
TABLE = "[tables]\nyes = { 1 = '是', 0 = '否' }\n[fields]"
PLAIN = MANIFEST.format(id="a")
ROSTER = PLAIN[PLAIN.index("[roster]") :]
CONCLUDING = (
    ('about = "试验"', 'about = "试验"\nanswers = "conclusion"'),
    (FIELD, TOLD),
    (MAP, CODED),
    ("[fields]", TABLE),
    ('"records", "roster"', '"records"'),
    (ROSTER, ""),
)


def concluding(text: str) -> str:
    """The test system as one that gives a conclusion only."""
    for old, new in CONCLUDING:
        assert old in text, old
        text = text.replace(old, new)
    return text


def read(folder: Path, text: str) -> None:
    file = folder / "service" / "a.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    read_manifest(file)


@pytest.mark.parametrize("word", ["conclusion", "verification"])
def test_identity_and_conclusions_are_accepted(tmp_path: Path, word: str) -> None:
    text = concluding(PLAIN).replace('"conclusion"', f'"{word}"')
    read(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        (", conclusion = true", "", "fields.grade", "只可有"),
        (", conclusion = true }", " }", "answers", "至少要有一个字段是结论"),
        (CODED, MAP, "fields.grade.conclusion", "请用 code"),
        (
            CODED,
            'grade = { from = "grade", convert = ["money"] }',
            "fields.grade.conclusion",
            "请用 code",
        ),
        (CODED, CODED.replace('"code:yes"', '"date:iso"'), "fields.grade.conclusion", "请用 code"),
        ('mask = "name"', 'mask = "text"', "fields.name", "只可有"),
        ("0 = '否'", "0 = '二级'", "fields.grade.conclusion", "说出了具体内容"),
        ("0 = '否'", "0 = '尿毒症'", "fields.grade.conclusion", "说出了具体内容"),
        (
            "0 = '否'",
            ", ".join(f"{n} = '第{n}类'" for n in range(2, 9)),
            "fields.grade.conclusion",
            "超过 6 个",
        ),
        (
            'title = "试验记录"',
            'title = "试验记录"\nabout = "others"',
            "records",
            "其他人",
        ),
        (CODED, f"{CODED}\n{ROSTER}", "roster", "不得提供名册"),
    ],
)
def test_anything_more_than_a_conclusion_is_refused_by_name(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    text = concluding(PLAIN)
    assert old in text
    with pytest.raises(ManifestError) as refused:
        read(tmp_path, text.replace(old, new))
    found = [why for where, why in refused.value.problems if where == key]
    assert any(reason in why for why in found), refused.value.problems
    assert str(refused.value).startswith("a.toml：")


@pytest.mark.parametrize(
    "label", ["病种", "主要诊断", "残疾等级", "残疾类别", "生育情况", "住院次数"]
)
def test_medicine_birth_and_disability_are_conclusions_in_every_system(
    tmp_path: Path, label: str
) -> None:
    text = PLAIN.replace('label = "等级"', f'label = "{label}"')
    with pytest.raises(ManifestError, match="只能给结论"):
        read(tmp_path, text)


def test_a_manifest_promises_records_unless_it_says_otherwise() -> None:
    assert read_manifests()["subsistence"].answers == "record"


# --- under fourteen ----------------------------------------------------------------------------


def number_of(born: date) -> str:
    digits = f"630102{born:%Y%m%d}042"
    return digits + ric.calc_check_digit(digits + "0")


@pytest.mark.parametrize(
    ("born", "today", "child"),
    [
        (date(2012, 11, 24), date(2026, 11, 23), True),
        (date(2012, 11, 24), date(2026, 11, 24), False),
        (date(2012, 2, 29), date(2026, 2, 28), True),
        (date(2012, 2, 29), date(2026, 3, 1), False),
        (date(2026, 11, 23), date(2026, 11, 23), True),
        (date(1953, 4, 12), date(2026, 11, 23), False),
        (date(2027, 1, 1), date(2026, 11, 23), True),
    ],
)
def test_the_birthday_itself_ends_childhood(born: date, today: date, child: bool) -> None:
    assert is_child(number_of(born), today) is child


@given(
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 12, 31)),
    later=st.integers(min_value=0, max_value=60_000),
)
def test_nobody_becomes_a_child_again(born: date, later: int) -> None:
    number = number_of(born)
    today = born + timedelta(days=min(later, (date(9000, 1, 1) - born).days))
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert is_child(number, today) is (years < CHILD_UNTIL)


@pytest.mark.parametrize("number", ["", "护照E12345678", "630102"])
def test_a_number_that_tells_no_age_counts_as_a_childs(number: str) -> None:
    assert is_child(number, date(2026, 11, 23))


CHILD = replace(SUBJECT, id_number=number_of(date(2014, 5, 1)))
ABOUT_CHILD = {
    "code": "0",
    "rows": [{"no": "1", "id": CHILD.id_number, "name": "才让卓玛", "grade": "1"}],
}


def one_conclusion(text: str) -> str:
    """System a has a conclusion among its fields, system b has none."""
    if 'id = "b"' in text:
        return text
    for old, new in CONCLUDING[1:4]:
        text = text.replace(old, new)
    return text


def test_the_gateway_itself_tells_conclusions_only_of_a_child(make_world: MakeWorld) -> None:
    world = make_world({"a": always(ABOUT_CHILD), "b": always(ABOUT_CHILD)}, one_conclusion)
    answers = {one.system_id: one for one in world.gateway.stream(world.asker(), CHILD)}
    assert values_of(answers["a"])["grade"] == "是"
    assert answers["b"].state is State.NO_PERMISSION
    assert "未满十四周岁" in answers["b"].message
    assert world.calls("b") == 0
    again = {one.system_id: one for one in world.gateway.stream(world.asker(), CHILD)}
    assert values_of(again["a"]) == values_of(answers["a"])


def test_of_somebody_else_the_gateway_tells_what_the_asker_may_read(
    make_world: MakeWorld,
) -> None:
    grown = replace(CHILD, id_number=number_of(local(NOON).date().replace(year=2026 - CHILD_UNTIL)))
    row = {**ABOUT_CHILD["rows"][0], "id": grown.id_number}  # type: ignore[dict-item]
    world = make_world({"a": always({"code": "0", "rows": [row]})}, one_conclusion)
    (answer,) = world.gateway.stream(world.asker(), grown)
    assert set(values_of(answer)) == {"id_number", "name", "grade"}
    assert isinstance(world.transports["a"], FakeTransport)
