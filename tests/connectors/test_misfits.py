"""An answer that does not fit its mapping is kept out, counted, and shown by its shape alone."""

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest

from portal.connectors.contract import State
from portal.connectors.redact import MOST_TEXT, shape
from portal.store import samples
from portal.store.samples import Sample
from portal.store.scope import scoped
from portal.store.switches import SERVICE
from tests.conftest import TestDatabase
from tests.connectors.conftest import MakeWorld
from tests.connectors.support import GOOD, ID_NUMBER, NOON, always

PERSON = {"no": "1", "id": ID_NUMBER, "name": "才让卓玛", "grade": "甲"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("630102195304129822", "数字18位"),
        ("63010219530412982X", "数字18位（末位字母）"),
        ("才让卓玛", "汉字4字"),
        ("2026-11-23 08:30", "数字与符号16位"),
        ("ABC", "字母3位"),
        ("GL0001", "字母数字6位"),
        ("东兴路1号2单元301", "文字11字符"),
        ("", "空白"),
        (None, "空"),
        (True, "是否"),
        (1600, "数值"),
    ],
)
def test_a_value_becomes_its_kind_and_length(value: Any, shown: str) -> None:
    assert json.loads(shape({"a": value})) == {"a": shown}


def test_names_stay_and_a_key_that_is_a_value_does_not() -> None:
    told = shape({"data": {"姓名": "马秀英", ID_NUMBER: {"xm": "马秀英"}}, "rows": [PERSON] * 9})
    assert json.loads(told)["data"] == {"姓名": "汉字3字", "〔数字18位〕": {"xm": "汉字3字"}}
    assert json.loads(told)["rows"][-1] == "另有 7 行"
    assert ID_NUMBER not in told and "马秀英" not in told and "才让卓玛" not in told


@pytest.mark.parametrize("seed", range(50))
def test_no_value_survives_whatever_the_answer_is(seed: int) -> None:
    dice = random.Random(seed)
    secrets = [
        "".join(dice.choices(string.digits, k=dice.randint(5, 18))),
        "".join(dice.choices("马秀英才让卓玛东兴路", k=dice.randint(13, 20))),
        "".join(dice.choices(string.ascii_letters + string.digits + " @.", k=30)),
    ]

    def some(depth: int) -> Any:
        kind = dice.randint(0, 3 if depth < 12 else 1)
        if kind == 2:
            return [some(depth + 1) for _ in range(dice.randint(0, 4))]
        if kind == 3:
            return {dice.choice([*secrets, "name", "rows"]): some(depth + 1) for _ in range(3)}
        return dice.choice(secrets)

    told = shape([some(0) for _ in range(4)])
    assert len(told) <= MOST_TEXT
    assert not [one for one in secrets if one in told]


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        ({"code": "0", "rows": [{"bh": "1", "sfz": ID_NUMBER, "xm": "才让卓玛"}]}, "person"),
        ({"code": "0", "rows": ["才让卓玛", ID_NUMBER]}, "person"),
        ({"code": "0", "rows": "才让卓玛"}, "person"),
        ({"code": "0"}, "person"),
        ({"code": "0", "rows": None}, "person"),
        ({"code": "0", "data": {"rows": []}}, "person"),
    ],
)
def test_an_answer_of_another_shape_is_a_fault_with_a_sample(
    make_world: MakeWorld, answer: Any, call: str
) -> None:
    kept: list[Sample] = []
    world = make_world({"a": always(answer), "b": always(GOOD)}, keep_sample=kept.append)
    answers = world.ask()
    assert answers["b"].state is State.RETURNED, "the others are not touched"
    assert (answers["a"].state, answers["a"].records) == (State.FAULT, ())
    assert answers["a"].message.startswith("对方系统返回的内容与约定的格式不符")
    row = next(one for one in world.rows if one["system_id"] == "a")
    assert row["fault"] == "Misfit", "and so it is counted"
    assert (kept[0].system_id, kept[0].call) == ("a", call)
    assert "才让卓玛" not in kept[0].shape and ID_NUMBER not in kept[0].shape


@pytest.mark.parametrize("answer", [{"code": "0"}, {"code": "0", "rows": None}])
def test_a_system_that_writes_null_for_nobody_says_so_in_its_manifest(
    make_world: MakeWorld, answer: Any
) -> None:
    def declared(text: str) -> str:
        return text.replace('items = "rows"', 'items = "rows"\nempty = "null"')

    world = make_world({"a": always(answer)}, declared)
    assert world.ask()["a"].state is State.NOT_FOUND


def test_a_single_value_that_cannot_be_read_still_costs_only_itself(make_world: MakeWorld) -> None:
    row = {**PERSON, "grade": {"deep": 1}}
    world = make_world({"a": always({"code": "0", "rows": [row]})})
    assert world.ask()["a"].state is State.RETURNED


def test_a_sample_that_cannot_be_kept_changes_nothing_for_the_clerk(make_world: MakeWorld) -> None:
    def broken(_sample: Sample) -> None:
        raise OSError

    world = make_world({"a": always({"code": "0", "rows": "x"})}, keep_sample=broken)
    assert world.ask()["a"].state is State.FAULT


def test_a_few_samples_of_each_system_are_kept(database: TestDatabase, tmp_path: Path) -> None:
    for number in range(samples.MOST + 3):
        for system in ("a", "b"):
            one = Sample(system_id=system, call="person", why="x", shape=str(number), at=NOON)
            samples.keep([one], "9901")
    with scoped(SERVICE) as connection:
        assert [row.shape for row in samples.of(connection, "a")] == ["7", "6", "5", "4", "3"]
        assert len(samples.of(connection, "b")) == samples.MOST
