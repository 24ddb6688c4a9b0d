"""A simulated system's own accounts: people sign in here and take a proof of it to the platform.

Either they are sent back with a signed statement, or they read off a code for the number that the
platform has shown them. Both are made under a secret that only this system and the platform hold.
"""

from __future__ import annotations

import hashlib
import hmac
import html
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.distort import Clock, local
from sandbox.entrance import Platform, page

_LARGEST_FORM = 4096
_LIFE = timedelta(minutes=2)
PASSWORD = "moni-2026"  # noqa: S105 - said on the page: nobody's account is behind it
# Made-up accounts, and for how many more days their passwords are good.
ACCOUNTS = {"moni01": 200, "moni02": 9, "moni03": -1}
_FORM = """<form method="post" action="">
<p><label>账号 <input name="account" autocomplete="off" required></label></p>
<p><label>密码 <input name="password" type="password" autocomplete="off" required></label></p>
{more}<p><button>{act}</button></p></form>
<p>模拟账号：{accounts}；密码：{password}</p>"""
_CHALLENGE = """<p><label>授权编号（平台显示的 6 位数字）
<input name="challenge" autocomplete="off" required></label></p>"""


class Accounts:
    """The sign-in of one system for who wants to prove an account."""

    def __init__(self, system: str, name: str, platform: Platform, clock: Clock) -> None:
        self._system = system
        self._name = name
        self._platform = platform
        self._clock = clock

    def routes(self) -> list[Route]:
        """Two ways to a proof."""
        return [
            Route("/sso/link", self.link, methods=["GET", "POST"]),
            Route("/sso/code", self.code, methods=["GET", "POST"]),
        ]

    async def link(self, request: Request) -> Response:
        """Sign in and go back with a statement."""
        if not self._secret:
            return self._closed()
        if request.method == "GET":
            return self._form("", "登录并授权给平台", 200)
        given = await _fields(request)
        account = self._signed_in(given)
        if account is None:
            return self._form("账号或密码不正确。", "登录并授权给平台", 403)
        if self._until(account) < self._today():
            return self._form("该账号的密码已过期，请先在本系统更换密码。", "登录并授权给平台", 403)
        state = request.query_params.get("state", "")
        words = urlencode({"state": state, "proof": self._proof(account, state)})
        return RedirectResponse(f"{self._platform.url}/link/return?{words}", status_code=303)

    async def code(self, request: Request) -> Response:
        """Sign in and read off a code for the platform's number."""
        if not self._secret:
            return self._closed()
        if request.method == "GET":
            return self._form("", "取授权码", 200, _CHALLENGE)
        given = await _fields(request)
        account, challenge = self._signed_in(given), given.get("challenge", "").strip()
        if account is None or not (challenge.isdigit() and len(challenge) == 6):
            return self._form("账号、密码或授权编号不正确。", "取授权码", 403, _CHALLENGE)
        digest = hmac.new(self._key(), f"{account}\n{challenge}".encode(), hashlib.sha256).digest()
        code = f"{int.from_bytes(digest[:8], 'big') % 10**8:08d}"
        body = f"<p>账号：{account}</p><p>授权码：<b id='code'>{code}</b></p>"
        return page(200, self._name, "请到平台输入授权码", body)

    @property
    def _secret(self) -> str:
        return self._platform.links.get(self._system, "") if self._platform.url else ""

    def _key(self) -> bytes:
        told = f"account-link\n{self._system}".encode()
        return hmac.new(self._secret.encode(), told, hashlib.sha256).digest()

    def _proof(self, account: str, state: str) -> str:
        now = self._clock()
        claims = {
            "iss": self._system,
            "aud": self._platform.url,
            "sub": account,
            "nonce": state,
            "until": self._until(account).isoformat(),
            "iat": int(now.timestamp()),
            "exp": int((now + _LIFE).timestamp()),
        }
        header = {"alg": "HS256", "typ": "link+jwt"}
        return jwt.encode(header, claims, OctKey.import_key(self._key()), algorithms=["HS256"])

    def _signed_in(self, given: dict[str, str]) -> str | None:
        account = given.get("account", "").strip()
        return account if account in ACCOUNTS and given.get("password") == PASSWORD else None

    def _today(self) -> date:
        return local(self._clock()).date()

    def _until(self, account: str) -> date:
        return self._today() + timedelta(days=ACCOUNTS[account])

    def _form(self, wrong: str, act: str, status: int, more: str = "") -> Response:
        said = f"<p role='alert'>{html.escape(wrong)}</p>" if wrong else ""
        form = _FORM.format(act=act, more=more, accounts="、".join(ACCOUNTS), password=PASSWORD)
        allowed = f"'self' {self._platform.url}"
        return page(status, self._name, "请登录本系统", said + form, form_to=allowed)

    def _closed(self) -> Response:
        words = "<p>本模拟系统没有与平台约定账号授权。</p>"
        return page(404, self._name, "没有开通", words)


async def _fields(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return {}
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=5)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}
