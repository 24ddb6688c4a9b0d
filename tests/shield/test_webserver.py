"""The web server does not name itself, and sends what it has at once."""

import asyncio
import socket
from dataclasses import dataclass

import pytest
from uvicorn import Config, Server

from portal.shield import webserver
from tests.shield.wire import plain


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What can be seen of a server that has started."""

    names_itself: bool
    sends_at_once: bool


def start() -> Seen:
    async def run() -> Seen:
        config = Config(plain(), lifespan="off", log_config=None)
        server = Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        with socket.socket() as listening:  # as Streamlit opens it: without naming the protocol
            listening.bind(("127.0.0.1", 0))
            await server.startup([listening])
            await server.on_tick(0)
            seen = Seen(
                names_itself=any(n == b"server" for n, _ in server.server_state.default_headers),
                sends_at_once=bool(listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
            )
            await server.shutdown([listening])
        return seen

    return asyncio.run(run())


def test_a_server_is_better_for_having_been_improved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "startup", webserver._start)
    assert start() == Seen(names_itself=True, sends_at_once=False)
    webserver.improve()
    assert start() == Seen(names_itself=False, sends_at_once=True)
