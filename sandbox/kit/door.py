"""A simulated system that people only walk into: its entrance, and a page that says it is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.distort import Clock, local
from sandbox.misbehaviour import json_response


@dataclass(frozen=True, kw_only=True)
class DoorFace:
    """How a door says that its system is well: in JSON, in a line of text, or as a page."""

    path: str = "/health"
    kind: Literal["json", "text", "page"] = "json"
    needs: tuple[str, ...] = ()


class DoorService:
    """Serves the page that says it."""

    def __init__(self, face: DoorFace, clock: Clock) -> None:
        self._face, self._clock = face, clock

    def routes(self) -> list[Route]:
        """One path."""
        return [Route(self._face.path, self._well, methods=["GET"])]

    def busy(self) -> Response:
        """Not well, with a status that says otherwise."""
        if self._face.kind == "json":
            return json_response({"status": "DOWN", "message": "系统繁忙"})
        return PlainTextResponse("BUSY")

    async def _well(self, request: Request) -> Response:
        if self._face.kind == "text":
            return PlainTextResponse("OK")
        if self._face.kind == "page":
            return HTMLResponse("<!DOCTYPE html><title>登录（模拟系统）</title>")
        moment = local(self._clock()).isoformat(timespec="seconds")
        return json_response({"status": "UP", "time": moment})
