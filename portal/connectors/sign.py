"""How a REST request proves who sends it. A new way is one class here."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from portal.connectors.contract import OurMistake, SignInAgain, TheirFault
from portal.connectors.manifest import RestManifest
from portal.connectors.registry import System
from portal.connectors.schemes import HeaderAuth, HmacAuth, OAuth2Auth, UsernameAuth

CLOSE_SECONDS = 5  # a Date header is cut to seconds and was written before it came here

# Sends a form to a path of the system and gives its JSON answer.
PostForm = Callable[[str, str, dict[str, str]], Awaitable[Any]]


class Signer(Protocol):
    """Adds what a system wants to see; `renew` is called once when it was not accepted.

    The finished request is handed over, so that a signer may cover method, address and body.
    `heard` is told the other side's clock, as the Date header of every answer says it.
    """

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]: ...

    async def renew(self, refused: dict[str, str]) -> bool: ...

    def heard(self, date: str | None) -> None: ...


class NoSigner:
    """The system asks for nothing."""

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        return {}

    async def renew(self, refused: dict[str, str]) -> bool:
        return False

    def heard(self, date: str | None) -> None:
        """The other side's clock does not matter."""


class HeaderSigner(NoSigner):
    """A fixed key in a header."""

    def __init__(self, auth: HeaderAuth, system: System) -> None:
        self._auth = auth
        self._system = system

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        return {self._auth.header: credential(self._system, self._auth.secret)}


class TokenSigner(NoSigner):
    """OAuth2 client credentials: one token per system, fetched once however many ask for it."""

    def __init__(
        self, auth: OAuth2Auth, system: System, post: PostForm, now: Callable[[], datetime]
    ) -> None:
        self._auth = auth
        self._system = system
        self._post = post
        self._now = now
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._good_until: datetime | None = None

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        async with self._lock:
            if self._token is None or (self._good_until and self._now() >= self._good_until):
                await self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    async def renew(self, refused: dict[str, str]) -> bool:
        """Forget the refused token, unless another call has replaced it meanwhile."""
        if refused.get("Authorization") == f"Bearer {self._token}":
            self._token = None
        return True

    async def _fetch(self) -> None:
        auth, system = self._auth, self._system
        client = ClientAuth(
            credential(system, auth.client_id), credential(system, auth.client_secret), auth.method
        )
        form = prepare_token_request("client_credentials", scope=auth.scope)
        plain = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        _, headers, body = client.prepare("POST", auth.token_path, plain, form)
        answer = await self._post(auth.token_path, body, headers)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            refused = isinstance(answer, dict) and "error" in answer
            raise (SignInAgain if refused else TheirFault)(detail="no token in the answer")
        self._token = token
        self._good_until = self._end_of(answer.get("expires_in"))

    def _end_of(self, expires_in: Any) -> datetime | None:
        """Renew early, but never treat a short-lived token as used up on arrival."""
        try:
            life = float(expires_in)
        except (TypeError, ValueError):
            return None
        early = min(self._auth.renew_seconds, life / 2)
        return self._now() + timedelta(seconds=life - early)


def text_to_sign(method: str, url: str, body: bytes | None, timestamp: str, nonce: str) -> str:
    """What both sides sign: six lines, the query sorted and every value encoded one way."""
    parts = urlsplit(url)
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    digest = hashlib.sha256(body or b"").hexdigest()
    return "\n".join((method.upper(), parts.path, query, digest, timestamp, nonce))


class HmacSigner(NoSigner):
    """Signed headers: a fresh nonce for every request, and the other side's clock where it differs.

    A request that was refused is signed anew only when its timestamp was the reason: when the
    answer's own clock is further away from it than before. How far we follow is limited, so that
    nobody on the way can make us sign for another day.
    """

    def __init__(self, auth: HmacAuth, system: System, now: Callable[[], datetime]) -> None:
        self._auth = auth
        self._system = system
        self._now = now
        self._ahead = 0  # seconds by which the other clock is ahead of ours

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        auth = self._auth
        timestamp = str(int(self._now().timestamp()) + self._ahead)
        nonce = secrets.token_hex(16)
        key = credential(self._system, auth.secret).encode()
        text = text_to_sign(method, url, body, timestamp, nonce)
        return {
            auth.id_header: credential(self._system, auth.app_id),
            auth.timestamp_header: timestamp,
            auth.nonce_header: nonce,
            auth.signature_header: hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
        }

    async def renew(self, refused: dict[str, str]) -> bool:
        now = int(self._now().timestamp()) + self._ahead
        return abs(now - int(refused[self._auth.timestamp_header])) > CLOSE_SECONDS

    def heard(self, date: str | None) -> None:
        try:
            theirs = parsedate_to_datetime(date or "")
            ahead = round((theirs - self._now()).total_seconds())
        except (ValueError, TypeError):
            return
        if abs(ahead) <= CLOSE_SECONDS:
            self._ahead = 0
        elif abs(ahead) <= self._auth.skew_seconds:
            self._ahead = ahead


def credential(system: System, name: str) -> str:
    """A credential, or the mistake of not having configured it."""
    try:
        return system.credential(name)
    except KeyError as error:
        raise OurMistake(detail=f"no credential {name!r}") from error


def user_name(system: System, auth: UsernameAuth) -> str:
    """The user name of a login: part of the dialect, or a credential of the site."""
    return auth.user or credential(system, auth.username)


def signer_for(system: System, post: PostForm, now: Callable[[], datetime]) -> Signer:
    """The signer a manifest asks for."""
    manifest = system.manifest
    auth = manifest.auth if isinstance(manifest, RestManifest) else None
    if isinstance(auth, HeaderAuth):
        return HeaderSigner(auth, system)
    if isinstance(auth, HmacAuth):
        return HmacSigner(auth, system, now)
    if isinstance(auth, OAuth2Auth):
        return TokenSigner(auth, system, post, now)
    return NoSigner()
