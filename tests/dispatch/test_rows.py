"""Rows of the lists: what is understood, what is refused and why; one bad row stops no other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.dispatch import rows
from portal.affairs.dispatch.rows import COLUMNS, Known, cells, check
from portal.affairs.dispatch.words import CATALOGUE, CLASSES, DUTIES, TOWNSHIP, Entry, Kind, key_of
from portal.store.sheets import Cell

KNOWN = Known(
    lines=frozenset({"住建", "城管"}),
    units={"海陵市民政局": "dept-civil"},
    classes={"01": "城市管理", "01.04": "市政设施", "01.04.01": "道路破损"},
)
RIGHT: dict[Kind, dict[str, Cell]] = {
    CLASSES: {"code": "01", "name": "城市管理", "words": "市容，环境", "urgency": 3},
    CATALOGUE: {
        "code": "01.04.01",
        "level": "区县级",
        "city": "海陵市民政局",
        "district": "住建",
        "street": "属地街道",
        "helpers": "城管、住建",
    },
    DUTIES: {"name": "挖掘道路", "code": "01.04", "licence": "住建", "supervise": "城管"},
    TOWNSHIP: {"name": "道路巡查", "type": "配合履职", "code": "01.04", "lead": "住建"},
}


def _checked(kind: Kind, **changed: Cell) -> tuple[list[Entry], list[rows.Fault]]:
    return check(kind, [(2, {**RIGHT[kind], **changed})], KNOWN)


@pytest.mark.parametrize("kind", list(RIGHT))
def test_a_right_row_is_taken_and_reads_the_same_again(kind: Kind) -> None:
    (entry,), faults = _checked(kind)
    assert not faults
    names = {"dept-civil": "海陵市民政局"}
    again = dict(zip(COLUMNS[kind], cells(kind, entry, names), strict=True))
    assert check(kind, [(2, again)], KNOWN) == ([entry], [])


def test_targets_are_kept_as_what_they_mean() -> None:
    (entry,), _ = _checked(CATALOGUE)
    assert entry.name == "道路破损"
    assert entry.text("city") == "unit:dept-civil"
    assert entry.text("district") == "line:住建"
    assert entry.text("street") == "place:street"
    assert entry.texts("helpers") == ("line:城管", "line:住建")


BAD: list[tuple[Kind, dict[str, Cell], str, str]] = [
    (CLASSES, {"code": None}, "事项编码", "不能为空"),
    (CLASSES, {"code": 1.04}, "事项编码", "应为文本"),
    (CLASSES, {"code": "1.4"}, "事项编码", "不是事项编码"),
    (CLASSES, {"code": "01.01.01.01.01.01"}, "事项编码", "不是事项编码"),
    (CLASSES, {"code": "02.01"}, "事项编码", "上级编码“02”不在表中"),
    (CLASSES, {"name": "长" * 41}, "事项名称", "最多 40 个字"),
    (CLASSES, {"urgency": 5}, "紧急程度", "应为 1 至 4"),
    (CLASSES, {"urgency": True}, "紧急程度", "应为 1 至 4"),
    (CATALOGUE, {"code": "09"}, "事项编码", "现行五级事项分类中没有“09”"),
    (CATALOGUE, {"level": "省级"}, "承办层级", "应为市级"),
    (CATALOGUE, {"district": None}, "区县级承办", "该级承办不能为空"),
    (CATALOGUE, {"district": "=HYPERLINK(1)"}, "区县级承办", "不认识的单位或条线"),
    (CATALOGUE, {"helpers": "城管、火星局"}, "协办", "不认识的单位或条线“火星局”"),
    (DUTIES, {"supervise": None}, "监管部门", "不能为空"),
    (TOWNSHIP, {"type": "其他"}, "类型", "应为基本履职"),
    (TOWNSHIP, {"lead": None}, "牵头或承接部门", "应写明牵头或承接部门"),
]


@pytest.mark.parametrize(("kind", "changed", "column", "words"), BAD)
def test_a_wrong_cell_is_named_with_its_column(
    kind: Kind, changed: dict[str, Cell], column: str, words: str
) -> None:
    entries, (fault,) = _checked(kind, **changed)
    assert not entries
    assert (fault.number, fault.column) == (2, column)
    assert words in fault.words


def test_the_second_of_two_equal_rows_is_refused() -> None:
    row = RIGHT[CATALOGUE]
    entries, (fault,) = check(CATALOGUE, [(2, row), (3, row)], KNOWN)
    assert len(entries) == 1
    assert fault.number == 3
    assert "与第 2 行重复" in fault.words
    conditional = {**row, "condition": "小区内"}
    assert len(check(CATALOGUE, [(2, row), (3, conditional)], KNOWN)[0]) == 2


def test_below_a_wrong_class_everything_falls_out() -> None:
    given_rows: list[tuple[int, dict[str, Cell]]] = [
        (2, {"code": "01", "name": "城市管理"}),
        (3, {"code": "01.01", "name": None}),
        (4, {"code": "01.01.01", "name": "占道"}),
        (5, {"code": "01.02", "name": "环境"}),
    ]
    entries, faults = check(CLASSES, given_rows, KNOWN)
    assert [one.code for one in entries] == ["01", "01.02"]
    assert [one.number for one in faults] == [3, 4]


_ODD: list[Cell] = [
    None,
    "",
    "01",
    "01.04.01",
    "=1+1",
    "住建",
    "区县级",
    "配合履职",
    "<b>",
    "长" * 90,
]
_cell = st.sampled_from([*_ODD, 1, 1.04, -3, float("nan"), True])


@given(st.sampled_from(list(RIGHT)), st.data())
def test_no_row_is_lost_and_none_stops_another(kind: Kind, data: Any) -> None:
    """Whatever is in the cells: every row is either an entry or a fault with its own cells."""
    made = data.draw(
        st.lists(st.fixed_dictionaries({key: _cell for key in COLUMNS[kind]}), max_size=3)
    )
    lines = [(2, RIGHT[kind]), *enumerate(made, start=3)]
    entries, faults = check(kind, lines, KNOWN)
    assert len(entries) + len(faults) == len(lines)
    assert entries
    assert len({key_of(kind, one) for one in entries}) == len(entries)
    assert all(len(one.cells) == len(COLUMNS[kind]) and one.words for one in faults)
