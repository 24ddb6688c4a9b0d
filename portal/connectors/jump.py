"""Systems that are doors only: the platform asks no more than whether all is well there."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientConnectionError, ClientError, ClientSession

from portal.connectors import wire
from portal.connectors.calls import RestCall
from portal.connectors.contract import OurMistake, TheirFault, TimedOut, Unreachable
from portal.connectors.endpoint import EndpointRefused, below
from portal.connectors.manifest import Call
from portal.connectors.registry import System
from portal.connectors.template import Values
from portal.connectors.transport import Trace

LOOKED_AT = 16 * 1024


class JumpTransport:
    """Looks at one page of a system, and gives its ``status`` and the beginning of its ``text``."""

    def __init__(self, system: System, session: ClientSession) -> None:
        self._endpoint = system.site.endpoint
        self._encoding = system.manifest.envelope.encoding
        self._session = session

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Read the page once, without credentials."""
        if not isinstance(call, RestCall):
            raise OurMistake(detail="not a call of a door")
        try:
            address = below(self._endpoint, call.path)
        except EndpointRefused as error:
            raise OurMistake(detail="the request has no valid address") from error
        trace.sent()
        try:
            async with self._session.get(address, allow_redirects=False) as response:
                trace.returned()
                content = await response.content.read(LOOKED_AT)
                trace.size += len(content)
                wire.refuse_status(response.status, response.headers.get("Retry-After"))
                if response.status >= 400:
                    raise OurMistake(detail=f"status {response.status}")
                text = wire.decode(content, self._encoding) if len(content) < LOOKED_AT else ""
                return {"status": response.status, "text": text}
        except TimeoutError as error:
            raise TimedOut(detail=type(error).__name__) from error
        except (ClientConnectionError, OSError) as error:
            raise Unreachable(detail=type(error).__name__) from error
        except (ClientError, ValueError) as error:
            raise TheirFault(detail=type(error).__name__) from error

    async def close(self) -> None:
        """Nothing of its own to let go of."""
