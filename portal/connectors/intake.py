"""From the bytes of a file to checked rows, as they come: no file is ever held as a whole.

Only a workbook is, since it cannot be read otherwise; its size is bounded. What is wrong is said
with row and column. `Incomplete` may heal by itself, `Refused` needs the owner.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from portal.connectors import wire
from portal.connectors.contract import TheirFault
from portal.connectors.converters import Unreadable
from portal.connectors.counting import columns_of
from portal.connectors.filemap import DropMap, Trailer
from portal.connectors.tally import MISSING, Tally
from portal.store.landing import Landed
from portal.store.sheets import SheetRefusedError, pick, read_sheet

LONGEST_CELL = 2000
Numbered = tuple[int, dict[str, str]]


class Refused(Exception):
    """The file cannot be taken as it is; the text names row and column."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Incomplete(Refused):
    """The file is not whole yet, or did not come whole."""


def rows_of(chunks: Iterable[bytes], drop: DropMap, name: str) -> Iterator[Numbered]:
    """The rows of a file with their row numbers; the trailer is checked and left out."""
    read = _workbook(b"".join(chunks), drop, name) if drop.format == "xlsx" else _csv(chunks, drop)
    return _whole(read, drop) if drop.trailer else read


class Reading:
    """Checks rows: each has a key and a place, and every number that is counted can be read."""

    def __init__(self, drop: DropMap, tally: Tally) -> None:
        self._drop = drop
        self._tally = tally

    def __call__(self, rows: Iterable[Numbered]) -> Iterator[Landed]:
        tally, keys = self._tally, self._drop.key
        for count, (number, row) in enumerate(rows, 1):
            if count > self._drop.max_rows:
                raise Refused(f"超过 {self._drop.max_rows} 行的上限，未入库任何一行。")
            parts = [row[one] for one in keys]
            if "" in parts:
                raise Refused(self._at(number, next(one for one in keys if not row[one]), MISSING))
            try:
                place = tally.place_of(row)
                if place is None:
                    raise Unreadable(MISSING)
                tally.take(row, place)
            except Unreadable as error:
                raise Refused(self._blamed(number, row, error)) from error
            yield Landed(number=number, key="|".join(parts), region_code=place, values=row)

    def _blamed(self, number: int, row: dict[str, str], error: Unreadable) -> str:
        source, why = self._tally.blame(row) or ("", str(error))
        names = sorted(columns_of(source)) if source else []
        return self._at(number, names[0] if names else "", why)

    def _at(self, number: int, name: str, why: str) -> str:
        head = self._drop.columns.get(name, "")
        column = f"“{head}”列" if head else ""
        return f"第 {number} 行{column}：{why}，未入库任何一行。"


# -- CSV ------------------------------------------------------------------------------------------


def _csv(chunks: Iterable[bytes], drop: DropMap) -> Iterator[Numbered]:
    lines = _Lines(chunks, drop.encoding)
    reader = csv.reader(lines, strict=True)
    width = 0
    names: tuple[str, ...] = ()
    try:
        for cells in reader:
            if not names:
                names = _header([one.strip() for one in cells], drop)
                width = len(names)
                continue
            if not cells:
                continue
            number = reader.line_num
            if len(cells) != width and not _is_trailer(cells, drop):
                raise _wrong_width(number, len(cells), width, ended=lines.ended)
            if max(map(len, cells)) > LONGEST_CELL:
                raise Refused(f"第 {number} 行有超过 {LONGEST_CELL} 字的内容，未入库任何一行。")
            yield number, dict(zip(names, map(str.strip, cells), strict=False))
    except csv.Error as error:
        kind = Incomplete if lines.ended else Refused
        raise kind(f"第 {reader.line_num} 行的引号或分隔不完整，未入库任何一行。") from error
    if not names:
        raise Incomplete("文件是空的。")


