"""Reading pages ahead: in order, and closed while a page is under way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from portal.connectors.ahead import ReadAhead
from portal.connectors.loop import UpstreamLoop


@pytest.fixture
def loop() -> Any:
    made = UpstreamLoop()
    made.start()
    yield made
    made.stop()


def test_pages_come_in_order_and_end(loop: UpstreamLoop) -> None:
    async def pages() -> AsyncIterator[list[Any]]:
        for number in range(3):
            yield [number]

    walk = ReadAhead(loop, pages())
    assert [walk.page() for _ in range(4)] == [[0], [1], [2], None]
    walk.close()


def test_a_walk_is_closed_while_a_page_is_slow_to_let_go(loop: UpstreamLoop) -> None:
    ended: list[str] = []
    asked = asyncio.Event()

    async def pages() -> AsyncIterator[list[Any]]:
        try:
            yield [1]
            try:
                asked.set()
                await asyncio.Event().wait()
            finally:
                for _ in range(20):  # a connection takes its turns to hang up
                    await asyncio.sleep(0)
                ended.append("hung up")
        finally:
            ended.append("closed")

    walk = ReadAhead(loop, pages())
    assert walk.page() == [1]
    loop.submit(asked.wait()).result()
    walk.close()
    assert ended == ["hung up", "closed"]
    asked.clear()
