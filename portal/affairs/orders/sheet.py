"""Demands from an .xlsx file: read, looked at row by row, taken in; a bad row stops no good one.

Pure but for reading the bytes. What is wrong with a row is told with its column, and all bad rows
come back as a file of the same shape with a column that says why.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from portal.affairs.orders import drafting
from portal.affairs.orders.drafting import LABELS, Draft, Fault, Known
from portal.store import clock, sheets
from portal.store.sheets import Cell, Picked

SHEET = "诉求"
MOST_ROWS = 5000
COLUMNS: Mapping[str, str] = {
    "source_no": "来源编号",
    "kind": "诉求类型",
    "title": "标题",
    "content": "诉求内容",
    "region_code": "区划代码",
    "place": "地址",
    "category": "事项分类",
    "urgency": "紧急程度",
    "confidential": "是否保密",
    "against_unit": "被诉单位",
    "caller_name": "来电人",
    "caller_phone": "联系电话",
    "received_at": "受理时间",
}
NEEDED = frozenset({"source_no", "kind", "title", "content", "region_code"})
WHY = "未导入原因"
SOURCE = "导入"
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """A row that is not taken, as it was written, with every reason."""

    number: int
    cells: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a file holds: the demands that can be taken, and the rows that cannot."""

    good: tuple[tuple[int, Draft], ...]
    bad: tuple[BadRow, ...]

    @property
    def said(self) -> str:
        """In one line."""
        return f"可导入 {len(self.good)} 件，有问题 {len(self.bad)} 行"

    def returned(self) -> tuple[list[str], list[list[str]]]:
        """The head and rows of the file that goes back: correct it and send it again."""
        head = [*COLUMNS.values(), WHY]
        return head, [[*row.cells, "；".join(row.reasons)] for row in self.bad]


def read(data: bytes, name: str, known: Known) -> Preview:
    """Look at a file; raises `SheetRefusedError` when it is not the table it should be."""
    sheet = sheets.read_sheet(data, name=name, max_rows=MOST_ROWS)
    optional = [*(key for key in COLUMNS if key not in NEEDED)]
    columns = dict(COLUMNS)
    if WHY in sheet.header:  # a file that came back is sent again as it is
        columns["why"] = WHY
        optional.append("why")
    rows = sheets.pick(sheet, columns, optional=optional)
    places = {text: at for at, text in enumerate(sheet.header)}
    formulas = sheets.formula_cells(data, sheet=sheet.title)
    twice = _twice(rows)
    good: list[tuple[int, Draft]] = []
    bad: list[BadRow] = []
    for row in rows:
        draft, reasons = _read(row, places, known)
        if row.number in formulas:
            reasons = [f"{one} 列是公式，请改为数值" for one in formulas[row.number]] + reasons
        if _text(row.values["source_no"]) in twice:
            reasons.append(f"{_column('source_no', places)}与本表其他行重复")
        if reasons or draft is None:
            cells = tuple(_text(row.values.get(key)) for key in COLUMNS)
            bad.append(BadRow(number=row.number, cells=cells, reasons=tuple(reasons)))
        else:
            good.append((row.number, draft))
    return Preview(good=tuple(good), bad=tuple(bad))


def _twice(rows: list[Picked]) -> frozenset[str]:
    numbers = Counter(_text(row.values["source_no"]) for row in rows)
    return frozenset(one for one, count in numbers.items() if one and count > 1)


def _column(field: str, places: Mapping[str, int]) -> str:
    at = places.get(LABELS[field])
    return f"{sheets.letter(at)} 列“{LABELS[field]}”" if at is not None else f"“{LABELS[field]}”"


def _read(row: Picked, places: Mapping[str, int], known: Known) -> tuple[Draft | None, list[str]]:
    """The demand of a row, and what is wrong with it."""
    values = {key: row.values.get(key) for key in COLUMNS}
    faults: list[Fault] = []
    if not _text(values["source_no"]):
        faults.append(Fault(field="source_no", words="没有填写，重复导入时无法辨认"))
    draft = Draft(
        kind=_text(values["kind"]),
        source_no=_text(values["source_no"]),
        title=_text(values["title"]),
        content=_text(values["content"]),
        region_code=_text(values["region_code"]),
        place=_text(values["place"]),
        category=_text(values["category"]),
        caller_name=_text(values["caller_name"]),
        caller_phone=_text(values["caller_phone"]),
        source=SOURCE,
        urgency=_urgency(values["urgency"], faults),
        confidential=_yes(values["confidential"], faults),
        against_unit=_text(values["against_unit"]) or None,
        received_at=_moment(values["received_at"], faults),
    )
    faults += drafting.faults(replace(draft, source=SOURCE), known)
    return draft, [f"{_column(one.field, places)}{one.words}" for one in faults]


def _text(cell: Cell) -> str:
    """A cell as it is read aloud; a number without the dot that spreadsheets add."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return drafting.tidy(str(cell))


def _urgency(cell: Cell, faults: list[Fault]) -> int:
    text = _text(cell)
    if text and not text.isdecimal():
        faults.append(Fault(field="urgency", words="应为数字"))
        return 2
    return int(text[:3]) if text else 2


def _yes(cell: Cell, faults: list[Fault]) -> bool:
    text = _text(cell)
    if text not in {"", "是", "否"}:
        faults.append(Fault(field="confidential", words="只能填“是”或“否”"))
    return text == "是"


def _moment(cell: Cell, faults: list[Fault]) -> datetime | None:
    given: Any = cell
    if given in (None, ""):
        return None
    if isinstance(given, datetime):
        return given.replace(tzinfo=clock.LOCAL)
    if isinstance(given, date):
        return datetime.combine(given, time(), clock.LOCAL)
    for style in _MOMENTS:
        try:
            return datetime.strptime(_text(given), style).replace(tzinfo=clock.LOCAL)
        except ValueError:
            continue
    faults.append(Fault(field="received_at", words="应为 2026-11-23 09:30 这样的时间"))
    return None
