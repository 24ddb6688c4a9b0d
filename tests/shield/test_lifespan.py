"""What runs behind the pages starts before the first visitor and stops after the last."""

import asyncio
import gc
from pathlib import Path

from auth import sessions
from portal.settings import ROOT, Settings
from portal.shield.doorkeeper import Doorkeeper
from portal.shield.lifespan import running
from portal.shield.stack import Shield
from tests.shield.people import People


class Background:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def start(self) -> None:
        self.heard.append("start")

    def stop(self) -> None:
        self.heard.append("stop")


def shield(people: People) -> Shield:
    return Shield(
        settings=Settings(),
        title="平台",
        pages=[],
        routes=[],
        static=ROOT / "static",
        doorkeeper=Doorkeeper(people),
    )


def test_everything_that_is_started_is_stopped(tmp_path: Path) -> None:
    background = Background()

    async def run() -> list[str]:
        async with running(shield(People()), lambda: background)(None):
            return list(background.heard)

    try:
        assert asyncio.run(run()) == ["start"]
        assert background.heard == ["start", "stop"]
    finally:
        gc.unfreeze()


def test_a_revocation_in_this_process_closes_its_sockets_at_once() -> None:
    guarded = shield(People("li"))

    async def run() -> bool:
        async with running(guarded, Background)(None):
            socket = guarded.sockets.add("li")
            for listener in sessions._listeners:
                await asyncio.to_thread(listener, frozenset({"li"}))
            async with asyncio.timeout(5):
                return await socket.over.wait()

    before = list(sessions._listeners)
    try:
        assert asyncio.run(run())
        assert sessions._listeners == before
    finally:
        gc.unfreeze()
