"""The SFTP server: real host keys, passwords, one folder per account, nothing can be written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

KEY_KIND = "ssh-ed25519"
T = TypeVar("T")


@dataclass
class Mood:
    """How the server behaves to one account."""

    away: bool = False
    flapping: bool = False
    delay_ms: int = 0
    _up: bool = True

    def answers(self) -> bool:
        """Whether it serves this time: flapping, every other time."""
        if self.flapping:
            self._up = not self._up
            return self._up
        return not self.away


class _Door(asyncssh.SSHServer):
    """Lets accounts in by password."""

    def __init__(self, accounts: Mapping[str, str], moods: Mapping[str, Mood]) -> None:
        self._accounts = accounts
        self._moods = moods
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody is at the door."""
        self._connection = conn

    async def begin_auth(self, username: str) -> bool:
        """Everybody must show a password; an account that is away hangs up."""
        mood = self._moods.get(username)
        if mood is not None:
            await asyncio.sleep(mood.delay_ms / 1000)
            if not mood.answers() and self._connection is not None:
                self._connection.abort()
        return True

    def password_auth_supported(self) -> bool:
        """There is no other way."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """The right password of a known account."""
        right = self._accounts.get(username, "")
        return bool(right) and compare_digest(right.encode(), password.encode())


class _ReadOnly(asyncssh.SFTPServer):
    """Files may be looked at and read."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open for reading only."""
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("read only")
        return super().open(path, pflags, attrs)

    def _refuse(self, *_arguments: Any) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    setstat = lsetstat = fsetstat = _refuse  # type: ignore[assignment]
    remove = mkdir = rmdir = rename = posix_rename = _refuse  # type: ignore[assignment]
    symlink = link = _refuse  # type: ignore[assignment]


class FileServer:
    """Runs in a thread of its own; a folder below ``root`` belongs to each account."""

    def __init__(
        self,
        root: Path,
        accounts: Mapping[str, str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.root = root
        self.port = port
        self._host = host
        self._accounts: dict[str, str] = {}
        self._moods: dict[str, Mood] = {}
        self._key = asyncssh.generate_private_key(KEY_KIND)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._listening: asyncssh.SSHAcceptor | None = None
        for name, password in (accounts or {}).items():
            self.admit(name, password)

    def admit(self, account: str, password: str) -> None:
        """Give somebody an account, and a folder."""
        self._accounts[account] = password
        (self.root / account).mkdir(parents=True, exist_ok=True)

    def behave(self, account: str, mood: Mood) -> None:
        """Serve one account well, slowly, or not at all."""
        self._moods[account] = mood

    @property
    def host_key(self) -> str:
        """The public half of the key, as it is handed to callers on paper."""
        return self._key.export_public_key().decode().strip()

    def start(self) -> None:
        """Listen; the port is known afterwards."""
        self._thread.start()
        self._do(self._listen(self._key))

    def stop(self) -> None:
        """Hang up and end the thread."""
        self._do(self._deafen())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listen(self, *, own_key: bool = True, up: bool = True) -> None:
        """Serve with the right key, with another one, or not at all."""
        self._do(self._deafen())
        if up:
            key = self._key if own_key else asyncssh.generate_private_key(KEY_KIND)
            self._do(self._listen(key))

    async def _listen(self, key: asyncssh.SSHKey) -> None:
        self._listening = await asyncssh.listen(
            self._host,
            self.port,
            server_host_keys=[key],
            server_factory=lambda: _Door(self._accounts, self._moods),
            sftp_factory=self._sftp,
            allow_scp=False,
        )
        self.port = self._listening.get_port()

    def _sftp(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        account = str(channel.get_extra_info("username"))
        return _ReadOnly(channel, chroot=str(self.root / account).encode())

    async def _deafen(self) -> None:
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()
            self._listening = None

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)
