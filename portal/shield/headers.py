"""Security headers on every answer: pages, errors, downloads and the sign-in alike."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Tried against every element the portal draws: charts, tables, markdown, uploads and the sign-in.
# Styles are written by the frontend at run time, so inline style stays; inline script never.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# A file that somebody made must stay a file, even when it is opened as a page of our origin.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

_JUMP = "/jump/"

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
# The portal is one origin: nothing it serves is offered to another.
_DROPPED = (
    "server",
    "x-powered-by",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
)


def _cache_rule(path: str) -> str | None:
    """Files named by their content may be kept; everything else may hold personal data."""
    if path.startswith("/static/"):
        return None  # the frontend's own rule: immutable
    if path.startswith("/app/static/"):
        return "public, max-age=86400"
    return "no-store"


class Headers:
    """Adds what protects the browser and removes what tells about the server."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._fixed: Mapping[str, str] = {**_FIXED, **(_TRANSPORT if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._apply(MutableHeaders(scope=message), path, message["status"])
            await send(message)

        await self.app(scope, receive, with_headers)

    def _apply(self, headers: MutableHeaders, path: str, status: int) -> None:
        for name in _DROPPED:
            if name in headers:
                del headers[name]
        for name, value in self._fixed.items():
            headers[name] = value
        made_file = path.startswith("/media/")
        # A jump posts its ticket to one other system; that one page names the system itself.
        if not (path.startswith(_JUMP) and "content-security-policy" in headers):
            headers["Content-Security-Policy"] = FILE_POLICY if made_file else CONTENT_POLICY
        rule = _cache_rule(path) if status < 400 else "no-store"
        if rule is not None:
            headers["Cache-Control"] = rule
