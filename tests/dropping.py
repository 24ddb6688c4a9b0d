"""A drop folder for tests: a real SFTP server, files written by hand, a gateway that looks in."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.connectors.gateway import Gateway
from portal.connectors.recorder import CallRecorder, Row
from portal.connectors.registry import load_registry
from portal.functions import drops
from portal.store import clock, landing
from portal.store.citypack import SystemSite
from portal.store.landing import Arrival
from portal.store.scope import scoped
from sandbox.files.publish import workbook
from sandbox.files.server import FileServer

PARTY, COMMITTEE = "party_members", "committee_cadres"
PARTY_HEAD = "组织代码,组织名称,组织类别,所在区划,党员总数,流动党员数,统计截止日期"
COMMITTEE_HEAD = (
    *("行政区划代码", "村（社区）名称", "类别", "届期"),
    *("两委职数", "两委成员数", "空缺职数", "任期将满数"),
)
FOLDERS = {PARTY: "out", COMMITTEE: "lwhz"}
A, B = "990102001001", "990102001002"
OLD = 3600  # seconds: long enough for a file to be whole


def party_row(number: int, region: str = A, members: object = 10) -> str:
    """One organisation."""
    return f"{region}{number:03d},第{number}支部,631,{region},{members},0,2026-10-31"


def party_file(rows: Sequence[str], head: str = PARTY_HEAD, encoding: str = "gb18030") -> bytes:
    """A proper file of these rows."""
    return ("\r\n".join([head, *rows, f"#END,{len(rows)}"]) + "\r\n").encode(encoding)


def committee_file(rows: Sequence[Sequence[Any]], head: Sequence[str] = COMMITTEE_HEAD) -> bytes:
    """A proper workbook of these rows, with the row of sums."""
    sums = [sum(int(row[place]) for row in rows) for place in range(4, 8)]
    return workbook("两委班子汇总", [head, *rows, ["合计", "", "", "", *sums]])


def committee_row(region: str = A, posts: int = 7, vacant: int = 1) -> list[Any]:
    """One community."""
    return [region, "某社区", "社区", "2021—2026", posts, posts - vacant, vacant, 0]


@dataclass
class Box:
    """The file server with a folder for each system, and the portal's way to it."""

    root: Path
    secrets: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = FileServer(self.root, {PARTY: "right", COMMITTEE: "right"})
        self.server.start()
        for system, folder in FOLDERS.items():
            (self.root / system / folder).mkdir()
        self.secrets |= {"password": "right", "key": self.server.host_key}
        self.gateway = Gateway(
            load_registry(
                [self._site(PARTY), self._site(COMMITTEE)],
                retired_codes={"990103": "990122"},
                secret=lambda name: self.secrets.get(name, name),
            ),
            recorder=CallRecorder(self.rows.extend),
            now=clock.now,
        )
        self.gateway.start()

    def close(self) -> None:
        """Stop both sides."""
        self.gateway.stop()
        self.server.stop()

    def _site(self, system: str) -> SystemSite:
        return SystemSite(
            id=system,
            name=system,
            owner="某部",
            level="市级",
            legal_basis="试验用",
            mode="试运行",
            endpoint=f"sftp://127.0.0.1:{self.server.port}",
            credentials={"username": system, "password": "password", "host_key": "key"},
            simulated=True,
        )

    # -- the other side -----------------------------------------------------------------------

    def put(self, name: str, data: bytes, *, system: str = PARTY, age: float = OLD) -> Path:
        """A file that was last changed so many seconds ago."""
        path = self.root / system / FOLDERS[system] / name
        path.write_bytes(data)
        then = clock.now().timestamp() - age
        os.utime(path, (then, then))
        return path

    def mark(self, name: str, data: bytes, **said: object) -> None:
        """The marker of a file with that content."""
        told = {"SHA256": hashlib.sha256(data).hexdigest(), "SIZE": len(data), **said}
        text = "".join(f"{key}={one}\r\n" for key, one in told.items())
        self.put(f"{name}.ok", text.encode())

    def deliver(self, rows: Sequence[str], *, day: str = "20261031", number: int = 1) -> str:
        """A whole proper file with its marker; gives its name."""
        name, data = f"DYTJ_{day}_{number:02d}.csv", party_file(rows)
        self.put(name, data)
        self.mark(name, data, ROWS=len(rows))
        return name

    # -- our side -----------------------------------------------------------------------------

    def fetch(self, system: str = PARTY) -> drops.Fetched:
        """Look in once."""
        return drops.fetch(self.gateway, self.gateway.registry.system(system))

    def one(self, system: str = PARTY) -> Arrival:
        """Look in once, when there is one new thing to see."""
        done = self.fetch(system)
        assert not done.problem, done.problem
        (arrival,) = done.arrivals
        return arrival

    def landed(self, system: str = PARTY) -> list[tuple[str, dict[str, str]]]:
        """The rows in use, by place and key."""
        with scoped(landing.WRITER) as connection:
            return sorted(landing.read(connection, system), key=lambda row: (row[0], str(row[1])))


def at(text: str) -> datetime:
    """A moment by the local clock."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.LOCAL)
