"""A drop folder as a thread uses it: look, then read files piece by piece.

While one piece is worked on here, the next is already under way on the upstream loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from datetime import datetime

from portal.connectors.contract import Capability, OurMistake, State, SystemFault
from portal.connectors.files import FileSession, FilesTransport, Lying
from portal.connectors.loop import UpstreamLoop
from portal.connectors.recorder import CallRecorder, row
from portal.connectors.registry import System
from portal.connectors.survey import by_the_platform
from portal.connectors.transport import Trace, Transport


class DropFolder:
    """One connection to one drop folder; use it in a ``with``."""

    def __init__(
        self,
        system: System,
        transport: Transport,
        loop: UpstreamLoop,
        recorder: CallRecorder,
        now: Callable[[], datetime],
    ) -> None:
        if not isinstance(transport, FilesTransport):
            raise OurMistake(detail="not a system that puts out files")
        self._system = system
        self._transport = transport
        self._loop = loop
        self._recorder = recorder
        self._now = now
        self._asked_at = now()
        self._trace = Trace(now=now)
        self._session: FileSession | None = None

    def __enter__(self) -> DropFolder:
        try:
            self._session = self._loop.submit(self._transport.session(self._trace)).result()
        except SystemFault as fault:
            self._record(fault)
            raise
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._session is not None:
            self._loop.submit(self._session.close()).result()
            self._session = None
        self._record(error)

    def look(self, folder: str) -> tuple[Lying, ...]:
        """What lies there now."""
        return self._loop.submit(self._open.look(folder)).result()

    def read(self, folder: str, name: str) -> Generator[bytes]:
        """A file, piece by piece; who stops early closes it."""
        pieces = self._open.chunks(folder, name)
        ahead = self._loop.submit(_next(pieces))
        try:
            while (piece := ahead.result()) is not None:
                ahead = self._loop.submit(_next(pieces))
                yield piece
        finally:
            # Waited for, not cancelled: a piece has its time limit, and a generator that still
            # runs cannot be closed.
            with suppress(Exception):
                ahead.result()
            self._loop.submit(_close(pieces)).result()

    @property
    def _open(self) -> FileSession:
        if self._session is None:
            raise OurMistake(detail="the folder is not open")
        return self._session

    def _record(self, error: BaseException | None) -> None:
        fault = error if isinstance(error, SystemFault) else None
        outcome = State.RETURNED if error is None else fault.state if fault else State.FAULT
        self._recorder.write(
            [
                row(
                    by_the_platform("drop"),
                    self._system,
                    Capability.REPORTS,
                    self._trace,
                    asked_at=self._asked_at,
                    delivered_at=self._now(),
                    outcome=outcome.name,
                    fault=type(error).__name__ if error else None,
                )
            ]
        )


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _close(pieces: AsyncIterator[bytes]) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
