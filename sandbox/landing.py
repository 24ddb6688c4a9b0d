"""Where people enter a simulated system: takes in the platform's ticket, or asks for a sign-in.

A ticket is looked at twice: its signature against the platform's published keys, then, over the
back channel, whether it is still good. Only the second answer says who has come.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.accounts import Accounts
from sandbox.distort import Clock
from sandbox.entrance import AGAIN, Platform, Refused, page

_ALGORITHM, _TYPE = "ES256", "jump+jwt"
_LARGEST_FORM = 16_384
_OWN_ACCOUNT = "本系统需要使用自己的账号登录，未与平台统一登录。"


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
            *Accounts(self._system, self._name, self._platform, self._clock).routes(),
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
            return self._page(405, "没有登录", f"本地址只接受平台送来的票据。{AGAIN}")
        try:
            told = await self._redeem(await self._ticket(request))
        except Refused as refusal:
            return self._page(403, "没有登录", str(refusal))
        who = f"已登录：{told['name']}（模拟系统）"
        account = f"本系统账号：{told['account']}" if told["account"] else "本系统账号：没有关联"
        lines = (f"单位：{told['unit']}", account, f"打开的页面：{told['target']}")
        return self._page(200, who, *lines)

    async def _ticket(self, request: Request) -> str:
        if not self._platform.url:
            raise Refused("本模拟系统没有配置平台地址，不能接受票据，没有登录。")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                raise Refused(f"提交的内容过大，没有登录。{AGAIN}")
        try:
            fields = parse_qs(body.decode("ascii"), max_num_fields=5)
        except ValueError:
            fields = {}
        given = fields.get("ticket", [])
        if len(given) != 1:
            raise Refused(f"没有收到票据，没有登录。{AGAIN}")
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
            raise Refused(f"没有登录。{said}")
        return {key: str(told.get(key, "")) for key in ("name", "unit", "target", "account")}

    async def _verified(self, ticket: str) -> dict[str, Any]:
        answer = await self._platform.ask("GET", "/api/v1/tickets/keys")
        try:
            keys = KeySet.import_key_set(answer.json())
            token = jwt.decode(ticket, keys, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Refused(f"票据无法识别或已被改动，没有登录。{AGAIN}") from error
        claims = dict(token.claims)
        if token.header.get("typ") != _TYPE or claims.get("iss") != self._platform.url:
            raise Refused(f"票据不是本平台签发的，没有登录。{AGAIN}")
        if claims.get("aud") != self._system:
            raise Refused(f"这张票据不是给本系统的，没有登录。{AGAIN}")
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= self._clock().timestamp():
            raise Refused(f"票据已过有效期，没有登录。{AGAIN}")
        return claims

    def _page(self, status: int, heading: str, *lines: str) -> Response:
        body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        return page(status, self._name, heading, body)
