"""An answer on paper or without network: out as .xlsx, in again through the same checks.

What counts of a file is what was changed in it since it went out (``baseline``): what a colleague
has written meanwhile stands, and where both wrote, both words are kept as between two at a screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from auth import audit
from auth.principal import Principal
from portal.affairs.forms import baseline, files, masking, queries, rules
from portal.affairs.forms.baseline import Baseline
from portal.affairs.forms.desk import Change
from portal.affairs.forms.files import Grid, address, words
from portal.affairs.forms.queries import Opened
from portal.affairs.forms.words import Cell, FormError, key
from portal.affairs.workflow.flow import KEPT
from portal.store import listings
from portal.store.form_texts import FieldText
from portal.store.sheets import SheetRefusedError

CODE, TITLE, VALUE, ROW = "栏目编号", "栏目", "填报值", "行号"
HEAD = (CODE, TITLE, VALUE, "状态", "来源", "数据时间")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a file would change: the good cells, and the bad ones with address and reason."""

    changes: tuple[Change, ...]
    titles: tuple[str, ...]  # of the changes, for showing
    faults: tuple[str, ...]


def export(principal: Principal, answer_id: UUID) -> tuple[str, bytes]:
    """The answer as .xlsx, named by its paper number; no cell is a formula. Audited."""
    found = queries.opened(principal, answer_id)
    head, rows = _sheet(found)
    number = found.row.paper_no
    named = f"{number}　{found.made.title}　{found.row.region_name}"
    pages = [
        listings.Page(title=number, head=head, rows=rows, heading=named),
        baseline.page(number, found.made, found.cells, found.rows),
    ]
    made = listings.write(pages, author=principal.unit.name)
    audit.append(
        action="forms.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=found.row.region_code,
        detail={"form": found.made.title, "number": number},
    )
    return f"{number}_{found.made.title}.xlsx", made


def _value(one: FieldText, value: str) -> listings.Value:
    """A number as a number, so that a spreadsheet can add it up; all else as it is written."""
    if one.kind != "number" or not value:
        return value
    whole = rules.whole(value)
    return float(value) if whole is None else whole


def _sheet(found: Opened) -> tuple[tuple[str, ...], list[tuple[listings.Value, ...]]]:
    def cell(row: int, name: str) -> Cell:
        return found.cells.get(key(row, name), Cell())

    if found.made.layout == "名册":
        head = (ROW, *(one.title for one in found.made.fields))
        return head, [
            (row, *(_value(one, cell(row, one.name).value) for one in found.made.fields))
            for row in found.rows
        ]
    rows: list[tuple[listings.Value, ...]] = []
    for one in found.made.fields:
        there = cell(0, one.name)
        value = _value(one, there.value)
        rows.append((one.name, one.title, value, there.state, there.source, there.as_of))
    return HEAD, rows


def read(principal: Principal, answer_id: UUID, data: bytes, name: str) -> Proposal:
    """What a file would change; nothing is stored until that is confirmed."""
    found = _fillable(principal, answer_id)
    try:
        grid = files.read(data, name)
    except SheetRefusedError as refusal:
        raise FormError(refusal.message) from refusal
    before = baseline.read(found.made, *_parted(grid))
    number = before.paper_no or grid.title
    if number.startswith("YB") and number != found.row.paper_no:
        raise FormError(
            f"文件是 {number} 号填报的，与打开的 {found.row.paper_no} 不是同一份，未读取。"
        )
    return _proposal(found, grid, before)


def _parted(grid: Grid) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    return (grid.before[0], grid.before[1:]) if grid.before else ((), ())


def paste(principal: Principal, answer_id: UUID, text: str) -> Proposal:
    """The same from lines pasted out of a spreadsheet, with their head."""
    found = _fillable(principal, answer_id)
    try:
        grid = files.lines((one.split("\t") for one in text.splitlines()), "粘贴的内容")
    except SheetRefusedError as refusal:
        raise FormError(refusal.message) from refusal
    return _proposal(found, grid, Baseline())


def _fillable(principal: Principal, answer_id: UUID) -> Opened:
    found = queries.opened(principal, answer_id)
    if not found.may_fill:
        raise FormError(f"填报现为“{found.row.state}”或本岗位不能填写，未读取文件，{KEPT}")
    return found


