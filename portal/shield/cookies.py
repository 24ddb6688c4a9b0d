"""Cookies live as long as the session may, and travel only over the wire they should."""

from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.shield.doorkeeper import SIGN_IN_COOKIES

# Tells the entry page why nobody is signed in, so that it explains before it asks again.
SIGNED_OUT = "portal_signed_out"
OUT, ENDED, FAILED = "out", "ended", "failed"
_SIGNED_OUT_SECONDS = 600
# Where an anonymous visitor wanted to go; used once, after the sign-in.
NEXT = "portal_next"
NEXT_SECONDS = 900


def cookie(name: str, value: str, seconds: int, *, https: bool) -> str:
    """One of the portal's own cookies: for the server only, same site only."""
    secure = "; Secure" if https else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def forget(name: str, *, https: bool) -> str:
    """Take one of the portal's own cookies back."""
    return cookie(name, "", 0, https=https)


def signed_out(reason: str, *, https: bool) -> str:
    """The note for the entry page."""
    return cookie(SIGNED_OUT, reason, _SIGNED_OUT_SECONDS, https=https)


class Cookies:
    """Rewrites what Streamlit sets (thirty days, never secure) and keeps the entry page's note."""

    def __init__(self, app: ASGIApp, *, https: bool, session_hours: int) -> None:
        self.app = app
        self._https = https
        self._seconds = session_hours * 3600

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._rewrite(headers)
                self._note(scope, headers)
            await send(message)

        await self.app(scope, receive, with_cookies)

    def _rewrite(self, headers: MutableHeaders) -> None:
        given = headers.getlist("set-cookie")
        if not given:
            return
        del headers["set-cookie"]
        for line in given:
            headers.append("set-cookie", self._tightened(line))

    def _tightened(self, line: str) -> str:
        parts = [part.strip() for part in line.split(";")]
        if parts[0].startswith(SIGN_IN_COOKIES):
            parts = [self._within_session(part) for part in parts]
        names = {part.lower() for part in parts}
        if self._https and "secure" not in names:
            parts.append("Secure")
        return "; ".join(parts)

    def _within_session(self, part: str) -> str:
        name, _, value = part.partition("=")
        if name.lower() == "max-age" and int(value) > self._seconds:
            return f"Max-Age={self._seconds}"
        return part

    def _note(self, scope: Scope, headers: MutableHeaders) -> None:
        if scope["path"] == "/auth/logout":
            headers.append("set-cookie", signed_out(OUT, https=self._https))
        if scope["path"] != "/oauth2callback":
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if not query.keys() & {"code", "error"}:
            return
        # A sign-in that came back empty would otherwise go round in circles.
        came_in = any(
            line.startswith(f"{SIGN_IN_COOKIES}=") and "max-age=0" not in line.lower()
            for line in headers.getlist("set-cookie")
        )
        note = (
            forget(SIGNED_OUT, https=self._https)
            if came_in
            else signed_out(FAILED, https=self._https)
        )
        headers.append("set-cookie", note)
