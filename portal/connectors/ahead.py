"""Reading a list page by page, the next page on its way while one is being used."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from portal.connectors.loop import UpstreamLoop

_Page = list[Any]


class ReadAhead:
    """The pages of a walk in the gateway's loop, for somebody who reads them in a thread."""

    def __init__(self, loop: UpstreamLoop, pages: AsyncIterator[_Page]) -> None:
        self._loop = loop
        self._pages = pages
        # A page that was given up may still be on its way out when the walk is closed: a generator
        # that runs cannot be closed.
        self._one_at_a_time = asyncio.Lock()
        self._ahead: Future[_Page | None] = loop.submit(self._next())

    def page(self) -> _Page | None:
        """The rows of the next page, asking for the one after it; ``None`` after the last."""
        rows = self._ahead.result()
        if rows is not None:
            self._ahead = self._loop.submit(self._next())
        return rows

    def close(self) -> None:
        """Stop walking; nothing of the walk runs any more afterwards."""
        self._ahead.cancel()
        self._loop.submit(self._close()).result()

    async def _next(self) -> _Page | None:
        async with self._one_at_a_time:
            return await anext(self._pages, None)

    async def _close(self) -> None:
        close = getattr(self._pages, "aclose", None)
        if close is not None:
            async with self._one_at_a_time:
                await close()
