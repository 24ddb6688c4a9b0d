"""The one HTML page: in Chinese from its first byte, and carrying no English or machine pointers.

Streamlit has no locale; its page says ``lang="en"`` and invites programs to an interface that is
shut here. The page is prepared once at start and handed out for every address that is a page.
"""

import hashlib
import re
from collections.abc import Collection
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers as StarletteHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield import browsers
from portal.shield.cookies import (
    ENDED,
    NEXT,
    NEXT_SECONDS,
    SIGNED_OUT,
    cookie,
    forget,
    signed_out,
)
from portal.shield.doorkeeper import SIGN_IN_COOKIES, Doorkeeper, cookies_of

_NO_SCRIPT = """<noscript><p>本平台需要启用浏览器的 JavaScript 功能。请在浏览器设置中启用后刷新；\
仍不能打开时，请联系本单位管理员。</p></noscript>"""
_LONGEST_NEXT = 600


def versioned(static: Path, name: str) -> str:
    """The address of one of our files, different whenever its content is."""
    digest = hashlib.sha256((static / name).read_bytes()).hexdigest()[:12]
    return f"/app/static/{name}?v={digest}"


def chinese_index(original: str, *, title: str, static: Path) -> str:
    """Streamlit's page in Chinese, with the translation of its built-in words."""
    steps = (
        (r"<!--.*?-->\s*", ""),
        (r'<html lang="[^"]*">', '<html lang="zh-CN">'),
        (r"<title>.*?</title>", f"<title>{escape(title)}</title>"),
        (r'<link rel="service-desc"[^>]*>\s*', ""),
        (r'<link\s+rel="preload"[^>]*as="font"[^>]*>\s*', ""),
        (
            r'<link rel="shortcut icon"[^>]*>',
            f'<link rel="icon" type="image/svg+xml" href="{versioned(static, "icon.svg")}">\n'
            f'    <link rel="alternate icon" href="{versioned(static, "icon.png")}">',
        ),
        # The policy refuses inline scripts; this one only serves search engines.
        (
            r"<script>.*?</script>",
            f'<script src="{versioned(static, "old.js")}"></script>\n'
            f'    <script src="{versioned(static, "zh.js")}"></script>\n'
            f'    <script src="{versioned(static, "desk.js")}"></script>',
        ),
        (r"<noscript>.*?</noscript>", _NO_SCRIPT),
    )
    page = original
    for pattern, replacement in steps:
        page, count = re.subn(pattern, lambda _: replacement, page, flags=re.DOTALL)  # noqa: B023
        if count == 0:
            raise LookupError(f"the frontend's page has changed: {pattern} was not found")
    return page


class Documents:
    """Answers the address of every page, and takes visitors on to where they wanted to go."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        index: str,
        pages: Collection[str],
        doorkeeper: Doorkeeper,
        https: bool,
        old: str = "",
    ) -> None:
        self.app = app
        self._index = index
        self._old = old
        self._pages = frozenset(pages)
        self._doorkeeper = doorkeeper
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_for_an_old_browser(scope):
            # With a 200: some of them show a page of their own for anything else.
            await HTMLResponse(self._old)(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] not in self._pages:
            await self.app(scope, receive, send)
            return
        response = await self._document(scope, cookies_of(scope))
        await response(scope, receive, send)

    def _is_for_an_old_browser(self, scope: Scope) -> bool:
        if not self._old or scope["path"] not in self._pages | {browsers.PATH}:
            return False
        agent = StarletteHeaders(scope=scope).get("user-agent", "")
        return scope["path"] == browsers.PATH or browsers.too_old(agent)

    async def _document(self, scope: Scope, cookies: dict[str, str]) -> Response:
        live = await self._doorkeeper.identify(cookies)
        if live is None:
            return self._for_a_stranger(scope, cookies)
        wanted = self._wanted(cookies.get(NEXT, "")) if scope["path"] == "/" else None
        response: Response = (
            RedirectResponse(wanted, status_code=302) if wanted else HTMLResponse(self._index)
        )
        if NEXT in cookies:
            response.headers.append("set-cookie", forget(NEXT, https=self._https))
        return response

    def _for_a_stranger(self, scope: Scope, cookies: dict[str, str]) -> Response:
        """The page opens no door by itself; what is dead in the browser is cleared away."""
        response = HTMLResponse(self._index)
        dead = [name for name in cookies if name.startswith(SIGN_IN_COOKIES)]
        for name in dead:
            response.headers.append("set-cookie", forget(name, https=self._https))
        if dead and SIGNED_OUT not in cookies:
            response.headers.append("set-cookie", signed_out(ENDED, https=self._https))
        if scope["path"] != "/":
            query = scope["query_string"].decode("latin-1")
            target = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
            if len(target) <= _LONGEST_NEXT:
                line = cookie(NEXT, target, NEXT_SECONDS, https=self._https)
                response.headers.append("set-cookie", line)
        return response

    def _wanted(self, given: str) -> str | None:
        """Where the visitor was going, if that is a page of ours and nothing else."""
        target = urlsplit(unquote(given))
        if target.scheme or target.netloc or target.path not in self._pages - {"/"}:
            return None
        query = quote(target.query, safe="=&%+-._~")
        return target.path + (f"?{query}" if query else "")
