"""The web server does not name itself."""

import asyncio

import pytest
from uvicorn import Config, Server

from portal.shield import banner
from tests.shield.wire import plain


def names_itself() -> bool:
    async def run() -> bool:
        config = Config(plain(), port=0, lifespan="off", log_config=None)
        server = Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        await server.on_tick(0)
        found = any(name == b"server" for name, _ in server.server_state.default_headers)
        await server.shutdown()
        return found

    return asyncio.run(run())


def test_the_banner_is_gone_once_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "startup", banner._start)
    assert names_itself()
    banner.silence()
    assert not names_itself()
