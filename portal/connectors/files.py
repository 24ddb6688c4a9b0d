"""Systems that put files on an SFTP server: look, and read. Nothing over there is ever changed.

The host key is pinned: it stands among the secrets, given by the owner on paper. A server that
shows another one is refused before our password is sent; no key is ever learnt from the wire.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncssh

from portal.connectors import wire
from portal.connectors.contract import (
    OurMistake,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.filemap import FolderCall
from portal.connectors.manifest import Call, FilesManifest
from portal.connectors.registry import System
from portal.connectors.sign import credential
from portal.connectors.template import Values
from portal.connectors.transport import Trace

CHUNK = 256 * 1024
MOST_FILES = 10_000
WRONG_HOST_KEY = (
    "对方服务器的主机密钥与登记的不一致，已拒绝连接，账号口令未发出，已入库的数据不变。"
    "请向对方核实新密钥的指纹，核实后由运维更新登记。"
)
BAD_PINNED_KEY = "登记的主机密钥无法识别，未连接对方服务器，请运维核对该系统的主机密钥登记。"


@dataclass(frozen=True, kw_only=True)
class Lying:
    """A file that lies in the folder."""

    name: str
    size: int
    modified: int  # seconds, by the other side's clock


class FileSession:
    """One open connection to a file server."""

    def __init__(self, system: System, trace: Trace) -> None:
        self._system = system
        self._trace = trace
        self._seconds = system.manifest.limits.timeout_seconds
        self._max_bytes = system.manifest.limits.max_kilobytes * 1024
        self._base = urlsplit(system.site.endpoint).path.strip("/")
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    async def open(self) -> None:
        """Connect, check the host key, sign in."""
        key = _pinned(self._system)
        parts = urlsplit(self._system.site.endpoint)
        auth = self._system.manifest.auth
        if not isinstance(self._system.manifest, FilesManifest) or auth.kind != "sftp":
            raise OurMistake(detail="not a files manifest")
        self._trace.sent()
        with _meaning():
            async with asyncio.timeout(self._seconds):
                self._connection = await asyncssh.connect(
                    parts.hostname or "",
                    parts.port or 22,
                    known_hosts=([key], [], []),
                    username=credential(self._system, auth.username),
                    password=credential(self._system, auth.password),
                    client_keys=None,
                    agent_path=None,
                    config=None,
                    preferred_auth="password",
                )
                self._trace.returned()
                self._sftp = await self._connection.start_sftp_client()

    async def look(self, folder: str) -> tuple[Lying, ...]:
        """The plain files of a folder, by name; links and folders are left out."""
        found = []
        with _meaning():
            async with asyncio.timeout(self._seconds):
                async for one in self._client.scandir(self._path(folder)):
                    name, attributes = str(one.filename), one.attrs
                    if stat.S_ISREG(attributes.permissions or 0) and "/" not in name:
                        found.append(
                            Lying(
                                name=name,
                                size=int(attributes.size or 0),
                                modified=int(attributes.mtime or 0),
                            )
                        )
                    if len(found) > MOST_FILES:
                        raise TheirFault(wire.TOO_BIG, detail=f"more than {MOST_FILES} files")
        self._trace.returned()
        return tuple(sorted(found, key=lambda one: one.name))

    async def chunks(self, folder: str, name: str) -> AsyncIterator[bytes]:
        """A file piece by piece; each piece has its own time limit."""
        size = 0
        with _meaning():
            async with asyncio.timeout(self._seconds):
                file = await self._client.open(self._path(f"{folder}/{name}"), "rb")
            try:
                while True:
                    async with asyncio.timeout(self._seconds):
                        piece = await file.read(CHUNK)
                    if not piece:
                        break
                    size += len(piece)
                    self._trace.size += len(piece)
                    if size > self._max_bytes:
                        raise TheirFault(wire.TOO_BIG, detail=f"more than {self._max_bytes} bytes")
                    yield piece if isinstance(piece, bytes) else piece.encode()
            finally:
                await file.close()
        self._trace.returned()

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    @property
    def _client(self) -> asyncssh.SFTPClient:
        if self._sftp is None:
            raise OurMistake(detail="the session is not open")
        return self._sftp

    def _path(self, below: str) -> str:
        return f"{self._base}/{below}" if self._base else below


class FilesTransport:
    """Reaches one file server; every look is a connection of its own."""

    def __init__(self, system: System) -> None:
        self._system = system

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Look into a folder and say how many files lie there."""
        if not isinstance(call, FolderCall):
            raise OurMistake(detail="not a folder call")
        session = await self.session(trace)
        try:
            return {"files": len(await session.look(call.folder))}
        finally:
            await session.close()

    async def session(self, trace: Trace) -> FileSession:
        """An open connection."""
        session = FileSession(self._system, trace)
        try:
            await session.open()
        except BaseException:
            await session.close()
            raise
        return session

    async def close(self) -> None:
        """Nothing of its own to let go of."""


def _pinned(system: System) -> asyncssh.SSHKey:
    auth = system.manifest.auth
    if auth.kind != "sftp":
        raise OurMistake(detail="no host key is named")
    try:
        return asyncssh.import_public_key(credential(system, auth.host_key))
    except asyncssh.KeyImportError as error:
        raise OurMistake(BAD_PINNED_KEY, detail="the pinned host key is no key") from error


@contextmanager
def _meaning() -> Iterator[None]:
    """Foreign errors become ours at the edge."""
    try:
        yield
    except SystemFault:
        raise
    except TimeoutError as error:
        raise TimedOut(detail="no answer in time") from error
    except asyncssh.Error as error:
        raise _fault(error) from error
    except OSError as error:
        raise Unreachable(detail=type(error).__name__) from error


def _fault(error: asyncssh.Error) -> SystemFault:
    detail = type(error).__name__
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return TheirFault(WRONG_HOST_KEY, detail=detail)
    if isinstance(error, asyncssh.KeyExchangeFailed) and "host key" in str(error).lower():
        return TheirFault(WRONG_HOST_KEY, detail=detail)
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.SFTPPermissionDenied):
        return SignInAgain(detail=detail)
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        return OurMistake("对方服务器上没有登记的目录或文件，请运维核对目录。", detail=detail)
    if isinstance(error, asyncssh.ConnectionLost | asyncssh.SFTPConnectionLost):
        return Unreachable(detail=detail)
    return TheirFault(detail=detail)
