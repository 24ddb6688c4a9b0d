"""The simulated province behind real HTTP, and a client that speaks to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from portal.connectors.messaging.line import Line
from portal.connectors.province.client import Province
from portal.store import clock
from sandbox.misbehaviour import Mode
from sandbox.province import service
from sandbox.province.service import Province as OverThere

FIXTURES = Path(__file__).parent / "fixtures"
CREDENTIALS = {name: f"{name}-of-tests" for name in service.NEEDS}
CITY = "9901"


def fixture(name: str) -> Any:
    """What the province is written down to say."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


class _Server(uvicorn.Server):
    """Says when it can be asked."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass
class Joined:
    """Both ends of the line."""

    over_there: OverThere
    line: Line
    client: Province

    def turn(self, mode: Mode) -> None:
        """Let the province behave like that."""
        self.over_there.switch.turn(mode)

    def again(self, secret: str = CREDENTIALS["province_secret"]) -> Province:
        """A client that has no token yet, and no memory of failures."""
        return Province(line=self.line, app_id=CREDENTIALS["province_app_id"], secret=secret)


@contextmanager
def joined() -> Iterator[Joined]:
    """A province that listens on a port of its own."""
    there = service.province(CREDENTIALS, clock.now, CITY)
    assert there is not None
    routes = [mount for _, mount, _ in service.mounts(there)]
    server = _Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(trust_env=False, timeout=5) as client:
        line = Line(f"http://127.0.0.1:{port}/{service.NAME}", client)
        made = Joined(there, line, None)  # type: ignore[arg-type]
        made.client = made.again()
        try:
            yield made
        finally:
            server.should_exit = True
            thread.join(10)
