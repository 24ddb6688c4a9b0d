"""Calling one REST system of a scripted server, for the tests of the wire and of the tokens."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from portal.connectors.registry import System
from portal.connectors.rest import RestTransport, open_session
from portal.connectors.transport import Trace
from portal.store.clock import FrozenClock
from tests.connectors.scripted import Reply, Request

MakeSystem = Callable[..., System]
CREDENTIALS = {"client_id": "the-id", "client_secret": "the-secret"}


def exchange(
    system: System,
    clock: FrozenClock,
    *,
    values: dict[str, Any] | None = None,
    times: int = 1,
    together: bool = False,
    between: Callable[[], None] = lambda: None,
    seconds: float = 30,
) -> tuple[Any, Trace]:
    """Make the person call some times over one session; gives the last answer."""

    async def play() -> tuple[Any, Trace]:
        trace = Trace(now=clock.now)
        async with open_session() as session, asyncio.timeout(seconds):
            transport = RestTransport(system, session, clock.now)
            call = system.manifest.calls["person"]
            one = lambda: transport.exchange(call, values or {"id_number": "1"}, trace)  # noqa: E731
            if together:
                return (await asyncio.gather(*(one() for _ in range(times))))[-1], trace
            answer = None
            for _ in range(times):
                answer = await one()
                between()
            return answer, trace

    return asyncio.run(play())


def says(body: Any, status: int = 200, **headers: str) -> Callable[[Request], Reply]:
    """A script that always says the same."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return lambda _request: Reply(status=status, body=raw, headers=headers)
