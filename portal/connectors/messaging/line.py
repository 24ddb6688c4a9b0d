"""One HTTP request to a channel: bounded in time and size, its failures in our own words."""

from __future__ import annotations

import json
from typing import Any

import httpx

from portal.connectors import wire
from portal.connectors.contract import OurMistake, TheirFault, TimedOut, Unreachable
from portal.connectors.endpoint import below

SECONDS = 8.0
MOST_BYTES = 256 * 1024


def open_client() -> httpx.Client:
    """A client for the channels: no redirects, no proxies of the machine, no cookies kept."""
    return httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False)


class Line:
    """The way to one channel's endpoint."""

    def __init__(self, endpoint: str, client: httpx.Client) -> None:
        self._endpoint = endpoint
        self._client = client

    def url(self, path: str, query: dict[str, str] | None = None) -> str:
        """An address below the endpoint."""
        return str(httpx.URL(below(self._endpoint, path), params=query or None))

    def ask(
        self, method: str, url: str, *, body: bytes | None = None, headers: dict[str, str]
    ) -> dict[str, Any]:
        """Send and read JSON. The address may hold a token, so no error quotes it."""
        self._client.cookies.clear()
        try:
            answer = self._client.request(method, url, content=body, headers=headers)
        except httpx.TimeoutException as error:
            raise TimedOut(detail=type(error).__name__) from None
        except httpx.TransportError as error:
            raise Unreachable(detail=type(error).__name__) from None
        wire.refuse_status(answer.status_code, answer.headers.get("Retry-After"))
        if answer.status_code >= 400:
            raise OurMistake(detail=f"status {answer.status_code}")
        if len(answer.content) > MOST_BYTES:
            raise TheirFault(detail="the answer is too long")
        told = wire.read_json(answer.content, "utf-8")
        if not isinstance(told, dict):
            raise TheirFault(detail="the answer is no object")
        return told


def packed(values: dict[str, Any]) -> bytes:
    """A body."""
    return json.dumps(values, ensure_ascii=False).encode()
