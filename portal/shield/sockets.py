"""Every open websocket of this process, and the watch that ends those whose session is over."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

import structlog

from portal.shield.doorkeeper import Doorkeeper

_log = structlog.get_logger(__name__)


class Socket:
    """One open websocket of a signed-in person."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.over = asyncio.Event()
        # The tab is on its way to the sign-out address: let it go there undisturbed.
        self.leaving = asyncio.Event()


class Sockets:
    """Who is connected. Used on the event loop only, except where a name says otherwise."""

    def __init__(self) -> None:
        self._by_session: dict[str, set[Socket]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, session_id: str) -> Socket:
        """Take note of a socket that has just been opened."""
        self._loop = asyncio.get_running_loop()
        socket = Socket(session_id)
        self._by_session[session_id].add(socket)
        return socket

    def discard(self, socket: Socket) -> None:
        """Forget a socket that is closed."""
        self._by_session[socket.session_id].discard(socket)
        if not self._by_session[socket.session_id]:
            del self._by_session[socket.session_id]

    def session_ids(self) -> frozenset[str]:
        """The sessions that have a socket here."""
        return frozenset(self._by_session)

    def end(self, session_ids: Collection[str]) -> None:
        """Let nothing more through any socket of these sessions, and close them."""
        for session_id in session_ids:
            for socket in self._by_session.get(session_id, ()):
                socket.over.set()

    def end_from_any_thread(self, session_ids: frozenset[str]) -> None:
        """The same, for the thread in which a session was revoked."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.end, session_ids)

    async def sweep(self, doorkeeper: Doorkeeper) -> None:
        """End the sockets whose session was revoked elsewhere or has timed out."""
        open_now = self.session_ids()
        if open_now:
            self.end(open_now - await doorkeeper.alive(open_now))


@asynccontextmanager
async def watching(
    sockets: Sockets, doorkeeper: Doorkeeper, *, seconds: float
) -> AsyncIterator[None]:
    """Sweep every few seconds for as long as the server runs."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await sockets.sweep(doorkeeper)
            except Exception:
                # No message passes unchecked meanwhile; the next sweep tries again.
                _log.exception("session_sweep_failed")

    task = asyncio.create_task(watch(), name="session-watch")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