def _proposal(found: Opened, grid: Grid, before: Baseline) -> Proposal:
    place = {one: at for at, one in enumerate(grid.header) if one}
    taking = _Taking(found, grid, before)
    if found.made.layout == "名册":
        return _list(taking, place)
    return _summary(taking, place)


@dataclass
class _Taking:
    """One file being taken, cell by cell."""

    found: Opened
    grid: Grid
    before: Baseline
    changes: list[Change] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def cell(self, row: int, one: FieldText, number: int, column: int, raw: str) -> None:
        """One cell: good and different, or bad with its address."""
        where = f"{address(number, column)}“{one.title}”"
        if why := self.grid.barred.get((number, column)):
            self.faults.append(f"{where}{why}")
            return
        if row and masking.half_masked(one, raw):
            self._masked(row, one, raw, where)
            return
        value, wrong = rules.tidy(one, raw)
        if wrong:
            self.faults.append(f"{where}{wrong}")
            return
        there = self.found.cells.get(key(row, one.name), Cell())
        was = self.before.cells.get(key(row, one.name))
        untouched = not value if was is None else value == rules.tidy(one, was.value)[0]
        if untouched or value == there.value:
            return
        base = there.version if was is None else min(was.version, there.version)
        self.changes.append(Change(row=row, field=one.name, value=value, base=base))
        self.titles.append(self._said(row, one, there, value, base))

    def _masked(self, row: int, one: FieldText, raw: str, where: str) -> None:
        """A mask copied from the screen says nothing; an edited one is no value."""
        there = self.found.cells.get(key(row, one.name), Cell())
        if raw != masking.shown(one, there.value):
            self.faults.append(f"{where}是掩码，请整格填写完整内容")

    def _said(self, row: int, one: FieldText, there: Cell, value: str, base: int) -> str:
        def shown(word: str) -> str:
            return (masking.shown(one, word) if row else word) or "空"

        prefix = f"第 {row} 行" if row else ""
        words = f"{prefix}“{one.title}”：{shown(there.value)} → {shown(value)}"
        if there.version > base:
            return f"{words}（下载后已由{there.by or '系统'}填写，写入后两个说法并列，待核定）"
        return f"{words}（原由{there.by}填写）" if there.by and there.value else words

    def done(self) -> Proposal:
        """The whole."""
        return Proposal(
            changes=tuple(self.changes), titles=tuple(self.titles), faults=tuple(self.faults)
        )


def _at(row: tuple[object, ...], place: int) -> str:
    return words(row[place]) if place < len(row) else ""  # type: ignore[arg-type]


def _summary(taking: _Taking, place: Mapping[str, int]) -> Proposal:
    found, grid = taking.found, taking.grid
    if VALUE not in place or not {CODE, TITLE} & place.keys():
        raise FormError(f"表头须有“{VALUE}”和“{CODE}”或“{TITLE}”，未读取。请下载最新表格对照。")
    by_title = {one.title: one for one in found.made.fields}
    for number, row in grid.rows:
        code = _at(row, place[CODE]) if CODE in place else ""
        title = _at(row, place[TITLE]) if TITLE in place else ""
        one = found.made.field(code) or by_title.get(title)
        if one is None:
            taking.faults.append(f"第 {number} 行：没有栏目“{title or code}”")
            continue
        taking.cell(0, one, number, place[VALUE], _at(row, place[VALUE]))
    return taking.done()


def _list(taking: _Taking, place: Mapping[str, int]) -> Proposal:
    found, grid = taking.found, taking.grid
    if ROW not in place:
        raise FormError(f"表头缺少“{ROW}”，无法对应到原来的行，未读取。请下载最新表格对照。")
    known = {one.title: one for one in found.made.fields}
    taking.faults += [f"缺少列“{one}”，该列未读取" for one in known if one not in place]
    taking.faults += [
        f"{address(1, at)} 不认识的列“{one}”，未读取"
        for one, at in place.items()
        if one not in known and one != ROW
    ]
    for number, row in grid.rows:
        said = _at(row, place[ROW])
        if not said.isdigit() or int(said) not in found.rows:
            taking.faults.append(f"{address(number, place[ROW])} 没有行号“{said}”，该行未读取")
            continue
        if taking.before.moved(found.made, found.cells, int(said)):
            taking.faults.append(
                f"{address(number, place[ROW])} 第 {said} 行下载后已换成另一个人，该行未读取"
            )
            continue
        for title, one in known.items():
            if title in place:
                taking.cell(int(said), one, number, place[title], _at(row, place[title]))
    return taking.done()
