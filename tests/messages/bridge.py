"""The simulated channels in this process, for a client that is not asynchronous."""

import asyncio

import httpx
from starlette.types import ASGIApp


class Bridge(httpx.BaseTransport):
    """Hands each request of a plain client to an application, and its answer back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(
                    request.method, request.url, content=body, headers=request.headers
                )

        told = asyncio.run(go())
        return httpx.Response(told.status_code, headers=told.headers, content=told.content)
