"""Switches that make a simulated system behave badly, and the layer that does it on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MARK = (b"x-simulated", b"1")
RETRY_AFTER_SECONDS = 3
_HTML = (
    "<!DOCTYPE html><html lang='zh-CN'><head><title>系统维护</title></head>"
    "<body><h1>系统维护中，请稍后访问</h1></body></html>"
)
_FULL_HTML_TYPE = "text/html; charset=utf-8"


class Mode(StrEnum):
    """How a system behaves."""

    NORMAL = "normal"
    SLOW = "slow"
    DOWN = "down"
    RESET = "reset"
    HANG = "hang"
    HTML = "html"
    TRUNCATED = "truncated"
    ERROR_200 = "error200"
    WRONG_ENCODING = "wrong_encoding"
    RATE_LIMIT = "rate_limit"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105 - the name of a mode
    GARBAGE = "garbage"
    SHORT_TOKENS = "short_tokens"
    FLAPPING = "flapping"
    DISAGREE = "disagree"
    LATE = "late"
    DUPLICATE = "duplicate"
    PARTIAL = "partial"
    REORDERED = "reordered"
    WRONG_COLUMNS = "wrong_columns"
    CHANGED_HOST_KEY = "changed_host_key"


_OF_FILES = {
    Mode.LATE,
    Mode.DUPLICATE,
    Mode.PARTIAL,
    Mode.REORDERED,
    Mode.WRONG_COLUMNS,
    Mode.CHANGED_HOST_KEY,
}
TOKEN_MODES = frozenset({Mode.EXPIRE_TOKEN, Mode.SHORT_TOKENS})
HTTP_MODES = frozenset(Mode) - TOKEN_MODES - {Mode.DISAGREE} - _OF_FILES
PEOPLE_MODES = HTTP_MODES | {Mode.DISAGREE}


class Switch:
    """The present mode of one system. Changing it frees everyone who hangs."""

    def __init__(self, allowed: Iterable[Mode]) -> None:
        self.allowed = frozenset(allowed)
        self.mode = Mode.NORMAL
        self.delay_ms = 0
        self.requests = 0  # since the last turn, where they are counted
        self._changed = asyncio.Event()

    def turn(self, mode: Mode, delay_ms: int = 0) -> None:
        """Behave like that from now on."""
        if mode not in self.allowed:
            raise ValueError(f"{mode} is not a mode of this system")
        self.mode, self.delay_ms, self.requests = mode, delay_ms, 0
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def until_changed(self) -> Coroutine[Any, Any, Literal[True]]:
        """Wait for the first change after this call (not after the first step of the waiting)."""
        return self._changed.wait()


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """How one system's protocol says certain bad things."""

    error: Callable[[], Response]
    limited: Callable[[], Response] | None = None
    wrongly: Callable[[bytes], bytes] | None = None
    garbled: Callable[[bytes], bytes] | None = None


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """JSON with Chinese characters as they are, so that an encoding can be got wrong."""
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        media_type="application/json; charset=utf-8",
    )


def _garbled(body: bytes) -> bytes:
    """JSON of the same shape, with nonsense in the rows of lists and in the object called data."""
    return json.dumps(_nonsense(json.loads(body)), ensure_ascii=False).encode()


def _nonsense(value: Any, *, within: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            name: _nonsense(one, within=within or (name == "data" and isinstance(one, dict)))
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_nonsense(one, within=True) for one in value]
    return "※" if within else value


def _limited() -> Response:
    return Response("请求过于频繁", status_code=429)


def _as_gbk(body: bytes) -> bytes:
    """UTF-8 text in GBK bytes, whatever the header goes on to say."""
    return body.decode("utf-8").encode("gbk", errors="replace")


class Misbehave:
    """ASGI layer around one system: marks every answer as simulated and spoils it as switched."""

    def __init__(self, app: ASGIApp, switch: Switch, faults: Faults) -> None:
        self._app = app
        self._switch = switch
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request in the present mode."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        mode = self._now()
        marked = _marking(send)
        if mode is Mode.SLOW:
            await asyncio.sleep(self._switch.delay_ms / 1000)
        elif mode is Mode.HANG:
            if await self._caller_gave_up(receive):
                return
            mode = Mode.DOWN
        elif mode is Mode.RESET:
            await _break_off(marked)
            return
        instead = self._instead(mode)
        if instead is not None:
            await instead(scope, receive, marked)
        elif mode in (Mode.TRUNCATED, Mode.WRONG_ENCODING, Mode.GARBAGE):
            await self._spoil(mode, scope, receive, marked)
        else:
            await self._app(scope, receive, marked)

    def _now(self) -> Mode:
        """The mode of this request: a flapping system is away every other time."""
        if self._switch.mode is not Mode.FLAPPING:
            return self._switch.mode
        self._switch.requests += 1
        return Mode.DOWN if self._switch.requests % 2 else Mode.NORMAL

    def _instead(self, mode: Mode) -> Response | None:
        """The answer that stands in for the real one."""
        if mode is Mode.DOWN:
            return Response("Service Unavailable", status_code=503, media_type="text/plain")
        if mode is Mode.HTML:
            return Response(_HTML, headers={"content-type": _FULL_HTML_TYPE})
        if mode is Mode.ERROR_200:
            return self._faults.error()
        if mode is Mode.RATE_LIMIT:
            response = (self._faults.limited or _limited)()
            response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
            return response
        return None

    async def _caller_gave_up(self, receive: Receive) -> bool:
        """Wait until the caller goes away (true) or the mode changes."""
        changed = asyncio.ensure_future(self._switch.until_changed())
        gone = asyncio.ensure_future(_disconnected(receive))
        done, pending = await asyncio.wait({changed, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return gone in done

    async def _spoil(self, mode: Mode, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, collect)
        if mode is Mode.TRUNCATED:
            body = body[: len(body) // 2]
        elif mode is Mode.GARBAGE:
            body = (self._faults.garbled or _garbled)(body)
        else:
            body = (self._faults.wrongly or _as_gbk)(body)
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _marking(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], MARK]}
        await send(message)

    return marked


async def _break_off(send: Send) -> None:
    """Promise a body and close the connection instead (the server does, when we return)."""
    headers = [(b"content-length", b"4096"), (b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
