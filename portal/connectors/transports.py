"""Which module reaches which system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import ClientSession

from portal.connectors.contract import OurMistake
from portal.connectors.database import DatabaseTransport
from portal.connectors.files import FilesTransport
from portal.connectors.jump import JumpTransport
from portal.connectors.registry import System
from portal.connectors.rest import RestTransport, open_session
from portal.connectors.soap import SoapTransport
from portal.connectors.transport import Transport, TransportFactory


class Transports:
    """Opens transports on the upstream loop; REST systems and doors share one HTTP session."""

    def __init__(self, factory: TransportFactory | None, now: Callable[[], datetime]) -> None:
        self._factory = factory
        self._now = now
        self._session: ClientSession | None = None

    def open(self, system: System) -> Transport:
        """The transport a manifest asks for, or the one that was injected."""
        if self._factory is not None:
            return self._factory(system)
        kind = system.manifest.transport
        if kind in {"rest", "jump"}:
            self._session = self._session or open_session()
        if kind == "rest" and self._session:
            return RestTransport(system, self._session, self._now)
        if kind == "jump" and self._session:
            return JumpTransport(system, self._session)
        if kind == "soap":
            return SoapTransport(system)
        if kind == "database":
            return DatabaseTransport(system)
        if kind == "files":
            return FilesTransport(system)
        raise OurMistake(detail=f"no transport {kind!r}")

    async def close(self) -> None:
        """Close the shared session."""
        if self._session is not None:
            await self._session.close()
            self._session = None
