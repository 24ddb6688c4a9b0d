"""Group ``drops``: a file from first byte to commit, against the plain loop over the same bytes.

The loop decodes, splits, encrypts and copies into a bare table: no checks, no key, no place, no
numbers, no row-level security. Neither side includes the network; both read the same bytes in the
same pieces. Landing also holds the memory that it needs to a bound, which is measured as well.
"""

import base64
import codecs
import csv
import gc
import hashlib
import io
import json
import os
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from uuid import uuid4

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import ground
from benchmarks.figures import Figure, emit, median, paired
from portal.commands import setup
from portal.connectors.filemap import DropMap
from portal.connectors.intake import Reading, rows_of
from portal.connectors.manifest import FilesManifest
from portal.connectors.registry import System, load_registry
from portal.connectors.tally import Tally
from portal.functions.reports import collect
from portal.settings import secrets, settings
from portal.store import clock, divisions, landing
from portal.store.citypack import SystemSite, pack
from portal.store.landing import Arrival, State
from portal.store.scope import scoped

ROWS = 500_000
SMALL = 10_000
RUNS = 3
CHUNK = 256 * 1024
SYSTEM = "party_members"
_HEAD = "组织代码,组织名称,组织类别,所在区划,党员总数,流动党员数,统计截止日期"


def _file(communities: list[str], rows: int) -> bytes:
    lines = [_HEAD]
    for number in range(rows):
        code = communities[number % len(communities)]
        lines.append(
            f"{code}{number:06d},中共某某社区第{number}支部委员会,631,{code},{10 + number % 50},"
            f"{number % 3},2026-10-31"
        )
    lines.append(f"#END,{rows}")
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def _system() -> System:
    site = SystemSite(
        id=SYSTEM,
        name=SYSTEM,
        owner="bench",
        level="bench",
        legal_basis="测量用",
        mode="试运行",
        endpoint="sftp://127.0.0.1:1",
        credentials={"username": "u", "password": "p", "host_key": "k"},
    )
    system = load_registry([site], retired_codes=pack().retired_codes).system(SYSTEM)
    manifest = system.manifest
    assert isinstance(manifest, FilesManifest)
    roomy = manifest.drop.model_copy(update={"max_rows": 2 * ROWS})
    return replace(system, manifest=manifest.model_copy(update={"drop": roomy}))


def _arrival(data: bytes) -> Arrival:
    return Arrival(
        id=uuid4(),
        system_id=SYSTEM,
        name="bench.csv",
        size=len(data),
        modified=0,
        sha256="",
        period=date(2026, 10, 31),
        sequence=1,
        rows=0,
        received_at=clock.now(),
        state=State.LANDED,
        message="",
        current=False,
        simulated="bench",
    )


def _land(system: System, data: bytes) -> None:
    """What the product does with a file once it may be read."""
    manifest = system.manifest
    assert isinstance(manifest, FilesManifest) and manifest.tally is not None
    drop: DropMap = manifest.drop
    digest = hashlib.sha256()

    def heard() -> Iterator[bytes]:
        for piece in _pieces(data):
            digest.update(piece)
            yield piece

    tally = Tally(manifest.measures, manifest.tally, system.context)
    checked = Reading(drop, tally)(rows_of(heard(), drop, "bench.csv"))
    arrival = _arrival(data)
    with scoped(landing.WRITER) as connection:
        landing.note(connection, arrival)
        count = landing.copy_rows(connection, SYSTEM, arrival.id, checked)
        done = Arrival(**{**vars(arrival), "rows": count, "current": True})
        landing.promote(connection, done)
        collect.put_stocks(connection, system, tally.results(), collect.end_of(done.period))


def _loop(data: bytes) -> None:
    """Decode, split, encrypt, COPY."""
    key_id, key = next(iter(secrets().data_keys.items()))
    cipher = AESGCM(base64.b64decode(key))
    url = settings().database_url.replace("postgresql+psycopg://", "postgresql://")
    decoder = codecs.getincrementaldecoder("gb18030")()
    text = io.StringIO("".join(decoder.decode(piece) for piece in _pieces(data)), newline="")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bare (payload text) ON COMMIT DROP")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for row in csv.DictReader(text):
                nonce = os.urandom(12)
                plain = json.dumps(row, ensure_ascii=False).encode()
                sealed = nonce + cipher.encrypt(nonce, plain, key_id.encode())
                copy.write_row((base64.b64encode(sealed).decode(),))


def _timed(work: object, *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)  # type: ignore[operator]
    return time.perf_counter() - started


def _peak(system: System, data: bytes) -> float:
    """The most memory that landing a file took, in MB, beside the file's own bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        _land(system, data)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(Figure(figure=f"drops.{name}", value=value, unit=unit, runs=runs, target=target))


@contextmanager
def _stage() -> Iterator[list[str]]:
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        yield [
            one.code
            for one in divisions.below(pack().region_code, "community")
            if not one.statistics_only
        ]


def run() -> None:
    """Measure and print."""
    with _stage() as communities:
        system, data = _system(), _file(communities, ROWS)
        small = _file(communities, SMALL)
        _land(system, small)
        _loop(small)
        landed, looped = [], []
        for _ in range(RUNS):
            landed.append(_timed(_land, system, data))
            looped.append(_timed(_loop, data))
        _emit(f"land.{ROWS}_rows", median(landed), "s", RUNS, "<= 40")
        _emit("land", ROWS / median(landed), "rows/s", RUNS)
        _emit("plain_loop", ROWS / median(looped), "rows/s", RUNS)
        _emit("land.vs_plain_loop", paired(looped, landed), "x", RUNS, ">= 0.35")
        _emit(f"memory.{SMALL}_rows", _peak(system, small), "MB", 1)
        _emit(f"memory.{ROWS}_rows", _peak(system, data), "MB", 1)