class _Lines:
    """The lines of a text as it comes; a byte that is no text is told with its row."""

    def __init__(self, chunks: Iterable[bytes], encoding: str) -> None:
        self.ended = False
        self._chunks = iter(chunks)
        self._encoding = encoding
        self._lines = self._read()
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def _read(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)(errors="strict")
        rest, first = "", True
        for chunk in self._chunks:
            if first:
                self._refuse_another_encoding(chunk)
                first = False
            rest += self._decoded(decoder, chunk)
            *whole, rest = rest.split("\n")
            broken = any(wire.REPLACEMENT in line for line in whole)
            for line in whole:
                self._number += 1
                if broken:
                    self._refuse_broken(line)
                yield line + "\n"
        try:
            rest += decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise Incomplete(
                f"文件在第 {self._number + 1} 行的一个字中间断开，没有传完。"
            ) from error
        self.ended = True
        if rest:
            self._number += 1
            self._refuse_broken(rest)
            yield rest

    def _decoded(self, decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
        try:
            return decoder.decode(chunk)
        except UnicodeDecodeError as error:
            row = self._number + 1 + error.object[: error.start].count(b"\n")
            raise Refused(
                f"第 {row} 行有不是 {_in_words(self._encoding)} 编码的内容，未入库任何一行。"
            ) from error

    def _refuse_broken(self, line: str) -> None:
        if wire.REPLACEMENT in line:
            raise Refused(f"第 {self._number} 行有乱码，未入库任何一行。")

    def _refuse_another_encoding(self, chunk: bytes) -> None:
        wire_start = chunk[: chunk.rfind(b"\n") + 1]
        if self._encoding != "gb18030" or not wire_start:
            return
        try:
            wire.decode(wire_start, self._encoding)
        except TheirFault as error:
            if isinstance(error.__cause__, UnicodeDecodeError):
                return  # which row it is will be found when it is read
            raise Refused(
                "第 1 行起是 UTF-8 编码，约定为 GBK，未入库任何一行。请对方按约定编码重新放出。"
            ) from error


def _in_words(encoding: str) -> str:
    return "GBK" if encoding == "gb18030" else "UTF-8"


def _header(heads: list[str], drop: DropMap) -> tuple[str, ...]:
    """The keys in the order of the file; every declared column exactly once, no other."""
    known = {head: name for name, head in drop.columns.items()}
    heads[0] = heads[0].removeprefix("\ufeff") if heads else ""
    missing = [head for head in known if head not in heads]
    twice = sorted({head for head in heads if heads.count(head) > 1})
    unknown = [f"第 {place} 列“{head}”" for place, head in enumerate(heads, 1) if head not in known]
    faults = [
        f"{words}{'、'.join(those)}"
        for words, those in (("缺少列：", missing), ("重复的列：", twice), ("多出的列：", unknown))
        if those
    ]
    if faults:
        raise Refused(f"第 1 行（表头）与约定不符，{'；'.join(faults)}。未入库任何一行。")
    return tuple(known[head] for head in heads)


def _wrong_width(number: int, found: int, width: int, *, ended: bool) -> Refused:
    if ended and found < width:
        return Incomplete(f"第 {number} 行只有 {found} 列，应有 {width} 列，文件没有传完。")
    return Refused(f"第 {number} 行有 {found} 列，应有 {width} 列，未入库任何一行。")


# -- workbooks ------------------------------------------------------------------------------------


def _workbook(data: bytes, drop: DropMap, name: str) -> Iterator[Numbered]:
    try:
        sheet = read_sheet(data, name=name, sheet=drop.sheet, max_rows=drop.max_rows + 1)
        for one in pick(sheet, drop.columns):
            yield one.number, {key: _as_text(cell) for key, cell in one.values.items()}
    except SheetRefusedError as error:
        raise Refused(error.message) from error


def _as_text(cell: Any) -> str:
    """A number is written without the fraction that a sheet gives it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


# -- the last row ---------------------------------------------------------------------------------


def _is_trailer(cells: list[str], drop: DropMap) -> bool:
    return drop.trailer is not None and cells[0].strip() == drop.trailer.mark


def _whole(rows: Iterable[Numbered], drop: DropMap) -> Iterator[Numbered]:
    """The rows before the trailer; it must be there, last, and right."""
    trailer = drop.trailer
    assert trailer is not None  # noqa: S101 - the caller has looked
    count, last, end, first = 0, 1, None, ""
    sums = dict.fromkeys(trailer.sums, 0)
    for number, row in rows:
        if end is not None:
            raise Refused(f"第 {number} 行在结束行之后，未入库任何一行。")
        first = first or next(iter(row))
        if row[first] == trailer.mark:
            end = number, row
            continue
        count, last = count + 1, number
        for name in sums:
            sums[name] += _number(row[name], number, drop.columns[name])
        yield number, row
    if end is None:
        raise Incomplete(f"第 {last} 行之后没有结束行“{trailer.mark}”，文件没有传完。")
    _agrees(end, trailer, drop, count, sums)


def _agrees(
    end: Numbered, trailer: Trailer, drop: DropMap, count: int, sums: Mapping[str, int]
) -> None:
    """What the trailer repeats must be so."""
    number, row = end
    if trailer.rows is not None:
        said = _number(list(row.values())[trailer.rows], number, "行数")
        if said != count:
            raise Incomplete(f"第 {number} 行（结束行）写明 {said} 行，实有 {count} 行，未入库。")
    for name, summed in sums.items():
        head = drop.columns[name]
        said = _number(row[name], number, head)
        if said != summed:
            raise Refused(
                f"第 {number} 行（{trailer.mark}）“{head}”列为 {said}，各行相加为 {summed}，"
                "未入库任何一行。"
            )


def _number(text: str, number: int, head: str) -> int:
    digits = text.replace(",", "")
    if not digits.isdecimal():
        raise Refused(f"第 {number} 行“{head}”列：不是数量，未入库任何一行。")
    return int(digits)
