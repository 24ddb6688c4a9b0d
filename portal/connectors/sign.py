"""How a REST request proves who sends it. A new way (such as signed headers) is one class here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from portal.connectors.contract import OurMistake, SignInAgain, TheirFault
from portal.connectors.manifest import HeaderAuth, OAuth2Auth, RestManifest, UsernameAuth
from portal.connectors.registry import System

# Sends a form to a path of the system and gives its JSON answer.
PostForm = Callable[[str, str, dict[str, str]], Awaitable[Any]]


class Signer(Protocol):
    """Adds what a system wants to see; `renew` is called once when it was not accepted.

    The finished request is handed over, so that a signer may cover method, address and body.
    """

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]: ...

    async def renew(self, refused: dict[str, str]) -> bool: ...


class NoSigner:
    """The system asks for nothing."""

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        return {}

    async def renew(self, refused: dict[str, str]) -> bool:
        return False


class HeaderSigner(NoSigner):
    """A fixed key in a header."""

    def __init__(self, auth: HeaderAuth, system: System) -> None:
        self._auth = auth
        self._system = system

    async def headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        return {self._auth.header: credential(self._system, self._auth.secret)}


class TokenSigner:
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
    if isinstance(auth, OAuth2Auth):
        return TokenSigner(auth, system, post, now)
    return NoSigner()
