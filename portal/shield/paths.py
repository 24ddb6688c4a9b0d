"""Only addresses that exist are answered; everything else is a 404, never the page with a 200.

Left alone, Streamlit serves its page for any path, so a mistyped API call looks like success. This
guard also keeps its machine-facing doors (metrics, agent interface) shut.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield import replies

_READ = frozenset({"GET", "HEAD"})
_STREAM = "/_stcore/stream"
_HOST_CONFIG = "/_stcore/host-config"
_EXACT: Mapping[str, frozenset[str]] = {
    "/_stcore/health": _READ,
    _HOST_CONFIG: _READ,
    "/auth/login": frozenset({"GET"}),
    "/auth/logout": frozenset({"GET"}),
    "/oauth2callback": frozenset({"GET"}),
}
# Below these the inner server knows what exists; it is asked only by somebody who is signed in.
_BELOW: Mapping[str, frozenset[str]] = {
    "/media/": _READ,
    "/_stcore/upload_file/": frozenset({"PUT", "DELETE"}),
    "/component/": _READ,
    "/_stcore/bidi-components/": _READ,
}


def files_below(folder: Path, prefix: str) -> frozenset[str]:
    """The addresses of all files of a folder, so that a missing one is missing."""
    return frozenset(
        prefix + found.relative_to(folder).as_posix()
        for found in folder.rglob("*")
        if found.is_file()
    )


class Paths:
    """Knows every address of the portal and which methods it takes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        pages: Collection[str],
        files: Iterable[str],
        routes: Sequence[BaseRoute],
        public_url: str,
    ) -> None:
        self.app = app
        self._known = dict(_EXACT) | dict.fromkeys([*files, *pages], _READ)
        self._pages = frozenset(pages)
        self._routes = tuple(routes)
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope) if scope["type"] in {"http", "websocket"} else None
        if answer is None:
            await self.app(scope, receive, send)
        else:
            await answer(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """The shield's own answer, or ``None`` when the address is one of ours."""
        path: str = scope["path"]
        if scope["type"] == "websocket":
            return None if path == _STREAM else replies.refusal(404)
        allowed = self._methods(path)
        if allowed is None:
            return self._by_routes(scope, path)
        if scope["method"] not in allowed:
            return _wrong_method(allowed)
        return self._host_config() if path == _HOST_CONFIG else None

    def _methods(self, path: str) -> frozenset[str] | None:
        if path in self._known:
            return self._known[path]
        return next((m for prefix, m in _BELOW.items() if path.startswith(prefix)), None)

    def _by_routes(self, scope: Scope, path: str) -> Response | None:
        matches = [route.matches(scope)[0] for route in self._routes]
        if Match.FULL in matches:
            return None
        if Match.PARTIAL in matches:
            return _wrong_method(())
        if path != "/" and path.rstrip("/") in self._pages and scope["method"] in _READ:
            return RedirectResponse(path.rstrip("/"), status_code=307)
        return replies.refusal(404)

    def _host_config(self) -> Response:
        """What the frontend asks for at start; the original lists a foreign cloud's origins."""
        return JSONResponse(
            {
                "allowedOrigins": [self._public_url],
                "useExternalAuthToken": False,
                "enableCustomParentMessages": False,
                "enforceDownloadInNewTab": False,
                "metricsUrl": "",
                "blockErrorDialogs": False,
                "resourceCrossOriginMode": None,
            }
        )


def _wrong_method(allowed: Collection[str]) -> Response:
    answer = replies.refusal(405)
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer
