"""文件接收: take in what systems put out as files, whole or not at all.

look ── known already? ── older than what is in use? ── whole yet? ── read, check, encrypt, COPY
                                                                       └── numbers, same transaction

Every file that was looked at is in the list with its state and the reason; a file that cannot be
used leaves what is in use as it was.
"""

import hashlib
import re
from calendar import monthrange
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from portal.connectors.contract import SystemFault
from portal.connectors.filemap import DropMap
from portal.connectors.files import Lying
from portal.connectors.folder import DropFolder
from portal.connectors.gateway import Gateway
from portal.connectors.intake import Incomplete, Reading, Refused, rows_of
from portal.connectors.manifest import FilesManifest
from portal.connectors.registry import System
from portal.connectors.tally import Tally
from portal.functions.reports import collect
from portal.store import claims, clock, landing
from portal.store.landing import Arrival, State
from portal.store.scope import scoped

_log = structlog.get_logger(__name__)
_FINAL = frozenset({State.LANDED, State.DUPLICATE, State.REFUSED, State.LATE})
_MARKER_LIMIT = 4096


class _Duplicate(Exception):
    """The content is known already."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What one look into a system's folder brought."""

    system_id: str
    arrivals: tuple[Arrival, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A file with the period and the sequence that its name tells."""

    lying: Lying
    period: date
    sequence: int

    @property
    def order(self) -> tuple[date, int]:
        return self.period, self.sequence


def drop_systems(gateway: Gateway) -> tuple[System, ...]:
    """The systems that put out files and are switched on."""
    return tuple(
        one
        for one in gateway.registry.systems.values()
        if isinstance(one.manifest, FilesManifest) and one.reachable
    )


def fetch_all(gateway: Gateway) -> list[Fetched]:
    """Look into every drop folder; one that cannot be reached does not stop the others."""
    return [fetch(gateway, system) for system in drop_systems(gateway)]


def fetch(gateway: Gateway, system: System) -> Fetched:
    """Take in what is new in one system's folder, the oldest period first."""
    with claims.alone(f"drops|{system.id}") as alone:
        if not alone:
            return Fetched(system_id=system.id, problem="另一个进程正在接收该系统的文件。")
        try:
            with gateway.folder(system.id) as folder:
                arrivals = _Taking(system, folder).all()
        except SystemFault as fault:
            _log.warning("drop folder not read", system=system.id, fault=type(fault).__name__)
            return Fetched(system_id=system.id, problem=fault.message)
    for one in arrivals:
        _log.info("drop file", system=system.id, state=one.state.name, rows=one.rows)
    return Fetched(system_id=system.id, arrivals=tuple(arrivals))


def period_of(text: str, style: str) -> date:
    """The last day that a file's name speaks of; ``ValueError`` when there is no such day."""
    if style == "yyyyMM":
        year, month = int(text[:4]), int(text[4:])
        return date(year, month, monthrange(year, month)[1] if 1 <= month <= 12 else 0)
    return datetime.strptime(text, "%Y%m%d").date()


class _Taking:
    """One look into one folder."""

    def __init__(self, system: System, folder: DropFolder) -> None:
        manifest = system.manifest
        if not isinstance(manifest, FilesManifest) or manifest.tally is None:
            raise TypeError(f"{system.id} puts out no files")
        self._system = system
        self._drop: DropMap = manifest.drop
        self._tally_map = manifest.tally
        self._folder = folder
        with scoped(landing.WRITER) as connection:
            self._known: Sequence[Arrival] = landing.arrivals(connection, system.id)
        self._current = next((one for one in self._known if one.current), None)
        self._names: set[str] = set()

    def all(self) -> list[Arrival]:
        lying = self._folder.look(self._drop.folder)
        self._names = {one.name for one in lying}
        found = sorted(self._candidates(lying), key=lambda one: one.order)
        return [done for one in found if (done := self._take(one)) is not None]

    def _candidates(self, lying: Sequence[Lying]) -> Iterator[_Candidate]:
        shape = re.compile(self._drop.name)
        for one in lying:
            match = shape.fullmatch(one.name)
            if match is None:
                continue
            parts = match.groupdict()
            try:
                period = period_of(parts["period"], self._drop.period)
            except ValueError:
                continue
            yield _Candidate(lying=one, period=period, sequence=int(parts.get("sequence") or 1))

    def _take(self, one: _Candidate) -> Arrival | None:
        """What became of a file; nothing when that is known and has not changed."""
        before = [known for known in self._known if known.name == one.lying.name]
        same = [known for known in before if _same(known, one.lying)]
        if any(known.state in _FINAL for known in same):
            return None
        blank = self._arrival(one)
        if one.period > clock.local(clock.now()).date():
            done = replace(blank, state=State.REFUSED, message="文件名中的统计期晚于今天，未入库。")
        elif self._current is not None and one.order < self._current.order:
            message = f"晚于更新的一期“{self._current.name}”到达，未入库，未覆盖已有数据。"
            done = replace(blank, state=State.LATE, message=message)
        else:
            done = self._read(one, blank)
        if any(known.state is done.state and known.message == done.message for known in same):
            return None  # still waiting for the same thing
        if not done.current:
            with scoped(landing.WRITER) as connection:
                landing.note(connection, done)
        self._known = [done, *self._known]
        return done

    def _read(self, one: _Candidate, blank: Arrival) -> Arrival:
        try:
            return self._land(one, blank, self._marked(one))
        except _Duplicate as known:
            message = f"内容与“{known.name}”相同，未重复入库。"
            return replace(blank, state=State.DUPLICATE, message=message)
        except Incomplete as error:
            message = f"{error.message}等待对方补传，已入库的数据不变。"
            return replace(blank, state=State.INCOMPLETE, message=message)
        except Refused as error:
            return replace(blank, state=State.REFUSED, message=error.message)

    def _marked(self, one: _Candidate) -> dict[str, str]:
        """What the marker says of the file; a file without one is not whole yet."""
        drop, lying = self._drop, one.lying
        most = self._system.manifest.limits.max_kilobytes
        if lying.size > most * 1024:
            raise Refused(f"文件大小超过 {most // 1024} MB 的上限，未读取任何内容。")
        if drop.ready == "stable":
            age = clock.now().timestamp() - lying.modified
            if age < drop.stable_seconds:
                raise Incomplete("文件还在写入，")
            return {}
        if lying.name + drop.marker not in self._names:
            raise Incomplete("尚无完成标记，")
        data = b""
        with closing(self._folder.read(drop.folder, lying.name + drop.marker)) as pieces:
            for piece in pieces:
                data += piece
                if len(data) > _MARKER_LIMIT:
                    raise Refused("完成标记文件过大，未入库。")
        pairs = (line.partition("=") for line in data.decode("ascii", "replace").splitlines())
        said = {name.strip().upper(): value.strip() for name, _, value in pairs}
        if said.get("SIZE", str(lying.size)) != str(lying.size):
            raise Incomplete(f"完成标记写明 {said['SIZE']} 字节，实有 {lying.size} 字节，")
        return said

    def _land(self, one: _Candidate, blank: Arrival, said: dict[str, str]) -> Arrival:
        self._refuse_known(said.get("SHA256", "").lower())
        digest = hashlib.sha256()
        tally = Tally(self._system.manifest.measures, self._tally_map, self._system.context)
        with closing(self._bytes(one, digest)) as data, scoped(landing.WRITER) as connection:
            rows = rows_of(data, self._drop, one.lying.name)
            checked = Reading(self._drop, tally)(rows)
            landing.note(connection, blank)
            try:
                count = landing.copy_rows(connection, self._system.id, blank.id, checked)
            except landing.SameKeyError as error:
                raise Refused(
                    f"第 {error.later} 行与第 {error.former} 行的编号相同，未入库任何一行。"
                ) from error
            self._verify(one, said, count, digest.hexdigest())
            done = replace(
                blank,
                sha256=digest.hexdigest(),
                rows=count,
                state=State.LANDED,
                message="",
                current=True,
            )
            landing.promote(connection, done)
            self._measure(connection, done, tally)
        self._current = done
        return done

    def _verify(self, one: _Candidate, said: dict[str, str], count: int, sha256: str) -> None:
        """Nothing is committed before the whole file has been seen to be the right one."""
        if said.get("SHA256", sha256).lower() != sha256:
            raise Incomplete("内容与完成标记的校验值不符，")
        if said.get("ROWS", str(count)) != str(count):
            raise Incomplete(f"完成标记写明 {said['ROWS']} 行，实有 {count} 行，")
        self._refuse_known(sha256)
        if self._current is not None and one.order == self._current.order:
            raise Refused(
                f"与已入库的“{self._current.name}”期次相同而内容不同，未覆盖。请对方以新序号重新放出。"
            )

    def _refuse_known(self, sha256: str) -> None:
        for known in self._known:
            if sha256 and known.sha256 == sha256 and known.state is State.LANDED:
                raise _Duplicate(known.name)

    def _bytes(self, one: _Candidate, digest: "hashlib._Hash") -> Generator[bytes]:
        size = 0
        with closing(self._folder.read(self._drop.folder, one.lying.name)) as pieces:
            for piece in pieces:
                size += len(piece)
                digest.update(piece)
                yield piece
        if size != one.lying.size:
            raise Incomplete("读取时文件还在变化，")

    def _measure(self, connection: Connection, done: Arrival, tally: Tally) -> None:
        collect.put_stocks(connection, self._system, tally.results(), collect.end_of(done.period))

    def _arrival(self, one: _Candidate) -> Arrival:
        return Arrival(
            id=uuid4(),
            system_id=self._system.id,
            name=one.lying.name,
            size=one.lying.size,
            modified=one.lying.modified,
            sha256="",
            period=one.period,
            sequence=one.sequence,
            rows=0,
            received_at=clock.now(),
            state=State.INCOMPLETE,
            message="",
            current=False,
            simulated=self._system.mark,
        )


def _same(known: Arrival, lying: Lying) -> bool:
    return (known.size, known.modified) == (lying.size, lying.modified)
