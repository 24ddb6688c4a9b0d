"""Where people enter a simulated system: takes in the platform's ticket, or asks for a sign-in.

A ticket is looked at twice: its signature against the platform's published keys, then, over the
back channel, whether it is still good. Only the second answer says who has come.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.distort import Clock

_ALGORITHM, _TYPE = "ES256", "jump+jwt"
_LARGEST_FORM = 16_384
_SECONDS = 5.0
_AGAIN = "请关闭本页，从平台“统一入口”重新进入。"
_OWN_ACCOUNT = "本系统需要使用自己的账号登录，未与平台统一登录。"

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body{{margin:0;font:16px/1.7 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;
color:#26323d;background:#eef1f3}}
header{{background:#3d4f5f;color:#fff;padding:10px 24px}}
header b{{border:1px dashed #fff;border-radius:3px;padding:0 6px;margin-left:12px;font-weight:400}}
main{{max-width:40rem;margin:6vh auto 0;padding:1.5rem 2rem;background:#fff;
border:1px solid #d5dce2}}
h1{{font-size:1.2rem;margin:0 0 .5rem}}p{{margin:.25rem 0}}
</style></head><body><header>{system}<b>模拟系统</b></header>
<main><h1>{heading}</h1>{lines}</main></body></html>
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Refused(Exception):
    """The ticket opens nothing; the text is for the person."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The platform that sends people: where it is, and our passwords on its back channel."""

    url: str  # empty: no platform is known
    passwords: Mapping[str, str]
    wire: httpx.AsyncBaseTransport | None = None

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call of the back channel."""
        try:
            async with httpx.AsyncClient(
                base_url=self.url, transport=self.wire, timeout=_SECONDS, trust_env=False
            ) as client:
                return await client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise _Refused(f"暂时联系不上平台，未能核验票据，没有登录。{_AGAIN}") from error


class Landing:
    """The entrance of one system; ``pages`` are the addresses that lie behind it."""

    def __init__(
        self,
        system: str,
        name: str,
        platform: Platform,
        clock: Clock,
        pages: Sequence[str] = (),
    ) -> None:
        self._pages = pages
        self._system = system
        self._name = name
        self._platform = platform
        self._clock = clock

    def routes(self) -> list[Route]:
        """The landing address, and every page that a person may be sent to."""
        return [
            Route("/sso/login", self.enter, methods=["GET", "POST"]),
            Route("/portal", self.front, methods=["GET"]),
            *(Route(page, self.behind, methods=["GET"]) for page in self._pages),
        ]

    async def front(self, request: Request) -> Response:
        """The system's own sign-in page, for who comes without a ticket."""
        return self._page(200, "请登录", _OWN_ACCOUNT)

    async def behind(self, request: Request) -> Response:
        """A page inside, for who has not signed in: it opens after the sign-in."""
        inside = request.url.path.removeprefix(f"/{self._system}")
        return self._page(200, "请登录", _OWN_ACCOUNT, f"登录后打开的页面：{inside}")

    async def enter(self, request: Request) -> Response:
        """Take in a ticket."""
        if request.method != "POST":
            return self._page(405, "没有登录", f"本地址只接受平台送来的票据。{_AGAIN}")
        try:
            told = await self._redeem(await self._ticket(request))
        except _Refused as refusal:
            return self._page(403, "没有登录", str(refusal))
        who = f"已登录：{told['name']}（模拟系统）"
        return self._page(200, who, f"单位：{told['unit']}", f"打开的页面：{told['target']}")

    async def _ticket(self, request: Request) -> str:
        if not self._platform.url:
            raise _Refused("本模拟系统没有配置平台地址，不能接受票据，没有登录。")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                raise _Refused(f"提交的内容过大，没有登录。{_AGAIN}")
        try:
            fields = parse_qs(body.decode("ascii"), max_num_fields=5)
        except ValueError:
            fields = {}
        given = fields.get("ticket", [])
        if len(given) != 1:
            raise _Refused(f"没有收到票据，没有登录。{_AGAIN}")
        return given[0]

    async def _redeem(self, ticket: str) -> dict[str, str]:
        claims = await self._verified(ticket)
        answer = await self._platform.ask(
            "POST",
            "/api/v1/tickets/redeem",
            json={"ticket": ticket},
            auth=(self._system, self._platform.passwords.get(self._system, "")),
        )
        try:
            told = answer.json()
        except ValueError:
            told = {}
        if answer.status_code != httpx.codes.OK or told.get("sub") != claims.get("sub"):
            said = str(told.get("error", {}).get("message") or "平台没有认可这张票据。")
            raise _Refused(f"没有登录。{said}")
        return {key: str(told.get(key, "")) for key in ("name", "unit", "target")}

    async def _verified(self, ticket: str) -> dict[str, Any]:
        answer = await self._platform.ask("GET", "/api/v1/tickets/keys")
        try:
            keys = KeySet.import_key_set(answer.json())
            token = jwt.decode(ticket, keys, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _Refused(f"票据无法识别或已被改动，没有登录。{_AGAIN}") from error
        claims = dict(token.claims)
        if token.header.get("typ") != _TYPE or claims.get("iss") != self._platform.url:
            raise _Refused(f"票据不是本平台签发的，没有登录。{_AGAIN}")
        if claims.get("aud") != self._system:
            raise _Refused(f"这张票据不是给本系统的，没有登录。{_AGAIN}")
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= self._clock().timestamp():
            raise _Refused(f"票据已过有效期，没有登录。{_AGAIN}")
        return claims

    def _page(self, status: int, heading: str, *lines: str) -> Response:
        text = _PAGE.format(
            title=html.escape(heading),
            system=html.escape(self._name),
            heading=html.escape(heading),
            lines="".join(f"<p>{html.escape(line)}</p>" for line in lines),
        )
        return HTMLResponse(text, status_code=status, headers=_HEADERS)
