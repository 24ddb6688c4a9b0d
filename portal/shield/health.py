"""Is the process alive, and is it fit for work? For supervisors and load balancers."""

import time
from collections.abc import Callable, Mapping

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_log = structlog.get_logger(__name__)

# One answer serves everybody who asks within this time, so asking costs the database nothing.
_KEEP_SECONDS = 1.0

# What is needed for work, each with whether it is there and a Chinese sentence.
Readiness = Callable[[], Mapping[str, tuple[bool, str]]]


async def alive(_request: Request) -> Response:
    """The process answers; says nothing about what it depends on."""
    return JSONResponse({"status": "ok"})


class Ready:
    """Asks for everything the portal depends on, and says so truthfully."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._kept: tuple[float, dict[str, object], int] | None = None

    async def __call__(self, _request: Request) -> Response:
        if self._kept is None or time.monotonic() - self._kept[0] > _KEEP_SECONDS:
            body, status = await to_thread.run_sync(self._ask)
            self._kept = (time.monotonic(), body, status)
        return JSONResponse(self._kept[1], status_code=self._kept[2])

    def _ask(self) -> tuple[dict[str, object], int]:
        try:
            found = self._readiness()
        except Exception:
            _log.exception("readiness_not_checked")
            return {"status": "unavailable", "checks": {}}, 503
        ready = all(ok for ok, _ in found.values())
        checks = {name: {"ok": ok, "message": text} for name, (ok, text) in found.items()}
        return {"status": "ready" if ready else "unavailable", "checks": checks}, (
            200 if ready else 503
        )


def routes(readiness: Readiness) -> list[BaseRoute]:
    """``/healthz`` and ``/readyz``."""

    ready = Ready(readiness)

    async def fit(request: Request) -> Response:
        return await ready(request)

    return [
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", fit, methods=["GET"]),
    ]
