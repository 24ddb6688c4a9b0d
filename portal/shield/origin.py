"""Only the public address and its own pages may talk to us.

Streamlit by itself lets every ``localhost`` origin open a websocket, accepts one without an origin,
and asks an outside service for its own address when it sees a foreign one. Here all of these end
before it.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield import replies

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Reading these changes something, so another site must not be able to make a browser read them.
_CHANGING_READS = frozenset({"/auth/logout"})
_CHANGING_BELOW = ("/jump/", "/link/start/")
# A load balancer asks by address; these answers name nobody and change nothing.
_FOR_ANY_HOST = frozenset({"/healthz", "/readyz"})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Origin:
    """Refuses a foreign Host, a foreign Origin, and a websocket that does not say its own."""

    def __init__(self, app: ASGIApp, *, public_url: str, extra_hosts: Iterable[str] = ()) -> None:
        self.app = app
        public = urlsplit(public_url)
        self._scheme = public.scheme
        self._hosts = frozenset(self._plain(host) for host in (public.netloc, *extra_hosts) if host)

    def _plain(self, host: str) -> str:
        return host.lower().rstrip(".").removesuffix(_DEFAULT_PORTS.get(self._scheme, ""))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"] not in _FOR_ANY_HOST and not self._host_is_ours(headers):
            await replies.refusal(421)(scope, receive, send)
        elif not self._origin_is_ours(scope, headers):
            await replies.refusal(403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _host_is_ours(self, headers: Headers) -> bool:
        given = headers.getlist("host")
        return len(given) == 1 and self._plain(given[0]) in self._hosts

    def _origin_is_ours(self, scope: Scope, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        if scope["type"] == "websocket":
            return len(origins) == 1 and self._is_own(origins[0], headers)
        path: str = scope["path"]
        changing = (
            scope["method"] not in _SAFE_METHODS
            or path in _CHANGING_READS
            or path.startswith(_CHANGING_BELOW)
        )
        if not changing:
            return True
        if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            return False
        # A browser names the origin of every unsafe request; a program that names none has no
        # cookies to be misused.
        return all(self._is_own(origin, headers) for origin in origins)

    def _is_own(self, origin: str, headers: Headers) -> bool:
        given = urlsplit(origin)
        host = self._plain(headers.get("host", ""))
        return given.scheme == self._scheme and self._plain(given.netloc) == host
