"""Putting files out: properly, or in one of the ways in which it goes wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import xlsxwriter

from sandbox.distort import Clock, local
from sandbox.files.numbers import COMMITTEE_HEAD, PARTY_HEAD, Numbers
from sandbox.files.server import FileServer, Mood
from sandbox.misbehaviour import Mode

AN_HOUR = 3600
OF_ONE = frozenset({Mode.DOWN, Mode.SLOW, Mode.FLAPPING})  # how the server treats one account
SERVER_MODES = OF_ONE | {Mode.CHANGED_HOST_KEY}
STEADY = SERVER_MODES | {Mode.NORMAL}
FILE_MODES = SERVER_MODES | {
    Mode.NORMAL,
    Mode.LATE,
    Mode.DUPLICATE,
    Mode.PARTIAL,
    Mode.REORDERED,
    Mode.TRUNCATED,
    Mode.WRONG_COLUMNS,
}
CSV_MODES = FILE_MODES | {Mode.WRONG_ENCODING}


class Kind(Protocol):
    """One system's way of writing its files."""

    folder: str

    def name(self, period: date, delivery: int) -> str: ...

    def content(self, period: date, delivery: int, mode: Mode) -> bytes: ...

    def marker(self, content: bytes) -> bytes | None: ...


class PartyFiles:
    """GBK, CRLF, a trailer with the number of rows, and a marker beside the file."""

    folder = "out"

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def name(self, period: date, delivery: int) -> str:
        """By closing day and delivery."""
        return f"DYTJ_{period:%Y%m%d}_{delivery:02d}.csv"

    def content(self, period: date, delivery: int, mode: Mode) -> bytes:
        """The bytes of a file."""
        rows = self._numbers.party(f"{period:%Y-%m-%d}", delivery)
        head = list(PARTY_HEAD)
        if mode is Mode.WRONG_COLUMNS:
            head[4] = "党员数"
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows([head, *rows, ["#END", len(rows)]])
        encoding = "utf-8" if mode is Mode.WRONG_ENCODING else "gb18030"
        return text.getvalue().encode(encoding)

    def marker(self, content: bytes) -> bytes | None:
        """Checksum, rows and size of a whole file."""
        rows = content.count(b"\r\n") - 2
        said = {"SHA256": hashlib.sha256(content).hexdigest(), "ROWS": rows, "SIZE": len(content)}
        return "".join(f"{name}={one}\r\n" for name, one in said.items()).encode()


class CommitteeFiles:
    """A workbook a month, with a last row of sums and no marker."""

    folder = "lwhz"

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def name(self, period: date, delivery: int) -> str:
        """By month; a corrected one has its number behind."""
        tail = f"_{delivery}" if delivery > 1 else ""
        return f"LWHZ_{period:%Y%m}{tail}.xlsx"

    def content(self, period: date, delivery: int, mode: Mode) -> bytes:
        """The bytes of a workbook."""
        rows = self._numbers.committees(delivery)
        head = list(COMMITTEE_HEAD)
        if mode is Mode.WRONG_COLUMNS:
            head[5] = "两委人数"
        sums = [sum(int(row[place]) for row in rows) for place in range(4, 8)]
        return workbook("两委班子汇总", [head, *rows, ["合计", "", "", "", *sums]])

    def marker(self, content: bytes) -> bytes | None:
        """There is none."""
        return None


def workbook(title: str, rows: Sequence[Sequence[str | int]]) -> bytes:
    """A plain workbook of one sheet."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    sheet = book.add_worksheet(title)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return data.getvalue()


class Publisher:
    """Puts out the files of one system, one delivery after the other."""

    def __init__(self, server: FileServer, account: str, kind: Kind, clock: Clock) -> None:
        self._server = server
        self._account = account
        self._kind = kind
        self._clock = clock
        self._place = server.root / account / kind.folder
        self._place.mkdir(parents=True, exist_ok=True)
        self._delivery = 0
        self._last = b""
        self._mode = Mode.NORMAL

    def open(self) -> None:
        """The first proper delivery, for the last whole month."""
        self._deliver(Mode.NORMAL)

    def turn(self, mode: Mode, delay_ms: int) -> None:
        """Behave like that: a mode of the server stays, one of the files is one more delivery."""
        was, self._mode = self._mode, mode
        if Mode.CHANGED_HOST_KEY in {mode, was}:
            self._server.listen(own_key=mode is not Mode.CHANGED_HOST_KEY)
        mood = Mood(away=mode is Mode.DOWN, flapping=mode is Mode.FLAPPING)
        mood.delay_ms = delay_ms if mode is Mode.SLOW else 0
        self._server.behave(self._account, mood)
        if mode is Mode.LATE:
            self._put(_month_before(self._period()), 1, mode)
        elif mode is Mode.REORDERED:
            self._delivery += 2
            self._put(self._period(), self._delivery, mode)
            self._put(self._period(), self._delivery - 1, mode)
        elif mode not in STEADY or (mode is Mode.NORMAL and was not in STEADY):
            self._deliver(mode)

    def _deliver(self, mode: Mode) -> None:
        self._delivery += 1
        self._put(self._period(), self._delivery, mode)

    def _put(self, period: date, delivery: int, mode: Mode) -> None:
        whole = self._kind.content(period, delivery, mode)
        if mode is Mode.DUPLICATE:
            whole = self._last
        cut = whole[: len(whole) // 2] if mode in {Mode.PARTIAL, Mode.TRUNCATED} else whole
        name = self._kind.name(period, delivery)
        self._write(name, cut)
        marker = self._kind.marker(whole)
        if marker is not None and mode is not Mode.PARTIAL:
            self._write(f"{name}.ok", marker)
        if mode in {Mode.NORMAL, Mode.REORDERED}:
            self._last = whole

    def _write(self, name: str, content: bytes) -> None:
        """Under another name first: whoever looks sees a file whole or not at all."""
        path, growing = self._place / name, self._place / f"{name}.tmp"
        growing.write_bytes(content)
        then = self._clock().timestamp() - AN_HOUR
        os.utime(growing, (then, then))
        Path(growing).replace(path)

    def _period(self) -> date:
        return _month_before(local(self._clock()).date())


def _month_before(day: date) -> date:
    """The last day of the month before."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=monthrange(last.year, last.month)[1])
