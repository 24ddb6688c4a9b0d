"""The control desk: a switch per system and a look at the true world, for loopback only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Register
from sandbox.files.server import FileServer
from sandbox.misbehaviour import Mode, Switch, json_response
from sandbox.population import World

Shown = list[dict[str, Any]]

LONGEST_DELAY_MS = 600_000
MOST_PEOPLE = 200


@dataclass(frozen=True, kw_only=True)
class Handle:
    """What the desk can do to one system."""

    switch: Switch
    register: Register | None = None  # none: the system knows no persons
    on_turn: Callable[[Mode, int], None] | None = None
    revoke_tokens: Callable[[], None] | None = None
    tasks: Callable[[], Shown] | None = None
    seen: Callable[[], dict[str, int]] | None = None  # keys of commands, how often each came
    finish: Callable[[str], bool] | None = None


class Desk:
    """The endpoints under ``/_control``."""

    def __init__(
        self, world: World, handles: Mapping[str, Handle], files: FileServer | None = None
    ) -> None:
        self._world = world
        self._handles = handles
        self._files = files

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route("/_control", self.overview, methods=["GET"]),
            Route("/_control/people", self.people, methods=["GET"]),
            Route("/_control/{system}/tasks", self.tasks, methods=["GET"]),
            Route("/_control/{system}/tasks/{id}", self.finish, methods=["POST"]),
            Route("/_control/sftp", self.sftp, methods=["GET"]),
            Route("/_control/{system}", self.turn, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:
        """Every system with its mode and how many persons it knows."""
        if not _from_here(request):
            return _refused()
        systems = {
            name: {
                "mode": handle.switch.mode,
                "delay_ms": handle.switch.delay_ms,
                "modes": sorted(handle.switch.allowed),
                "persons": len(handle.register) if handle.register is not None else 0,
            }
            for name, handle in self._handles.items()
        }
        body = {"seed": self._world.seed, "residents": len(self._world.persons)}
        return json_response({**body, "systems": systems})

    async def people(self, request: Request) -> Response:
        """True persons of a region (``region`` is a code prefix) and which systems know them."""
        if not _from_here(request):
            return _refused()
        prefix = request.query_params.get("region", "")
        limit = request.query_params.get("limit", "20")
        if not limit.isdecimal() or int(limit) > MOST_PEOPLE:
            return json_response({"error": f"limit must be at most {MOST_PEOPLE}"}, 422)
        found: list[dict[str, Any]] = []
        for person in self._world.persons:
            if len(found) >= int(limit):
                break
            if person.home.region.startswith(prefix):
                known = [
                    name
                    for name, handle in self._handles.items()
                    if handle.register is not None and handle.register.knows(person)
                ]
                found.append(
                    {
                        "id_number": person.id_number,
                        "name": person.name,
                        "region": person.home.region,
                        "address": person.home.address,
                        "systems": known,
                    }
                )
        return json_response({"people": found})

    async def tasks(self, request: Request) -> Response:
        """The tasks of one system as it holds them, and the keys of the commands it has seen."""
        if not _from_here(request):
            return _refused()
        handle = self._handles.get(request.path_params["system"])
        if handle is None or handle.tasks is None or handle.seen is None:
            return json_response({"error": "no such system"}, 404)
        region = request.query_params.get("region", "")
        shown = await run_in_threadpool(handle.tasks)
        found = [one for one in shown if str(one["region"]).startswith(region)]
        return json_response({"tasks": found, "keys": await run_in_threadpool(handle.seen)})

    async def finish(self, request: Request) -> Response:
        """Finish a task at the system's own desk, as somebody over there would."""
        if not _from_here(request):
            return _refused()
        handle = self._handles.get(request.path_params["system"])
        if handle is None or handle.finish is None:
            return json_response({"error": "no such system"}, 404)
        done = await run_in_threadpool(handle.finish, request.path_params["id"])
        return json_response({"finished": done}, 200 if done else 409)

    async def sftp(self, request: Request) -> Response:
        """Where the file server listens, and the host key that its owner hands out on paper."""
        if not _from_here(request) or self._files is None:
            return _refused()
        return json_response({"port": self._files.port, "host_key": self._files.host_key})

    async def turn(self, request: Request) -> Response:
        """Set the mode of one system: ``{"mode", "delay_ms", "revoke_tokens"}``."""
        if not _from_here(request):
            return _refused()
        handle = self._handles.get(request.path_params["system"])
        if handle is None:
            return json_response({"error": "no such system"}, 404)
        order = _order(await request.body(), handle)
        if isinstance(order, str):
            return json_response({"error": order}, 422)
        mode, delay_ms, revoke = order
        if handle.on_turn is not None:
            await run_in_threadpool(handle.on_turn, mode, delay_ms)
        handle.switch.turn(mode, delay_ms)
        if handle.register is not None:
            handle.register.contrary = mode is Mode.DISAGREE
        if revoke and handle.revoke_tokens is not None:
            handle.revoke_tokens()
        return json_response({"mode": mode, "delay_ms": delay_ms})


def _order(body: bytes, handle: Handle) -> tuple[Mode, int, bool] | str:
    """The wished mode, delay and revocation, or what is wrong with the wish."""
    try:
        wish = json.loads(body)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        return "a JSON object is expected"
    name, delay_ms = wish.get("mode", Mode.NORMAL.value), wish.get("delay_ms", 0)
    if name not in sorted(handle.switch.allowed):
        return f"mode must be one of {', '.join(sorted(handle.switch.allowed))}"
    if not isinstance(delay_ms, int) or not 0 <= delay_ms <= LONGEST_DELAY_MS:
        return f"delay_ms must be between 0 and {LONGEST_DELAY_MS}"
    return Mode(name), delay_ms, bool(wish.get("revoke_tokens", False))


def _from_here(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _refused() -> Response:
    return json_response({"error": "not found"}, 404)
