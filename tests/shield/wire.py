"""A browser without a network: drives an ASGI application directly."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN = "http://portal.test"
HOST = "portal.test"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def cookies(self) -> list[str]:
        """Every Set-Cookie line."""
        return [value for key, value in self.headers if key == "set-cookie"]

    @property
    def error(self) -> dict[str, str]:
        """The error of the shield's JSON shape."""
        found: dict[str, str] = json.loads(self.body)["error"]
        return found


def scope(
    path: str,
    *,
    kind: str = "http",
    method: str = "GET",
    query: str = "",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
) -> Scope:
    """An ASGI scope with the portal's own host, unless another is given."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("host", HOST))
    made: Scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in pairs],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }
    if kind == "http":
        made["method"] = method
    else:
        made["subprotocols"] = []
    return made


def _collected(sent: list[Message]) -> Answer:
    start = next(message for message in sent if message["type"].endswith("http.response.start"))
    body = b"".join(m.get("body", b"") for m in sent if m["type"].endswith("http.response.body"))
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"])
    return Answer(status=start["status"], headers=headers, body=body)


async def fetch_async(app: ASGIApp, request: Scope) -> Answer:
    """One request, one answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(request, receive, send)
    return _collected(sent)


def fetch(app: ASGIApp, path: str, **named: Any) -> Answer:
    """One request, one answer, from a test that is not asynchronous."""
    return asyncio.run(fetch_async(app, scope(path, **named)))


class Browser:
    """One websocket: what the browser sends, and what reaches it."""

    def __init__(self, app: ASGIApp, request: Scope) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.received: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(app, request))

    async def _run(self, app: ASGIApp, request: Scope) -> None:
        await app(request, self._to_app.get, self.received.put)

    async def open(self) -> Message:
        """Shake hands; gives the accept, the close or the refusal."""
        self._to_app.put_nowait({"type": "websocket.connect"})
        return await self.next()

    async def refused(self) -> bool:
        """Shake hands; whether one is turned away."""
        first = await self.open()
        await self.done()
        return bool(first["type"] == "websocket.close")

    def say(self, raw: bytes) -> None:
        """Send a binary message."""
        self._to_app.put_nowait({"type": "websocket.receive", "bytes": raw})

    def leave(self) -> None:
        """Close the tab."""
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def next(self) -> Message:
        """The next thing that reaches the browser."""
        async with asyncio.timeout(5):
            return await self.received.get()

    async def done(self) -> None:
        """Wait until the application has finished with this websocket."""
        async with asyncio.timeout(5):
            await self._task


def plain(status: int = 200, body: bytes = b"inside", **headers: str) -> ASGIApp:
    """An application that answers everything the same way."""

    async def app(request: Scope, receive: Receive, send: Send) -> None:
        pairs = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    return app
