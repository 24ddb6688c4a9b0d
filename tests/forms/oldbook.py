"""A workbook of the old kind (.xls, BIFF8 in a compound file), made byte by byte for tests."""

from collections.abc import Sequence
from struct import pack

_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_LEAST = 4096  # a smaller stream would lie in the mini stream


def _record(kind: int, data: bytes) -> bytes:
    return pack("<HH", kind, len(data)) + data


def _start(kind: int) -> bytes:
    return _record(0x0809, pack("<HHHHII", 0x0600, kind, 0, 0x07CC, 0, 6))


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = pack("<HHH", row, column, 0)
    if isinstance(value, str):
        text = pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return _record(0x0204, place + text)
    return _record(0x0203, place + pack("<d", value))


def _stream(rows: Sequence[Sequence[str | float]]) -> bytes:
    name = "填报"
    told = pack("<BB", len(name), 1) + name.encode("utf-16-le")
    end, first = _record(0x000A, b""), _start(0x0005)
    at = len(first) + 4 + 6 + len(told) + len(end)
    globals_ = first + _record(0x0085, pack("<IH", at, 0) + told) + end
    cells = (_cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    return globals_ + _start(0x0010) + b"".join(cells) + end


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    told = name.encode("utf-16-le") + b"\0\0" if name else b""
    return (
        told.ljust(64, b"\0") + pack("<HBB", len(told), kind, 1)
        + pack("<III", _FREE, _FREE, child) + bytes(36) + pack("<IQ", first, size)
    )  # fmt: skip


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A file with one sheet."""
    stream = _stream(rows)
    size = max(_LEAST, -(-len(stream) // _SECTOR) * _SECTOR)
    count = size // _SECTOR
    chain = [_FAT, _END, *range(3, 2 + count), _END]
    fat = pack("<128I", *chain, *[_FREE] * (128 - len(chain)))
    folder = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, size)
    folder += _entry("", 0, _FREE, 0, 0) * 2
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += pack("<IIIIIIIII", 0, 1, 1, 0, _LEAST, _END, 0, _END, 0)
    head += pack("<109I", 0, *[_FREE] * 108)
    return head + fat + folder + stream.ljust(size, b"\0")
