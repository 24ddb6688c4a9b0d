"""A simulated system that puts out files: its way of writing them, from its declaration."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from random import Random
from typing import Literal

from sandbox.files.publish import workbook
from sandbox.misbehaviour import Mode
from sandbox.region import Region

Cell = str | int
Dice = Callable[..., Random]
Rows = Callable[[Region, Dice, date, int], list[list[Cell]]]


@dataclass(frozen=True, kw_only=True)
class DropFace:
    """The files of one system: ``name`` is a format of ``period`` and ``delivery``.

    ``sums`` are the columns that the last row adds up; a CSV ends with ``end`` and how many rows.
    """

    folder: str
    name: str
    head: Sequence[str]
    rows: Rows
    format: Literal["csv", "xlsx"] = "csv"
    encoding: str = "gb18030"
    sheet: str = "Sheet1"
    sums: Sequence[int] = ()
    end: str = "#END"
    marked: bool = False
    renamed: int = 1  # the column that a wrong delivery renames
    needs: tuple[str, ...] = ("username", "password")


class Files:
    """One system's files in one region."""

    def __init__(self, system: str, face: DropFace, region: Region, seed: int) -> None:
        self._system, self._face, self._region, self._seed = system, face, region, seed
        self.folder = face.folder

    def name(self, period: date, delivery: int) -> str:
        """The name of a delivery."""
        return self._face.name.format(period=period, delivery=delivery)

    def content(self, period: date, delivery: int, mode: Mode) -> bytes:
        """The bytes of a delivery."""
        face = self._face
        rows = face.rows(self._region, self._dice, period, delivery)
        head = list(face.head)
        if mode is Mode.WRONG_COLUMNS:
            head[face.renamed] += "（新）"
        if face.format == "xlsx":
            return workbook(face.sheet, [head, *rows, *self._sums(rows)])
        text = io.StringIO()
        tail = [[face.end, len(rows)]] if face.end else []
        csv.writer(text, lineterminator="\r\n").writerows([head, *rows, *tail])
        other = "utf-8" if face.encoding == "gb18030" else "gb18030"
        encoding = other if mode is Mode.WRONG_ENCODING else face.encoding
        return text.getvalue().encode(encoding)

    def marker(self, content: bytes) -> bytes | None:
        """Checksum and size of a whole file, where the system writes one."""
        if not self._face.marked:
            return None
        digest = hashlib.sha256(content).hexdigest()
        rows = content.count(b"\r\n") - 2
        return f"SHA256={digest}\r\nROWS={rows}\r\nSIZE={len(content)}\r\n".encode()

    def _sums(self, rows: list[list[Cell]]) -> list[list[Cell]]:
        if not self._face.sums:
            return []
        line: list[Cell] = ["合计", *[""] * (len(self._face.head) - 1)]
        for place in self._face.sums:
            line[place] = sum(int(row[place]) for row in rows)
        return [line]

    def _dice(self, *about: object) -> Random:
        text = ":".join(str(one) for one in (self._seed, self._system, *about))
        return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))
