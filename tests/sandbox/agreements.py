"""What was agreed about views and files, written down by hand.

Nothing here is taken from a manifest or from the code of a simulated system: the columns and codes
are those of the descriptions in ``tests/connectors/fixtures/<id>/README.md``, numbers of persons
follow GB 11643, of places GB/T 2260 and GB/T 10114, days and moments are written as described.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stdnum.cn import ric

Agreed = Callable[[str], bool]


def like(pattern: str) -> Agreed:
    """A text of this form, from its first to its last character."""
    known = re.compile(pattern)
    return lambda text: known.fullmatch(text) is not None


def day(style: str) -> Agreed:
    """A day or moment that exists, written in exactly this way."""

    def exists(text: str) -> bool:
        try:
            return datetime.strptime(text, style).strftime(style) == text
        except ValueError:
            return False

    return exists


def identity(text: str) -> bool:
    """GB 11643: eighteen characters, a day of birth that exists and the right check character."""
    # not its is_valid: that also asks a list of places which lacks codes that were given up
    whole = re.fullmatch(r"[1-9]\d{16}[\dX]", text) is not None
    return whole and day("%Y%m%d")(text[6:14]) and ric.calc_check_digit(text) == text[-1]


NUMBER = like(r"0|[1-9]\d*")
NAME = like(r"[\u3400-\u9fff\U00020000-\U000323af][^\x00-\x1f<>]*")
PLACE = like(r"[1-9]\d{11}")
TOWN = like(r"[1-9]\d{8}000")
MOMENT = day("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Table:
    """Columns in their order, what each holds, which is unique, and what holds within a row."""

    columns: Mapping[str, Agreed]
    key: Sequence[str]
    adds_up: Callable[[Mapping[str, int]], bool] = lambda row: True


VIEWS = {
    ("medical_assistance", "v_jzjl"): Table(
        {
            "jzbh": like(r"YJ\d{9}"),
            "xm": NAME,
            "sfzh": identity,
            "jzdx": like("[01]"),
            "bndjz": like("[01]"),
            "yxqz": day("%Y%m%d"),
        },
        ("jzbh",),
    ),
    ("medical_assistance", "v_jztj"): Table(
        {
            "tjbh": like(r"[1-9]\d{11}20\d\d(0[1-9]|1[0-2])"),
            "xzqh": PLACE,
            "tjrq": day("%Y-%m-%d"),
            "sfzx": like("[01]"),
            "jzrc": NUMBER,
            "jzje": NUMBER,
            "sjsj": MOMENT,
        },
        ("tjbh",),
        lambda row: row["jzje"] % 100 == 0 and (row["jzje"] > 0) == (row["jzrc"] > 0),
    ),
    ("place_names", "v_bzdz"): Table(
        {
            "dzbm": like(r"[1-9]\d{18}"),
            "xzqhdm": PLACE,
            "sqmc": NAME,
            "bzdz": NAME,
            "dzlx": like("[12]"),
            "dzzt": like("1"),
            "gxsj": MOMENT,
        },
        ("dzbm",),
    ),
}
STATUS = {"zt": like("正常"), "sjsj": MOMENT, "sjly": like("模拟数据")}

FILES = {
    "fire_safety": Table(
        {
            "dwbh": like(r"XF\d{15}"),
            "dwmc": NAME,
            "dwlb": like("[1-6]"),
            "xqdm": PLACE,
            "fxyhs": NUMBER,
            "zgyhs": NUMBER,
            "wzgyhs": NUMBER,
            "zdyhs": NUMBER,
            "jcrq": day("%Y.%m.%d"),
        },
        ("dwbh",),
        lambda row: row["fxyhs"] == row["zgyhs"] + row["wzgyhs"] and row["zdyhs"] <= row["wzgyhs"],
    ),
    "volunteers": Table(
        {
            "统计月份": day("%Y%m"),
            "行政区划代码": PLACE,
            "名称": NAME,
            "注册志愿者数": NUMBER,
            "项目数": NUMBER,
            "服务时长": NUMBER,
        },
        ("统计月份", "行政区划代码"),
    ),
    "supervision_710": Table(
        {"区划": TOWN, "单位": NAME, "督办事项数": NUMBER, "已办结数": NUMBER, "逾期数": NUMBER},
        ("区划",),
        lambda row: row["已办结数"] + row["逾期数"] <= row["督办事项数"],
    ),
    "grassroots_power": Table(
        {
            "代码": PLACE,
            "名称": NAME,
            "组织类型": like("居民委员会|村民委员会"),
            "综合服务设施数": NUMBER,
            "小组数": NUMBER,
            "服务用房面积": NUMBER,
        },
        ("代码",),
    ),
}
CSV = {
    "fire_safety": ("gb18030", "EOF"),
    "volunteers": ("utf-8", "合计行数"),
}  # encoding, last line


def faults(table: Table, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Where rows are not as agreed, each as row, column and value."""
    found: list[str] = []
    keys: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows, 1):
        if list(row) != list(table.columns):
            found.append(f"{number}: columns {list(row)}")
            continue
        wrong = [one for one, agreed in table.columns.items() if not agreed(row[one])]
        found += [f"{number}: {one} {row[one]!r}" for one in wrong]
        key = tuple(row[one] for one in table.key)
        if key in keys:
            found.append(f"{number}: {key} twice")
        keys.add(key)
        if not wrong and not table.adds_up(_numbers(table, row)):
            found.append(f"{number}: does not add up")
    return found


def _numbers(table: Table, row: Mapping[str, str]) -> dict[str, int]:
    return {one: int(row[one]) for one, agreed in table.columns.items() if agreed is NUMBER}
