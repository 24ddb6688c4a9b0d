"""Checking signed headers: who, when, never twice, and the whole request as it came."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from urllib.parse import parse_qsl, quote

from starlette.requests import Request

from sandbox.distort import Clock

WINDOW_SECONDS = 120
WRONG, STALE, REPLAYED = "签名校验失败", "请求时间戳超出允许范围", "请求重复"


class Signatures:
    """The application's secret and the nonces of the last minutes."""

    def __init__(self, app_id: str, secret: str, clock: Clock) -> None:
        self._app_id = app_id
        self._secret = secret.encode()
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()

    def refusal(self, request: Request, body: bytes) -> str | None:
        """What is wrong with a request; a nonce counts as used only by a good signature."""
        given = request.headers
        stamp, nonce = given.get("x-timestamp", ""), given.get("x-nonce", "")
        if not self._signed(request, body, stamp, nonce):
            return WRONG
        now = self._clock().timestamp()
        if abs(now - int(stamp)) > WINDOW_SECONDS:
            return STALE
        return None if self._first(nonce, now) else REPLAYED

    def _signed(self, request: Request, body: bytes, stamp: str, nonce: str) -> bool:
        if request.headers.get("x-app-id") != self._app_id:
            return False
        if not stamp.isdecimal() or len(nonce) != 32:
            return False
        pairs = sorted(parse_qsl(request.url.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='')}={quote(one, safe='')}" for name, one in pairs)
        lines = (
            request.method,
            request.url.path,
            query,
            hashlib.sha256(body).hexdigest(),
            stamp,
            nonce,
        )
        right = hmac.new(self._secret, "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        shown = request.headers.get("x-signature", "")
        return hmac.compare_digest(right.encode(), shown.encode())

    def _first(self, nonce: str, now: float) -> bool:
        while self._seen and next(iter(self._seen.values())) < now - 2 * WINDOW_SECONDS:
            self._seen.popitem(last=False)
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True
