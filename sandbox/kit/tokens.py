"""Access tokens: short-lived, and revocable from outside."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from sandbox.distort import Clock
from sandbox.misbehaviour import Mode, Switch

LIFETIME_SECONDS = 120
SHORT_USES = 3


class Verdict(StrEnum):
    """What a token is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    MISSING = "missing"


class Tokens:
    """Issues and checks bearer tokens for one client.

    Switched so, every token counts as expired however fresh (``expire_token``), or ends after a few
    requests, in the middle of whatever is being read (``short_tokens``).
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        clock: Clock,
        switch: Switch,
    ) -> None:
        self._client = f"{client_id}:{client_secret}".encode()
        self._clock = clock
        self._switch = switch
        self._until: dict[str, datetime] = {}
        self._uses: Counter[str] = Counter()

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
        if until is None or until <= self._clock() or self._switch.mode is Mode.EXPIRE_TOKEN:
            return Verdict.EXPIRED
        self._uses[token] += 1
        if self._switch.mode is Mode.SHORT_TOKENS and self._uses[token] > SHORT_USES:
            return Verdict.EXPIRED
        return Verdict.GOOD

    def revoke_all(self) -> None:
        """Let every token issued so far run out now."""
        self._until.clear()
        self._uses.clear()
