"""Access tokens: short-lived, and revocable from outside."""

from __future__ import annotations

import secrets
from base64 import b64decode
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from sandbox.distort import Clock

LIFETIME_SECONDS = 120


class Verdict(StrEnum):
    """What a token is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    MISSING = "missing"


class Tokens:
    """Issues and checks bearer tokens for one client."""

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        self._client = f"{client_id}:{client_secret}".encode()
        self._clock = clock
        self._until: dict[str, datetime] = {}

    def client_is_known(self, authorization: str) -> bool:
        """Whether a Basic header names the client and its secret."""
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = b64decode(credentials, validate=True)
        except ValueError:
            return False
        return compare_digest(given, self._client)

    def issue(self) -> str:
        """A fresh token; tokens that ran out are forgotten."""
        now = self._clock()
        self._until = {token: until for token, until in self._until.items() if until > now}
        token = secrets.token_urlsafe(24)
        self._until[token] = now + timedelta(seconds=LIFETIME_SECONDS)
        return token

    def check(self, authorization: str) -> Verdict:
        """What a Bearer header is worth now."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return Verdict.MISSING
        until = self._until.get(token)
        return Verdict.GOOD if until is not None and until > self._clock() else Verdict.EXPIRED

    def revoke_all(self) -> None:
        """Let every token issued so far run out now."""
        self._until.clear()
