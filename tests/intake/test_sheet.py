"""A file of demands: good rows are taken, bad ones come back with row, column and reason."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from portal.affairs.orders import sheet
from portal.affairs.orders.drafting import Known
from portal.store.listings import Page, write
from portal.store.sheets import SheetRefusedError

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HEAD = list(sheet.COLUMNS.values())
GOOD = {
    "来源编号": "A-1", "诉求类型": "求助", "标题": "路灯不亮", "诉求内容": "楼前路灯三天没亮",
    "区划代码": "630102001001", "紧急程度": 2, "联系电话": 13800000001,
    "受理时间": datetime(2026, 11, 22, 9, 30),
}  # fmt: skip


def known() -> Known:
    return Known(
        now=NOW, kinds=("投诉", "求助"), sources=("导入",), levels=(1, 2, 3, 4),
        place=lambda code: code.startswith("6301"), unit=lambda name: name == "市城市管理局",
    )  # fmt: skip


def book(*rows: dict[str, Any], head: Sequence[str] = HEAD) -> bytes:
    made = Workbook()
    page = made.active
    assert page is not None
    page.append(list(head))
    for row in rows:
        page.append([row.get(one) for one in head])
    held = BytesIO()
    made.save(held)
    return held.getvalue()


def preview(*rows: dict[str, Any]) -> sheet.Preview:
    return sheet.read(book(*rows), "诉求.xlsx", known())


def test_a_good_row_becomes_a_demand() -> None:
    found = preview(GOOD)
    assert found.bad == ()
    ((number, draft),) = found.good
    assert number == 2
    assert (draft.source, draft.source_no, draft.caller_phone) == ("导入", "A-1", "13800000001")
    assert draft.received_at == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert found.said == "可导入 1 件，有问题 0 行"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"诉求类型": "聊天"}, "B 列“诉求类型”只能是投诉、求助"),
        ({"区划代码": 110102}, "E 列“区划代码”“110102”不在本市区划之内"),
        ({"被诉单位": "火星局"}, "J 列“被诉单位”没有名为“火星局”的单位"),
        ({"受理时间": datetime(2027, 1, 1)}, "M 列“受理时间”在将来（2027-01-01 00:00）"),
        ({"受理时间": "上周"}, "M 列“受理时间”应为 2026-11-23 09:30 这样的时间"),
        ({"紧急程度": "急"}, "H 列“紧急程度”应为数字"),
        ({"紧急程度": 9}, "H 列“紧急程度”只能是 1 至 4"),
        ({"是否保密": "也许"}, "I 列“是否保密”只能填“是”或“否”"),
        ({"来源编号": None}, "A 列“来源编号”没有填写，重复导入时无法辨认"),
        ({"标题": "=1+1"}, "C 列是公式，请改为数值"),
    ],
)
def test_a_bad_row_names_column_and_reason_and_stops_no_good_one(
    changes: dict[str, Any], reason: str
) -> None:
    found = preview(GOOD | {"来源编号": "A-0"}, GOOD | changes, GOOD | {"来源编号": "A-2"})
    assert [number for number, _ in found.good] == [2, 4]
    (bad,) = found.bad
    assert bad.number == 3
    assert reason in bad.reasons


def test_a_number_that_stands_twice_is_told_at_both_rows() -> None:
    found = preview(GOOD, GOOD, GOOD | {"来源编号": "A-2"})
    assert [one.number for one in found.bad] == [2, 3]
    assert all("重复" in one.reasons[0] for one in found.bad)


def test_what_comes_back_can_be_corrected_and_sent_again() -> None:
    head, rows = preview(GOOD | {"区划代码": "1", "诉求内容": "+86 打不通，=坏了"}).returned()
    assert head[-1] == "未导入原因" and "区划代码" in rows[0][-1]
    back = write([Page(title="诉求", head=head, rows=rows)], author="王小梅")
    again = sheet.read(back, "退回.xlsx", known())
    assert [one.number for one in again.bad] == [2]
    corrected = dict(zip(head, rows[0], strict=True)) | {"区划代码": "630102001001"}
    third = sheet.read(book(corrected, head=head), "改好.xlsx", known())
    assert third.bad == () and len(third.good) == 1


def test_the_whole_file_is_refused_when_it_is_no_such_table() -> None:
    with pytest.raises(SheetRefusedError, match=r"缺少列：.*区划代码"):
        sheet.read(book({"标题": "路灯"}, head=["标题"]), "别的.xlsx", known())
    with pytest.raises(SheetRefusedError, match=r"不是 \.xlsx 文件"):
        sheet.read(b"<html>", "网页.xlsx", known())
    with pytest.raises(SheetRefusedError, match="超过 5000 行"):
        rows = [GOOD | {"来源编号": f"A-{n}"} for n in range(sheet.MOST_ROWS + 1)]
        sheet.read(book(*rows), "太多.xlsx", known())


def test_html_stays_the_plain_text_that_it_is() -> None:
    ((_, draft),) = preview(GOOD | {"诉求内容": "<script>alert(1)</script>路灯"}).good
    assert draft.content == "<script>alert(1)</script>路灯"
