"""An answer out as .xlsx and in again: good cells offered, bad ones listed, nothing stored."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from auth.tables import audit_entry
from portal.affairs.forms import baseline, desk, files, held, offline, queries
from portal.affairs.forms.words import Cell, FormError, Held
from portal.store import clock
from portal.store.engine import begin
from tests import people
from tests.forms import world
from tests.forms.oldbook import xls
from tests.forms.world import PLACE, clerk

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    yield
    held.comes_from(Held)


def book(rows: list[list[Any]], title: str = "Sheet", merge: str = "") -> bytes:
    made, held_ = Workbook(), BytesIO()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    made.save(held_)
    return held_.getvalue()


def said(answer_id: UUID, data: bytes, name: str = "填报.xlsx") -> tuple[list[str], list[str]]:
    found = offline.read(clerk(), answer_id, data, name)
    return list(found.titles), list(found.faults)


def test_a_summary_goes_out_and_comes_back_with_every_fault_told() -> None:
    answer_id = world.answer(world.sent()).id
    name, data = offline.export(clerk(), answer_id)
    assert name == "YB00000001_人口情况表.xlsx"
    sheet = load_workbook(BytesIO(data)).active
    assert [one.value for one in sheet[3]] == [
        "all", "常住人口", 140, "自动", "网格系统·实有人口", "2026-11-23",
    ]  # fmt: skip
    assert said(answer_id, data) == ([], [])  # as it went out, nothing changes

    head = ["栏目", "备忘", "填报值"]  # moved, one column missing, one more
    rows = [head, ["居民小组数", "", 6], ["常住人口", "", "约百"], ["下月打算", "", "'=1+1"],
            ["户数总计", "", "=5*5"], ["别的", "", 1], ["60岁及以上", "", 41]]  # fmt: skip
    titles, faults = said(answer_id, book(rows, merge="C7:C8"))
    assert titles == ["“居民小组数”：空 → 6", "“下月打算”：空 → =1+1"]
    assert faults == [
        "C3“常住人口”“约百”不是数字",
        "C5“户数总计”含有公式，请粘贴为数值",
        "第 6 行：没有栏目“别的”",
        "C7“60岁及以上”是合并单元格，请取消合并后逐格填写",
    ]
    assert queries.opened(clerk(), answer_id).cells["0.teams"].value == ""  # nothing is stored yet

    gbk = "栏目,填报值\n居民小组数,9\n".encode("gb18030")
    assert said(answer_id, gbk, "填报.csv") == (["“居民小组数”：空 → 9"], [])
    old = xls([["栏目", "填报值"], ["居民小组数", 9.0], ["常住人口", "约百"]])
    good, bad = said(answer_id, old, "填报.xls")
    assert good == ["“居民小组数”：空 → 9"]
    assert len(bad) == 1 and "常住人口" in bad[0]
    pasted = offline.paste(clerk(), answer_id, "栏目\t填报值\n居民小组数\t5\n")
    assert desk.save(clerk(), answer_id, pasted.changes).stored == 1
    assert queries.opened(clerk(), answer_id).cells["0.teams"].value == "5"

    for bad, called, words in (
        (b"x", "填报.et", "“另存为”.xlsx"),
        (b"x", "填报.xlsx", "不是 .xlsx 文件"),
        (b"", "填报.csv", "是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "填报.xls", "已损坏或设有密码"),
        (book([["栏目", "数"], ["a", 1]]), "填报.xlsx", "表头须有“填报值”"),
        (book([head, ["居民小组数", "", 1]], title="YB00000002"), "填报.xlsx", "不是同一份"),
    ):
        with pytest.raises(FormError, match=words):
            offline.read(clerk(), answer_id, bad, called)


def _edited(data: bytes, *cells: tuple[str, Any], drop: str = "") -> bytes:
    """A downloaded file as somebody completes it without network."""
    made, held_ = load_workbook(BytesIO(data)), BytesIO()
    for place, value in cells:
        made.active[place] = value
    if drop:
        del made[drop]
    made.save(held_)
    return held_.getvalue()


def test_a_file_that_lay_on_a_desk_puts_back_only_what_was_changed_in_it() -> None:
    """Two clerks, one of them without network: nothing that either wrote is lost."""
    answer_id = world.answer(world.sent()).id

    def write(name: str, value: str) -> None:
        base = queries.opened(clerk(), answer_id).cells.get(f"0.{name}", Cell()).version
        assert desk.save(clerk("乙"), answer_id, [desk.Change(row=0, field=name, value=value,
                                                             base=base)]).stored == 1  # fmt: skip

    write("plan", "入户走访")
    _, data = offline.export(clerk(), answer_id)
    book_ = load_workbook(BytesIO(data))
    assert [one.title for one in book_ if one.sheet_state == "visible"] == ["YB00000001"]
    assert "人口情况表" in book_.active.oddHeader.left.text  # the number is on the paper as well
    assert "YB00000001" in book_.active.oddHeader.left.text
    places = {row[0].value: f"C{row[0].row}" for row in book_.active.iter_rows(min_row=2)}

    write("all", "141")  # meanwhile, at the screen: cells that the file holds as they were
    write("teams", "6")
    write("plan", "")
    sent = _edited(data, (places["teams"], 7), (places["old"], None), (places["houses"], 57))
    titles, faults = said(answer_id, sent)
    assert titles == [
        "“60岁及以上”：40 → 空",
        "“户数总计”：56 → 57",
        "“居民小组数”：6 → 7（下载后已由乙所在单位填写，写入后两个说法并列，待核定）".replace(
            "乙所在单位", queries.opened(clerk(), answer_id).cells["0.teams"].by
        ),
    ]
    assert not faults
    read = offline.read(clerk(), answer_id, sent, "填报.xlsx")
    saved = desk.save(clerk(), answer_id, read.changes)
    assert (saved.stored, [one.field for one in saved.conflicts]) == (2, ["teams"])
    cells = queries.opened(clerk(), answer_id).cells
    assert (cells["0.all"].value, cells["0.plan"].value) == ("141", "")  # the colleague's words
    assert (cells["0.teams"].value, cells["0.teams"].other) == ("6", "甲：7")

    # Without the hidden sheet the file cannot tell: every difference is shown with whose it was.
    bare = _edited(data, drop=baseline.SHEET)
    assert any(one.startswith("“常住人口”：141 → 140（原由") for one in said(answer_id, bare)[0])


def test_a_list_comes_filled_from_the_index_and_its_rows_are_found_again() -> None:
    for number, name in (("110101193503070011", "甲老"), ("110101194001010026", "乙老"),
                         ("110101199001010019", "青年")):  # fmt: skip
        people.add_person(number, name, name, [("居住", PLACE), ("户籍", "990103100001")])
    fields = (
        world.field("n", "序号", source="person", bind="row"),
        world.field("name", "姓名", kind="text", source="person", bind="name"),
        world.field("age", "年龄", source="person", bind="age"),
        world.field("sex", "性别", kind="text", source="person", bind="sex"),
        world.field("note", "备注", kind="text", required=False),
    )
    made = world.written(*fields, title="高龄名册", layout="名册", rows="aged", from_age=80,
                         system="grid")  # fmt: skip
    answer_id = world.answer(world.sent(made)).id
    found = queries.opened(clerk(), answer_id)
    assert [[found.cells[f"{row}.{one.name}"].value for one in fields] for row in found.rows] == [
        ["1", "乙老", "86", "女", ""],
        ["2", "甲老", "91", "男", ""],
    ]
    with begin() as connection:
        looked = connection.execute(
            select(audit_entry.c.detail).where(audit_entry.c.action == "forms.open")
        ).scalars()
        assert [one["form"] for one in looked] == ["高龄名册"]
    rows = [["行号", "备注", "年龄", "电话"], [2, "行动不便", 91, 1], [7, "无此行", 1, 1]]
    titles, faults = said(answer_id, book(rows))
    assert titles == ["第 2 行“备注”：空 → 行动不便"]
    assert faults == [
        "缺少列“序号”，该列未读取",
        "缺少列“姓名”，该列未读取",
        "缺少列“性别”，该列未读取",
        "D1 不认识的列“电话”，未读取",
        "A3 没有行号“7”，该行未读取",
    ]

    # A mask that was copied from the screen is no value, and a row is found by whom it is about.
    kept = [["行号", "姓名", "电话"], [1, "乙老", "138****0000"]]
    phone = world.field("p", "电话", kind="text", mask="phone")
    listed = queries.opened(clerk(), answer_id)
    masked = replace(listed, made=made.model_copy(update={"fields": (*fields[:2], phone)}))
    grid = files.read(book(kept), "填报.xlsx")
    told = offline._proposal(masked, grid, baseline.Baseline())
    assert not told.changes and told.faults[-1] == "C2“电话”是掩码，请整格填写完整内容"
    _, data = offline.export(clerk(), answer_id)
    there = {row[0].value: row[0].row for row in load_workbook(BytesIO(data)).active}
    note = f"F{there[2]}"
    assert said(answer_id, _edited(data, (note, "住院"))) == (["第 2 行“备注”：空 → 住院"], [])
    swapped = {place: replace(one, subject="somebody else") for place, one in listed.cells.items()}
    grid = files.read(_edited(data, (note, "住院")), "填报.xlsx")
    before = baseline.read(made, grid.before[0], grid.before[1:])
    told = offline._proposal(replace(listed, cells=swapped), grid, before)
    assert not told.changes and told.faults == tuple(
        f"A{there[row]} 第 {row} 行下载后已换成另一个人，该行未读取" for row in (1, 2)
    )

    counts = ("living", "registered", "inflow", "outflow", "system:grid")
    asks = [
        world.field(f"c{at}", f"人口{bind}", source="index", bind=bind)
        for at, bind in enumerate(counts)
    ]
    counted = world.sent(world.written(*asks, title="人口流动表"))
    cells = queries.opened(clerk(), world.answer(counted).id).cells
    assert [cells[f"0.{one.name}"].value for one in asks] == ["3", "0", "3", "0", "3"]
    there = queries.opened(clerk(place="990103100001"), world.answer(counted, "990103100001").id)
    assert [there.cells[f"0.{one.name}"].value for one in asks] == ["0", "3", "0", "3", "0"]
