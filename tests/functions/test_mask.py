"""Masking hides what it should and keeps what a clerk needs to recognise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.connectors.contract import Field, Mask, Sensitivity
from portal.functions.records import mask


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (mask.name, "张三", "张*"),
        (mask.name, "张三丰", "张*丰"),
        (mask.name, "才让卓玛", "才**玛"),
        (mask.name, "丁", "*"),
        (mask.id_number, "110101199003078873", "1" + "*" * 16 + "3"),
        (mask.phone, "13800138000", "138****8000"),
        (mask.phone, "1234567", "*******"),
        (mask.account, "6222020200112230566", "*" * 15 + "0566"),
        (mask.account, "123", "****"),
        (mask.address, "柳岸小区3号楼2单元501室", "柳岸小区3号楼***"),
        (mask.address, "石桥村12号", "石桥村***"),
        (mask.whole, "二级", "***"),
    ],
)
def test_a_value_is_masked_by_its_kind(kind: object, value: str, shown: str) -> None:
    assert kind(value) == shown  # type: ignore[operator]


@example(value="0*", kind=Mask.NAME)
@given(value=st.text(min_size=1, max_size=30), kind=st.sampled_from(list(Mask)))
def test_a_sensitive_value_never_stands_in_full(value: str, kind: Mask) -> None:
    field = Field(name="f", label="项", value=value, sensitivity=Sensitivity.SENSITIVE, mask=kind)
    shown = mask.shown(field)
    assert shown.masked
    assert shown.text != value or set(value) == {"*"}


def test_an_identity_number_is_masked_whatever_the_manifest_calls_it() -> None:
    field = Field(
        name="f",
        label="证件号",
        value="110101199003078873",
        sensitivity=Sensitivity.OPEN,
        mask=Mask.ID_NUMBER,
    )
    assert "19900307" not in mask.shown(field).text


def test_an_open_value_and_an_empty_one_need_no_reason() -> None:
    plain = Field(name="f", label="项", value="参保", sensitivity=Sensitivity.OPEN, mask=Mask.NONE)
    empty = Field(
        name="f", label="项", value=None, sensitivity=Sensitivity.SENSITIVE, mask=Mask.TEXT
    )
    assert (mask.shown(plain).text, mask.shown(plain).masked) == ("参保", False)
    assert (mask.shown(empty).text, mask.shown(empty).masked) == ("—", False)
