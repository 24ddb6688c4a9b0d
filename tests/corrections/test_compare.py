"""Where systems disagree: ways of writing are no disagreement, values meet as digests only."""

from datetime import UTC, datetime

import pytest

from portal.connectors.contract import Answer, Field, Mask, Record, Sensitivity, State
from portal.functions.records import compare, mask
from portal.functions.records.words import MaskedAnswer
from portal.store.work_texts import How

pytestmark = pytest.mark.usefixtures("hailing")
AT = datetime(2026, 11, 23, tzinfo=UTC)


def _answer(system: str, state: State = State.RETURNED, **values: str) -> MaskedAnswer:
    fields = tuple(
        Field(
            name=name,
            label=name,
            value=value,
            sensitivity=Sensitivity.PERSONAL,
            mask=Mask.PHONE if name == "phone" else Mask.NONE,
        )
        for name, value in values.items()
    )
    raw = Answer(
        system_id=system,
        system_name=f"系统{system}",
        simulated=True,
        state=state,
        records=(Record(title="记录", fields=fields),),
        as_of=AT,
        asked_at=AT,
        elapsed_ms=1,
        trace_id="t",
    )
    return mask.masked_answer(raw, (), compare.digest)


@pytest.mark.parametrize(
    ("how", "one", "other", "same"),
    [
        ("digits", "138 0013-8000", "13800138000", True),
        ("digits", "13800138000", "13800138001", False),
        ("digits", "1953-04-12", "19530412", True),
        ("text", "才让·卓玛", "才让卓玛", True),
        ("text", "女", "男", False),
        ("address", "某省海陵市柳岸区一路1号", "柳岸区 一路１号", True),
        ("address", "柳岸区一路1号", "柳岸区一路2号", False),
        ("address", "东湖区湖滨街道柳岸社区一路1号", "一路１号", True),
        ("address", "甲小区1号楼", "乙小区1号楼", False),
    ],
)
def test_only_a_different_fact_is_different(how: How, one: str, other: str, same: bool) -> None:
    assert (compare.normal(one, how) == compare.normal(other, how)) is same


@pytest.mark.parametrize("value", ["138****8000", "6***********2", "张**"])
def test_a_value_that_came_masked_is_not_compared(value: str) -> None:
    assert compare.normal(value, "text") == ""


def test_a_disagreement_names_each_system_and_holds_no_value_in_full() -> None:
    answers = [
        _answer("a", phone="13800138000", gender="女"),
        _answer("b", phone="13900139000", gender="女"),
        _answer("c", phone="13900139000"),
        _answer("d", other="x"),
    ]
    (found,) = compare.disagreements(answers)
    assert (found.field, found.label) == ("phone", "联系电话")
    assert [one.system_id for one in found.said] == ["b", "c", "a"]  # those that agree come first
    assert found.said[0].text == "139****9000"
    assert "13900139000" not in repr(found) and "13800138000" not in repr(answers)


def test_equal_masks_of_different_values_are_a_disagreement() -> None:
    (found,) = compare.disagreements(
        [_answer("a", phone="13811118000"), _answer("b", phone="13822228000")]
    )
    assert {one.text for one in found.said} == {"138****8000"}


def test_what_only_one_system_tells_is_no_disagreement() -> None:
    assert compare.disagreements([_answer("a", phone="13800138000"), _answer("b", x="1")]) == ()
