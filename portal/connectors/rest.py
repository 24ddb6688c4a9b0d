"""Systems behind REST and JSON, called with aiohttp on the one upstream event loop."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from portal.connectors import wire
from portal.connectors.calls import RestCall
from portal.connectors.contract import (
    NotFound,
    OurMistake,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    TurnedDown,
    Unreachable,
)
from portal.connectors.endpoint import EndpointRefused, below
from portal.connectors.manifest import Call
from portal.connectors.registry import System
from portal.connectors.sign import signer_for
from portal.connectors.template import Values, fill, fill_path, fill_query
from portal.connectors.transport import Trace


def open_session() -> ClientSession:
    """One session for all systems: connections are kept, cookies are not, proxies are not used."""
    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=30),
        timeout=ClientTimeout(),  # none of its own: every call runs under its channel's limit
        cookie_jar=DummyCookieJar(),
        headers={"Accept": "application/json", "User-Agent": "community-affairs-portal"},
        trust_env=False,
    )


class RestTransport:
    """Calls one REST system."""

    def __init__(self, system: System, session: ClientSession, now: Callable[[], datetime]) -> None:
        self._system = system
        self._session = session
        self._endpoint = system.site.endpoint
        self._encoding = system.manifest.envelope.encoding
        self._max_bytes = system.manifest.limits.max_kilobytes * 1024
        self._signer = signer_for(system, self._post_form, now)

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Make one call; a refused token is renewed and the call repeated once."""
        if not isinstance(call, RestCall):
            raise OurMistake(detail="not a REST call")
        url = self._url(fill_path(call.path, values), fill_query(call.query, values))
        body, kind = _body(call, values, self._encoding)
        headers = {**fill(call.headers, values), **kind}
        proof = await self._signer.headers(call.method, str(url), body)
        try:
            return await self._send(call.method, url, {**headers, **proof}, body, trace)
        except SignInAgain:
            if not await self._signer.renew(proof):
                raise
        proof = await self._signer.headers(call.method, str(url), body)
        return await self._send(call.method, url, {**headers, **proof}, body, trace)

    async def close(self) -> None:
        """Nothing of its own to let go of; the session belongs to the gateway."""

    def _url(self, path: str, query: dict[str, str]) -> URL:
        try:
            return URL(below(self._endpoint, path), encoded=True).update_query(query)
        except (EndpointRefused, ValueError) as error:
            raise OurMistake(detail="the request has no valid address") from error

    async def _send(
        self, method: str, url: URL, headers: dict[str, str], body: bytes | None, trace: Trace
    ) -> Any:
        trace.sent()
        try:
            async with self._session.request(
                method, url, headers=headers, data=body, allow_redirects=False
            ) as response:
                trace.returned()
                self._signer.heard(response.headers.get("Date"))
                content = await self._read(response, trace)
                return self._understand(response, content)
        except SystemFault:
            raise
        except TimeoutError as error:
            raise TimedOut(detail=type(error).__name__) from error
        except ClientPayloadError as error:
            raise TheirFault(wire.CUT_OFF, detail="the body ended early") from error
        except (ClientConnectionError, OSError) as error:
            raise Unreachable(detail=type(error).__name__) from error
        except (ClientError, ValueError) as error:
            raise TheirFault(detail=type(error).__name__) from error

    async def _read(self, response: ClientResponse, trace: Trace) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := await response.content.readany():
            size += len(part)
            if size > self._max_bytes:
                raise TheirFault(wire.TOO_BIG, detail=f"more than {self._max_bytes} bytes")
            parts.append(part)
        trace.size += size
        return b"".join(parts)

    def _understand(self, response: ClientResponse, content: bytes) -> Any:
        wire.refuse_status(response.status, response.headers.get("Retry-After"))
        if response.status >= 400:
            raise self._named(content) or OurMistake(detail=f"status {response.status}")
        return wire.read_json(content, self._encoding)

    def _named(self, content: bytes) -> SystemFault | None:
        """A proper "no such person" or "no" may come as a 4xx; a bare one is a wrong address."""
        try:
            fault = self._system.judge.named_fault(wire.read_json(content, self._encoding))
        except TheirFault:
            return None
        return fault if isinstance(fault, NotFound | TurnedDown) else None

    async def _post_form(self, path: str, form: str, headers: dict[str, str]) -> Any:
        """Ask for a token; whatever is refused here is a matter of credentials."""
        try:
            return await self._send("POST", self._url(path, {}), headers, form.encode(), Trace())
        except OurMistake as error:
            raise SignInAgain(detail=f"no token: {error.detail}") from error


def _body(call: RestCall, values: Values, encoding: str) -> tuple[bytes | None, dict[str, str]]:
    """The body and what it is called; a form is written in the system's own encoding."""
    if call.body is not None:
        text = json.dumps(fill(call.body, values), ensure_ascii=False)
        return text.encode(), {"Content-Type": "application/json; charset=utf-8"}
    if call.form is not None:
        form = urlencode(fill_query(call.form, values), encoding=encoding)
        kind = f"application/x-www-form-urlencoded; charset={encoding}"
        return form.encode("ascii"), {"Content-Type": kind}
    return None, {}
